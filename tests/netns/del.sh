#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# tunic del: removes what is meant, and nothing else.
#
#     ┌── the script's namespace ──────────────────────────────────────┐
#     │  x7, vm0…vm299: TUN/TAP       held ◀── hold, a process         │
#     │  veth0, bridge7: other kinds, one of them in a device group    │
#     └────────────────────────────────────────────────────────────────┘
#
# Many go in one transaction: they are given a group that nothing uses, and the group is deleted.

# shellcheck source=tests/netns/common
. "$(dirname "$0")/common" "$@"
need strace

ip link add veth0 type veth peer name veth1
ip link add name bridge7 type bridge
ip link set bridge7 group 42

# The TUN/TAP interfaces there are, in one line.
present() {
    ip -br link show type tun | cut -d' ' -f1 | sort -V | paste -sd' '
}

# ---- one ----
"$TUNIC" add x7 mode tap
check 'one' 0 "$TUNIC" del x7
check_stdout 'prints nothing' ''
check_stderr 'nor there' ''
check_equal 'it is gone' '' "$(present)"
check 'a second time' 3 "$TUNIC" del x7
check_stderr_like 'it is missing' '^tunic: del x7: '
check 'a second time with if-exists' 0 "$TUNIC" del x7 if-exists
check_stderr 'nothing is said' ''
"$TUNIC" add x7 mode tun
check 'delete, as iproute2 has it' 0 "$TUNIC" delete dev x7 mode tun
"$TUNIC" add x7 mode tun
check 'd, cut off' 0 "$TUNIC" d name x7 m tun
"$TUNIC" add x7 mode tap altname second
check 'by altname' 0 "$TUNIC" del second
check_equal 'it is gone' '' "$(present)"
"$TUNIC" add x7 mode tap altname second
check 'by both names' 0 "$TUNIC" del second x7
check_equal 'it is gone, once' '' "$(present)"
check 'no name' 2 "$TUNIC" del
check_stderr_like 'and a way out' "'all' deletes all of them"
check 'a template' 2 "$TUNIC" del vm%d

# ---- mode and flags must match where they are given ----
"$TUNIC" add x7 mode tap
"$TUNIC" add x8 mode tun multi_queue pi vnet_hdr
check 'the wrong mode' 4 "$TUNIC" del x7 mode tun
check_stderr 'is told' 'tunic: del x7: it is a tap interface, not tun'
check 'the wrong mode the other way' 4 "$TUNIC" del x8 mode tap
check 'multi_queue' 4 "$TUNIC" del x7 multi_queue
check_stderr 'is told' 'tunic: del x7: it is not multi_queue'
check 'pi' 4 "$TUNIC" del x7 pi
check 'vnet_hdr' 4 "$TUNIC" del x7 vnet_hdr mode tap
check 'force does not help' 4 "$TUNIC" del x7 mode tun force
check_equal 'both are there' 'x7 x8' "$(present)"
check 'what is not given need not match' 0 "$TUNIC" del x8
check 'mode and flags that match' 0 "$TUNIC" del x7 mode tap one_queue
check_equal 'all are gone' '' "$(present)"

# ---- held ----
"$TUNIC" add x7 mode tap
hold one x7:1002
check 'held' 5 "$TUNIC" del x7
check_stderr 'names the holder' \
    "tunic: del x7: it is in use: held by hold[${HOLDER[one]}] ('force' deletes it all the same)"
ip link set x7 up
check 'held and up' 5 "$TUNIC" del x7
tell one 'carrier 0'
check 'held, without a carrier' 5 "$TUNIC" del x7
check_equal 'it is there' x7 "$(present)"
check 'with force' 0 "$TUNIC" del x7 force
check_equal 'it is gone' '' "$(present)"
check_true 'its holder lives' kill -0 "${HOLDER[one]}"
release one
"$TUNIC" add x7 mode tap multi_queue
hold one x7:1102 x7:1102
hold two x7:1102:detached
check 'several queues' 5 "$TUNIC" del x7
check_stderr_like 'names one and counts the rest' 'held by hold\[[0-9]+\] and 1 more'
release one
check 'a detached queue' 5 "$TUNIC" del x7
check_stderr_like 'names its holder' "held by hold\[${HOLDER[two]}\] \("
release two
check 'free' 0 "$TUNIC" del x7
"$TUNIC" add x7 x8 x9 mode tap
hold one x8:1002
check 'one of three is held' 5 "$TUNIC" del x7 x8 x9
check_equal 'the others are gone' x8 "$(present)"
check 'if-exists does not force' 5 "$TUNIC" del x8 if-exists
check 'all does not force' 5 "$TUNIC" del all
check 'all with force' 0 "$TUNIC" del all force
check_equal 'it is gone' '' "$(present)"
release one
hold one x7:1002
check 'one that is not persistent' 5 "$TUNIC" del x7
check 'goes with force' 0 "$TUNIC" del x7 force
release one

# ---- many ----
check 'three hundred are made' 0 "$TUNIC" add vm{0..299} mode tap
ip link set vm7 group 42
check 'and deleted' 0 "${tracing[@]}" -o "$SCRATCH/trace" -e trace=sendto "$TUNIC" del vm{0..299}
check_equal 'all are gone' '' "$(present)"
check_equal 'with one request' 1 "$(grep -o RTM_DELLINK "$SCRATCH/trace" | wc -l)"
check_equal 'what was in the group of one of them is there' 42 "$(ip -j link show bridge7 | jq -r '.[0].group')"
check 'three hundred are made' 0 "$TUNIC" add vm{0..299} mode tap
check 'mixed with a missing one' 3 "$TUNIC" del vm{0..99} missing vm{100..299}
check_equal 'the others are gone' '' "$(present)"
check_equal 'one message' 1 "$(wc -l <"$STDERR")"
"$TUNIC" add x7 x8 x9 mode tap
check 'mixed with another kind' 4 "$TUNIC" del x7 veth0 x8
check_stderr 'that is refused' 'tunic: del veth0: it is not a TUN/TAP interface: it is a veth interface'
check 'a missing one is the first failure' 3 "$TUNIC" del missing veth0 x9
check_equal 'and one message each' 2 "$(wc -l <"$STDERR")"
check_equal 'the good ones are gone' '' "$(present)"
check 'if-exists among many' 0 "$TUNIC" del vm{0..9} if-exists

# A failure on the way: the groups are as they were, and one by one each still goes its way. The
# request that deletes the group is the first sendto after the dump; all after the snapshot's dump
# are tried in turn.
for nth in 1 2 3 4 5; do
    "$TUNIC" add x7 x8 mode tap
    ip link set x8 group 77
    run "${tracing[@]}" -o /dev/null -e trace=sendto -e "inject=sendto:error=ENOBUFS:when=$nth" \
        "$TUNIC" del x7 x8
    left=$(present)
    if [ "$STATUS" -eq 0 ]; then
        check_equal "the ${nth}th request fails, and it goes on: all are gone" '' "$left"
    elif [ -n "$left" ]; then
        check_equal "the ${nth}th request fails: groups are as they were" 'default 77' \
            "$(link x7 .group) $(link x8 .group)"
    fi
    clear_interfaces
    ip link del group 77 2>/dev/null
done
check_equal 'and other interfaces are there' '42 veth0' \
    "$(ip -j link show bridge7 | jq -r '.[0].group') $(ip -br link show veth0 | cut -d@ -f1)"

# A foreign interface comes into their group before it is deleted: it stays, and they get their
# groups back, until another number does it. Every second request from the census on comes late.
"$TUNIC" add x7 x8 mode tap
ip link set x8 group 77
"${tracing[@]}" -o /dev/null -e trace=sendto -e inject=sendto:delay_enter=700000:when=4+2 \
    "$TUNIC" del x7 x8 >"$STDOUT" 2>"$STDERR" &
deletion=$!
in_group() {
    [ "$(link "$1" .group)" = "$2" ]
}
not_in_group() {
    ! in_group "$@"
}
check_true 'two are given a group' until_true 5 not_in_group x7 default
ip link set bridge7 group "$(link x7 .group)"
check_true 'a foreign interface in it: one gets its group back' until_true 5 in_group x7 default
check_true 'and the other gets its own' in_group x8 77
STATUS=0
wait "$deletion" || STATUS=$?
check_equal 'and both are deleted' '0 ' "$STATUS $(present)"
check_true 'but the foreign one is there' ip link show dev bridge7
ip link set bridge7 group 42

# One that vanishes meanwhile: after it was looked at, every request comes late.
# vanishing GONE LOOKS NAMES…: GONE goes after so many looks.
vanishing() {
    local gone=$1 looks=$2 deletion
    shift 2
    "$TUNIC" add "$@" mode tap
    : >"$SCRATCH/trace"
    "${tracing[@]}" -o "$SCRATCH/trace" -e trace=sendto \
        -e "inject=sendto:delay_enter=300000:when=$((looks + 1))+" \
        "$TUNIC" del "$@" >"$STDOUT" 2>"$STDERR" &
    deletion=$!
    until_true 5 looked "$looks"
    ip link del dev "$gone"
    STATUS=0
    wait "$deletion" || STATUS=$?
    check_equal "$gone of $* vanishes meanwhile" 3 "$STATUS"
    check_stderr_like 'and it is told' "^tunic: del $gone: it was deleted meanwhile"
    check_equal 'all are gone' '' "$(present)"
}
looked() {
    [ "$(grep -c RTM_GETLINK "$SCRATCH/trace")" -ge "$1" ]
}
vanishing x7 1 x7
vanishing x8 3 x7 x8 x9

# ---- all, with selectors ----
fleet() {
    clear_interfaces
    "$TUNIC" add tun1 user 1234
    "$TUNIC" add tun2 group 4
    "$TUNIC" add tap1 user 1234 group 4
    "$TUNIC" add tap2 user any
    "$TUNIC" add vm1 mode tap
}
# deletes WHAT LEFT WORDS…: del all with them leaves those.
deletes() {
    fleet
    check "all $1" 0 "$TUNIC" del all "${@:3}"
    check_equal "all $1: what is left" "$2" "$(present)"
}
deletes '' ''
deletes 'mode tun' 'tap1 tap2 vm1' mode tun
deletes 'mode tap' 'tun1 tun2' mode tap
deletes 'user 1234' 'tap2 tun2 vm1' user 1234
deletes 'user any' 'tap1 tun1 vm1' user any
deletes 'user root' 'tap1 tap2 tun1 tun2' user root
deletes 'group 4' 'tap2 tun1 vm1' group 4
deletes 'group any' 'tap1 tun2' group any
deletes 'name' 'tap1 tap2 vm1' name 'tun*'
deletes 'two names' 'tap1 tap2 tun2' name 'vm?' name tun1
deletes 'mode and user' 'tap2 tun1 tun2 vm1' mode tap user 1234
deletes 'name and group' 'tap1 tap2 tun1 vm1' group 4 name 'tun[0-9]'
fleet
hold one vm1:1002
check 'all free' 0 "$TUNIC" del all free
check_equal 'leaves the held one' vm1 "$(present)"
check 'all held' 5 "$TUNIC" del all held
check 'all held force' 0 "$TUNIC" del all held force
check_equal 'it is gone' '' "$(present)"
release one
fleet
check 'selectors that fit nothing' 3 "$TUNIC" del all user 4321
check_stderr_like 'say so' 'there is no such TUN/TAP interface'
check 'selectors that fit nothing, if-exists' 0 "$TUNIC" del all user 4321 if-exists
check 'selectors without all' 2 "$TUNIC" del user 1234
check 'selectors with a name' 2 "$TUNIC" del vm1 user 1234
check_stderr_like 'are refused' "selectors delete only together with 'all'"
check 'all and a name' 2 "$TUNIC" del all vm1
check 'all and flags' 2 "$TUNIC" del all pi
check_equal 'and nothing was deleted' 'tap1 tap2 tun1 tun2 vm1' "$(present)"
check 'dev all is a name' 3 "$TUNIC" del dev all
check 'all of them' 0 "$TUNIC" del all
check 'all of none' 3 "$TUNIC" del all
check 'all of none, if-exists' 0 "$TUNIC" del all if-exists

# ---- other kinds ----
ip link add link veth0 name macvtap0 type macvtap 2>/dev/null
for name in veth0 bridge7 lo; do
    check "$name is refused" 4 "$TUNIC" del "$name"
    check "$name is refused with force, too" 4 "$TUNIC" del "$name" force
    check_true "$name is there" ip link show dev "$name"
done
ip link show macvtap0 >/dev/null 2>&1 && check 'macvtap is refused' 4 "$TUNIC" del macvtap0 force

# ---- as it may be named ----
for name in 'a"b' 'a\b' $'a\xff' 'Zoë' mode user; do
    ip tuntap add dev "$name" mode tap
    check "'$name'" 0 "$TUNIC" del dev "$name"
done
check_equal 'all are gone' '' "$(present)"

finish
