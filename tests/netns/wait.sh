#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# tunic wait: each condition, brought about while it waits.
#
#     tunic wait x7 … ◀── kernel events ── x7 ◀── made, switched, held, moved, deleted
#          │                                         by this script, when wait sleeps
#          └── sleeps in ppoll, and uses no processor

# shellcheck disable=SC2016 # commands that are evaluated later
# shellcheck source=tests/netns/common
. "$(dirname "$0")/common" "$@"

ip link add veth0 type veth peer name veth1

# Whether the process that waits has gone to sleep in poll(2), so that what follows is an event.
asleep() {
    local call=
    read -r call _ <"/proc/$1/syscall" 2>/dev/null
    case $(uname -m):$call in
    x86_64:271 | x86_64:7 | aarch64:73 | riscv64:73) ;;
    x86_64:* | aarch64:* | riscv64:*) return 1 ;;
    *) grep -q '^State:.S' "/proc/$1/status" ;;
    esac
}

# event WHAT EXIT 'COMMANDS' WORDS…: wait with these words sleeps until the commands have run, and
# then ends with that exit code.
limit=10
event() {
    local what=$1 expected=$2 commands=$3 waiter
    shift 3
    "$TUNIC" wait "$@" timeout "$limit" >"$STDOUT" 2>"$STDERR" &
    waiter=$!
    if ! until_true 5 asleep "$waiter"; then
        wait "$waiter"
        fail "$what" "it does not wait: $? $(cat "$STDERR")"
        eval "$commands"
        return
    fi
    eval "$commands"
    STATUS=0
    wait "$waiter" || STATUS=$?
    check_equal "$what" "$expected" "$STATUS"
    check_stdout "$what: prints nothing" ''
    [ "$expected" -ne 0 ] || check_stderr "$what: nor there" ''
}

# ---- each condition ----
event 'present' 0 '"$TUNIC" add x7 mode tun' x7
check 'present already' 0 "$TUNIC" wait x7 timeout 0
check 'present already, named' 0 "$TUNIC" wait x7 present timeout 0
event 'up' 0 'ip link set dev x7 up' x7 up
check 'up already' 0 "$TUNIC" wait x7 up timeout 0
event 'carrier' 0 'hold one x7:1001' x7 carrier
check 'carrier already' 0 "$TUNIC" wait x7 carrier timeout 0
event 'free' 0 'release one' x7 free
check 'free already' 0 "$TUNIC" wait x7 free timeout 0
event 'gone' 0 '"$TUNIC" del x7' x7 gone
check 'gone already' 0 "$TUNIC" wait x7 gone timeout 0
event 'present after a rename' 0 \
    '"$TUNIC" add x8 mode tun; ip link set dev x8 name x7' x7 present
event 'gone by a rename' 0 'ip link set dev x7 name x8' x7 gone
namespace away
event 'gone to another namespace' 0 'ip link set dev x8 netns "$NAMESPACE"' x8 gone
event 'present from another namespace' 0 'ip -n "$NAMESPACE" link set dev x8 netns 1' x8 present
event 'gone, though there is another of its name' 0 \
    'ip -batch - <<<"link del dev x8"; "$TUNIC" add x8 mode tun' x8 gone
clear_interfaces
event 'up, of one that is made so' 0 '"$TUNIC" add x7 mode tun up' x7 up
"$TUNIC" set x7 altname second
check 'an altname' 0 "$TUNIC" wait second up timeout 0
event 'carrier that its holder switches on' 0 \
    'hold one x7:1001; tell one "carrier 0"; tell one "carrier 1"' x7 carrier
release one
event 'many events of others' 0 \
    '"$TUNIC" add vm{0..99} mode tap; "$TUNIC" del all name "vm*"; ip link set dev veth0 up; "$TUNIC" del x7' x7 gone
clear_interfaces

# A process that makes one and holds it has a carrier; one that add makes has not, at any moment.
limit=1
event 'no carrier while add makes one' 8 '"$TUNIC" add x7 mode tun up mtu 1400 addr 10.1.0.1/24' \
    x7 carrier
limit=10
clear_interfaces

# ---- free, which the kernel does not tell of an interface that is down ----
"$TUNIC" add x7 mode tun
hold one x7:1001
event 'free, down' 0 'release one' x7 free
hold one x7:1001
event 'free, down, by closing' 0 'tell one close' x7 free
release one
become 1234:1234
"$TUNIC" set x7 user 1234
holding=("${become[@]}")
hold one -n "$NODE" x7:1001
holding=()
event 'free, down, held through another node' 0 'release one' x7 free
hold one x7:1001
tell one 'carrier 0'
event 'free, its carrier switched off by the holder' 0 'release one' x7 free
hold one -f x7:1001
child=$(pgrep -P "${HOLDER[one]}")
event 'free, of two who inherited it' 0 'release one; kill "'"$child"'"' x7 free
clear_interfaces
"$TUNIC" add x7 mode tun multi_queue up
hold one x7:1101 x7:1101
hold two x7:1101:detached
event 'free, of several queues' 0 'release one; release two' x7 free
hold two x7:1101:detached
event 'free, of a queue that is switched off' 0 'release two' x7 free
clear_interfaces
hold one x7:1001
event 'free, of one that goes with its holder' 3 'release one' x7 free
check_stderr_like 'is told' '^tunic: wait x7: the interface went away'

# ---- time-outs ----
times_out() {
    local what=$1 reason=$2
    shift 2
    check "$what times out" 8 "$TUNIC" wait "$@" timeout 0
    check_stderr "$what: and why" "tunic: wait x7: timed out before it $reason"
}
times_out missing 'was there: there is no such interface' x7
times_out 'missing, up' 'was up: there is no such interface' x7 up
times_out 'missing, free' 'was free: there is no such interface' x7 free
"$TUNIC" add x7 mode tun
times_out down 'was up: it is down' x7 up
times_out there 'was gone: it is still there' x7 gone
times_out 'carrier, down' 'had a carrier: it is down' x7 carrier
hold one x7:1001
times_out held "was free: it is held by hold[${HOLDER[one]}]" x7 free
release one
ip link set dev x7 up
check 'carrier, up' 8 "$TUNIC" wait x7 carrier timeout 0
check_stderr_like 'and why' 'timed out before it had a carrier: it is up, but no process holds it'
start=$(date +%s%N)
check 'a second' 8 "$TUNIC" wait x7 gone timeout 1
took=$((($(date +%s%N) - start) / 1000000))
check_true "takes one, not $took ms" test "$took" -ge 1000

# ---- nothing is used while it waits ----
# With a node of our own: whoever closes the usual one wakes who waits for free.
for condition in gone carrier free; do
    hold one -n "$NODE" x7:1001
    [ "$condition" != carrier ] || tell one 'carrier 0'
    "$TUNIC" -f "$NODE" wait x7 "$condition" timeout 60 >/dev/null 2>"$STDERR" &
    waiter=$!
    until_true 5 asleep "$waiter"
    before=$(cut -d' ' -f14,15 "/proc/$waiter/stat") switches=$(grep ctxt "/proc/$waiter/status")
    check 'meanwhile a second passes' 8 "$TUNIC" wait x7 gone timeout 1
    check_equal "waiting for $condition: no processor time" "$before" \
        "$(cut -d' ' -f14,15 "/proc/$waiter/stat")"
    check_equal "waiting for $condition: no waking up" "$switches" \
        "$(grep ctxt "/proc/$waiter/status")"
    kill "$waiter"
    wait "$waiter" 2>/dev/null
    release one
    "$TUNIC" -f "$NODE" wait x7 free timeout 5
done
clear_interfaces

# ---- other kinds and wrong words ----
check 'another kind' 4 "$TUNIC" wait veth0 timeout 5
check_stderr 'is refused' 'tunic: wait veth0: it is not a TUN/TAP interface: it is a veth interface'
check 'another kind, up' 4 "$TUNIC" wait lo up timeout 5
event 'another kind that comes' 4 'ip link add name x7 type bridge' x7 present
ip link del dev x7
check 'no name' 2 "$TUNIC" wait
check 'two names' 2 "$TUNIC" wait a b
check 'two conditions' 2 "$TUNIC" wait x7 up carrier
check_stderr_like 'contradict' "'carrier' contradicts 'up'"
check 'a timeout that is none' 2 "$TUNIC" wait x7 timeout soon
check 'a negative one' 2 "$TUNIC" wait x7 timeout -1

finish
