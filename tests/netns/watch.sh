#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# show ... watch: each kind of event, its ends, and that nothing is lost.
#
#   one namespace:  p0 (there from the start), and what comes and goes while it is watched

# shellcheck source=tests/library.sh
. "$(dirname "$0")/../library.sh"
isolate "$@"
need jq perl

log=$SCRATCH/log
watcher=

# begin WORD…: begins a watch into $log.
begin() {
    : >"$log"
    # A shell's job in the background ignores SIGINT, and would hand that on.
    env --default-signal=INT "$TUNIC" "$@" >"$log" 2>"$log.errors" 7>&- &
    watcher=$!
}

# watch WORD…: the same, and waits until it has told of p0.
watch() {
    begin "$@"
    until_true 10 grep -q p0 "$log" || fail "watch begins: $*" "$(cat "$log" "$log.errors")"
}

# stop SIGNAL: ends it; $STATUS is its exit code.
stop() {
    kill -s "$1" "$watcher"
    STATUS=0
    wait "$watcher" || STATUS=$?
    watcher=
}

# told WHAT REGEX: a line of the log comes to match.
told() {
    if until_true 10 grep -Eq -e "$2" "$log"; then
        pass "$1"
    else
        fail "$1" "no line like '$2' in:
$(cat "$log" "$log.errors")"
    fi
}

count() {
    grep -Ec -e "$1" "$log"
}

check 'an interface to begin with' 0 "$TUNIC" add p0 mode tap user any addr 10.9.0.1/24 mtu 1400

# ---- text ----

watch show watch
stamp='^[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}'
told 'what is there comes first, whole' \
    "$stamp p0: present \(tap, open to every user, free, down, mtu 1400, 10\.9\.0\.1/24\)$"
"$TUNIC" add tap0 mode tap user nobody
told 'a new one' "$stamp tap0: added \(tap\)$"
told 'whose owner follows, although the kernel has no event for that' \
    "$stamp tap0: (.*, )?owner nobody"
ip link set tap0 up
told 'up' "$stamp tap0: (.*, )?up(,|$)"
ip addr add 10.0.0.1/24 dev tap0
told 'an address' "$stamp tap0: address \+ 10\.0\.0\.1/24$"
ip addr del 10.0.0.1/24 dev tap0
told 'an address less' "$stamp tap0: address - 10\.0\.0\.1/24$"
ip link set tap0 mtu 1300
told 'an mtu' "$stamp tap0: mtu 1500 -> 1300$"
ip link set tap0 txqueuelen 77
told 'a queue length' "$stamp tap0: txqueuelen 1000 -> 77$"
ip link set tap0 address 02:00:00:00:00:07
told 'a hardware address' "$stamp tap0: mac 02:00:00:00:00:07$"
ip link set tap0 alias $'a \033[31m'
told 'an alias, escaped' "$stamp tap0: alias \"a \\\\x1b\[31m\"$"
ip link property add dev tap0 altname second-name
told 'an altname' "$stamp tap0: altname \+ second-name$"
ip link property del dev tap0 altname second-name
told 'an altname less' "$stamp tap0: altname - second-name$"
ip link add br0 type bridge
ip link set tap0 master br0
told 'a master' "$stamp tap0: master br0$"
ip link set tap0 nomaster
told 'a master less' "$stamp tap0: master none$"
check_equal 'leaving a bridge is no deletion' 0 "$(count 'tap0: deleted')"
check_equal 'a bridge is none of ours' 0 "$(count 'br0: (added|up)')"
"$TUNIC" set tap0 user root
told 'an owner' "$stamp tap0: owner root$"
ip link set tap0 down
told 'down' "$stamp tap0: down$"
ip link set tap0 name vm0
told 'a new name' "$stamp tap0: renamed to vm0$"
check_equal 'which is one event' 0 "$(count 'vm0: (added|changed)|tap0: deleted')"
"$TUNIC" del vm0
told 'gone' "$stamp vm0: deleted$"
for i in 1 2 3 4 5 6 7 8 9; do
    "$TUNIC" add "short$i" mode tun
    "$TUNIC" del "short$i"
done
told 'the last of many short lives' 'short9: deleted$'
check_equal 'each of them was told of' '9 9' "$(count 'short.: added') $(count 'short.: deleted')"
stop TERM
check_equal 'SIGTERM is a clean end' 0 "$STATUS"
check_equal 'and nothing was said on standard error' '' "$(cat "$log.errors")"
watch show watch
stop INT
check_equal 'SIGINT is a clean end' 0 "$STATUS"
watch show watch
stop HUP
check_equal 'so is SIGHUP' 0 "$STATUS"

# ---- holders ----

# hold NAME: a process, $holder, that has the tap, which is up, open until its standard input ends.
hold() {
    mkfifo "$SCRATCH/hold"
    perl -e '
        open my $tun, "+<", "/dev/net/tun" or die;
        my $request = pack "a16 S x22", $ARGV[0], 0x1002;
        ioctl $tun, 0x400454ca, $request or die;
        <STDIN>' "$1" <"$SCRATCH/hold" &
    holder=$!
    exec 7>"$SCRATCH/hold"
    rm "$SCRATCH/hold"
    "$TUNIC" wait "$1" carrier timeout 10 || fail "a process holds $1"
}
release() {
    exec 7>&-
    wait "$holder"
}

watch -d show watch
"$TUNIC" add held0 mode tap up
told 'up without a holder' 'held0: (.*, )?up(,|$)'
hold held0
told 'a holder raises the carrier, and is named' 'held0: carrier on \(held by perl\[[0-9]+\]\)$'
release
told 'and it falls' 'held0: carrier off$'
stop TERM

"$TUNIC" add free0 mode tap
hold held0
begin show held watch
told 'a selector: one that is held' 'held0: present \(tap.*, held, up'
"$TUNIC" set free0 mtu 1300
release
told 'the end of what the selector means is told' 'held0: carrier off$'
check_equal 'one that it does not mean is not' 0 "$(count free0)"
stop TERM
"$TUNIC" del free0 held0

# ---- names ----

begin show soon p0 watch
told 'names: one that is there' 'p0: present'
"$TUNIC" add other0 soon mode tun
told 'one that was to come' 'soon: added'
"$TUNIC" del other0 soon
told 'and goes' 'soon: deleted'
check_equal 'no other' 0 "$(count other0)"
stop TERM
check 'a name of another kind is a mistake' 4 "$TUNIC" show lo watch
check_stderr_like 'and told so' 'lo: it is not a TUN/TAP interface'

# ---- JSON ----

for signal in TERM INT; do
    watch -j show watch
    "$TUNIC" add tap0 mode tap addr 10.0.0.1/24 up
    ip link set tap0 down
    ip link set tap0 name vm0
    "$TUNIC" del vm0
    told 'JSON: the last event' '"event":"deleted"'
    stop "$signal"
    check_equal "JSON, SIG$signal: the exit code" 0 "$STATUS"
    check_true "JSON, SIG$signal: it is whole" jq -e 'type == "array"' "$log"
    check_equal "JSON, SIG$signal: what happened" \
        'p0 present,tap0 added,tap0 changed,vm0 changed,vm0 deleted' \
        "$(jq -r '[.[] | "\(.ifname) \(.event)"] | reduce .[] as $e ([]; if .[-1] == $e then .
            else . + [$e] end) | join(",")' "$log")"
    check_equal "JSON, SIG$signal: a rename" 'tap0' \
        "$(jq -r '.[] | select(.changed == ["ifname"]) | .old_ifname' "$log")"
    check_true "JSON, SIG$signal: times are of ISO 8601" jq -e \
        'all(.[]; .time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[.][0-9]{3}Z$"))' "$log"
    check_equal "JSON, SIG$signal: as show --json" \
        "$("$TUNIC" -j show p0 | jq -S '.[0] | del(.routes, .addr_info)')" \
        "$(jq -S '.[0] | del(.event, .time, .addr_info)' "$log")"
done
watch -j -p show watch
stop TERM
check_true 'pretty JSON is whole, too' jq -e '.[0].event == "present"' "$log"

# ---- the reader ----

# Into a pipe of which one line is read: the end is noticed although no event comes.
"$TUNIC" show watch 2>"$log.errors" | head -n 1 >"$log" &
until_true 10 grep -q p0 "$log"
pipeline_over() {
    [ -z "$(jobs -r)" ]
}
check_true 'the reader gone ends it, without an event' until_true 10 pipeline_over
check_equal 'and that is no error' '' "$(cat "$log.errors")"

# A reader that does not read, and a pipe that is full.
mkfifo "$SCRATCH/pipe"
exec 8<>"$SCRATCH/pipe"
"$TUNIC" -j show watch >"$SCRATCH/pipe" 2>"$log.errors" &
watcher=$!
full() {
    [ "$(awk '/^State/ { print $2 }' "/proc/$watcher/status")" = S ] &&
        ! timeout 0.1 dd if=/dev/zero of="$SCRATCH/pipe" bs=4096 count=1 status=none
}
for _ in {1..200}; do
    ip link set p0 mtu 1390
    ip link set p0 mtu 1400
done
until_true 20 full || fail 'a pipe that is full'
stop TERM
check_equal 'a reader that reads no more cannot keep it from ending' 0 "$STATUS"
exec 8>&-

# ---- a flood ----

# Stopped while far more happens than the socket holds, it finds out what is there.
watch -j show watch
kill -STOP "$watcher"
mapfile -t flood < <(printf 'flood%s\n' {1..2000})
"$TUNIC" add "${flood[@]}" mode tun
"$TUNIC" del "${flood[@]:10}"
"$TUNIC" set p0 mtu 1350
ip link set flood3 name kept3
kill -CONT "$watcher"
told 'after a flood: the last change' '"mtu":1350'
"$TUNIC" add last0 mode tun
lost() { # by a socket that follows events
    [ "$(awk 'NR > 1 && $4 != "00000000" { sum += $9 } END { print sum }' /proc/net/netlink)" -gt 0 ]
}
check_true 'after a flood: events were lost indeed' lost
told 'after a flood: what comes next' '"ifname":"last0"'
stop TERM
check_true 'after a flood: JSON is whole' jq -e 'type == "array"' "$log"
check_equal 'after a flood: the final picture is right' \
    "$("$TUNIC" -j show | jq -c '[.[] | {ifindex, ifname, mtu}] | sort')" \
    "$(jq -c 'reduce .[] as $e ({}; if $e.event == "deleted" then del(.["\($e.ifindex)"])
        else .["\($e.ifindex)"] = ($e | {ifindex, ifname, mtu}) end) | [.[]] | sort' "$log")"
"$TUNIC" del all name 'flood*' name kept3 name last0

# ---- at rest ----

watch show watch
ticks() {
    awk '{ print $14 + $15 }' "/proc/$watcher/stat"
}
switches() {
    awk '/ctxt_switches/ { sum += $2 } END { print sum }' "/proc/$watcher/status"
}
asleep() {
    [ "$(awk '/^State/ { print $2 }' "/proc/$watcher/status")" = S ]
}
until_true 10 asleep
before="$(ticks) $(switches)"
read -r -t 2 <>"$SCRATCH/pipe" # two seconds in which nothing happens are what is measured
check_equal 'at rest it never wakes up' "$before" "$(ticks) $(switches)"
stop TERM

finish
