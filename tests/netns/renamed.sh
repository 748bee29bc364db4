#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What others do to an interface while a command works on it, as udev, a network manager or a second
# administrator do: it is renamed, its name is given to another one, or its namespace vanishes. The
# command is stopped behind one of its system calls for as long as that takes. (That others make,
# delete and hold it is in meanwhile.sh.)

# shellcheck source=tests/netns/common
. "$(dirname "$0")/common" "$@"
need strace

# What strace runs.
find_child() {
    CHILD=$(cat "/proc/$1/task/$1/children" 2>/dev/null)
    CHILD=${CHILD%% *}
}

# meanwhile PREPARE CALL PATTERN DO WORDS…: runs PREPARE, then tunic, which is stopped behind the
# first CALL whose line fits PATTERN; evaluates DO; and lets it go on, to its end. Beforehand, a run
# without all that tells where the call comes.
meanwhile() {
    local prepare=$1 call=$2 pattern=$3 what=$4 traced place
    shift 4
    clear_interfaces
    $prepare
    : >"$SCRATCH/calls"
    "${tracing[@]}" -o "$SCRATCH/calls" -e "trace=$call" "${become[@]}" "$PROGRAM" "$@" \
        >/dev/null 2>&1 </dev/null &
    traced=$!
    until_true 5 grep -q "$pattern" "$SCRATCH/calls"
    find_child "$traced"
    [ -z "$CHILD" ] || kill "$CHILD" 2>/dev/null # it may have come to its end
    wait "$traced"
    place=$(awk -v pattern="$pattern" '$0 ~ pattern { print NR; exit }' "$SCRATCH/calls")
    clear_interfaces
    $prepare
    : >"$SCRATCH/stops"
    "${tracing[@]}" -o "$SCRATCH/stops" -e "trace=$call" -e "inject=$call:signal=STOP:when=${place:-1}" \
        "${become[@]}" "$PROGRAM" "$@" >"$STDOUT" 2>"$STDERR" </dev/null &
    traced=$!
    check_true "tunic $*: it is stopped at $pattern" \
        until_true 5 grep -q 'stopped by SIGSTOP' "$SCRATCH/stops"
    find_child "$traced"
    eval "$what"
    kill -CONT "$CHILD"
    STATUS=0
    wait "$traced" || STATUS=$?
}
present() {
    ip -br link show type tun | cut -d' ' -f1 | sort -V | paste -sd' '
}
made() {
    "$TUNIC" add x7 mode tap
}
pair() {
    "$TUNIC" add x7 x8 mode tap
}
of_user() {
    "$TUNIC" add x7 x8 mode tap user 1234
}
owner() {
    link "$1" '.linkinfo.info_data.user | tostring'
}

# ---- made ----

# Renamed as soon as it is there, before it has anything.
attributes=(mode tap user 1234 mtu 1400 addr 10.7.0.1/24 addr fd07::1/64 nodad up
    route 10.8.0.0/24 alias text forwarding on)
meanwhile : ioctl TUNSETIFF 'ip link set x7 name udev7' add x7 "${attributes[@]}"
check_equal 'renamed at once: it is made' 0 "$STATUS"
check_stdout 'the name that it has is told' udev7
check_equal 'with all it was to have' '1400 text 1234 true' \
    "$(link udev7 '[.mtu, .ifalias, .linkinfo.info_data.user, .linkinfo.info_data.persist] |
        map(tostring) | join(" ")')"
check_equal 'with addresses' $'10.7.0.1 24 global\nfd07::1 64 global' "$(addresses udev7)"
check_equal 'and settings' '1 1' "$(setting ipv4 udev7 forwarding) $(setting ipv6 udev7 forwarding)"
check_equal 'and nothing else' udev7 "$(present)"

# And a foreign one is given its name.
foreign() {
    ip link del other 2>/dev/null
    ip link add other type bridge
}
meanwhile foreign ioctl TUNSETIFF 'ip link set x7 name udev7; ip link set other name x7' \
    add x7 mode tap mtu 1400 addr 10.7.0.1/24
check_equal 'its name is given to another: it is made' '0 1400' "$STATUS $(link udev7 .mtu)"
check_equal 'and the other is left alone' '1500 ' "$(link x7 .mtu) $(addresses x7)"
ip link del x7

# Between the look at it and the changes: they go by its number.
meanwhile foreign recvmsg RTM_NEWLINK 'ip link set x7 name udev7; ip link set other name x7' \
    add x7 mode tap mtu 1400 addr 10.7.0.1/24
check_equal 'its name given away a little later' '0 1400' "$STATUS $(link udev7 .mtu)"
check_equal 'and the other is left alone' '1500 ' "$(link x7 .mtu) $(addresses x7)"
ip link del x7

# Its MTU is changed by who adopts it: what was asked for is set later.
meanwhile : ioctl TUNSETIFF 'ip link set x7 mtu 1280 up' add x7 mode tap mtu 1400 addr 10.7.0.1/24
check_equal 'adopted by another' '0 1400 10.7.0.1 24 global' \
    "$STATUS $(link x7 .mtu) $(addresses x7)"
# Deleted before it was made.
meanwhile : ioctl TUNSETIFF 'ip link del x7' add x7 mode tap mtu 1400
check_equal 'deleted while it is made' 3 "$STATUS"
check_stderr_like 'is told' '^tunic: add x7: .*it was deleted meanwhile'
check_equal 'nothing is left' '' "$(present)"

# ---- changed ----

meanwhile pair recvmsg RTM_NEWLINK 'ip link set x7 name udev7; ip link set x8 name x7' \
    set x7 mtu 1400
check_equal 'renamed before it is changed, another of its name: it is not touched' 1500 \
    "$(link x7 .mtu)"

# Its owner is set through a descriptor, and that by a name.
meanwhile made openat /dev/net/tun 'ip link del x7' set x7 user 1234
check_equal 'deleted before its owner is set' 3 "$STATUS"
check_stderr_like 'it is told' '^tunic: set x7: it was deleted meanwhile'
check_equal 'and none is made' '' "$(present)"
meanwhile made openat /dev/net/tun 'ip link set x7 name udev7' set x7 user 1234
check_equal 'renamed before its owner is set' 3 "$STATUS"
check_stderr_like 'it is told' '^tunic: set x7: it was renamed meanwhile'
check_equal 'and nothing is changed' 'udev7 root' "$(present) $(owner udev7)"
meanwhile pair openat /dev/net/tun \
    'ip link set x7 name udev7; ip link set x8 name x7' set x7 user 1234
check_equal 'its name given to another before its owner is set' '3 root' "$STATUS $(owner x7)"

# ---- deleted ----

meanwhile pair recvmsg RTM_NEWLINK 'ip link set x7 name udev7; ip link set x8 name x7' del x7
check_equal 'its name given to another before it is deleted: the other stays' x7 "$(present)"
become 1234:1234
# The kernel refuses him what it lets root do: he goes by the node.
words=(-f "$NODE" del x7)
meanwhile of_user sendto RTM_DELLINK 'ip link set x7 name udev7; ip link set x8 name x7' "${words[@]}"
check_equal 'by its owner' '3 udev7 x7' "$STATUS $(present)"
meanwhile of_user sendto RTM_DELLINK 'ip link del x7' "${words[@]}"
check_true 'deleted by another before its owner does' test "$STATUS" -ne 0
check_equal 'the rest is there' x8 "$(present)"
become=()

# ---- held ----

meanwhile made openat /dev/net/tun 'ip link del x7' attach x7 hold
check_equal 'deleted before it is held' 3 "$STATUS"
check_equal 'and none is made' '' "$(present)"
meanwhile made openat /dev/net/tun 'ip link del x7' relay x7 insecure connect 127.0.0.1
check_equal 'deleted before it is relayed' 3 "$STATUS"
check_equal 'and none is made' '' "$(present)"

# ---- its namespace ----

# Who is in it, or has it open, keeps it; with him it goes, and all that is in it.
there() {
    ip netns del there 2>/dev/null
    ip netns add there
}
for call in 'openat /run/netns/there' 'setns CLONE_NEWNET'; do
    read -r name pattern <<<"$call"
    for words in '-n there add x7 mode tap' 'add x7 mode tap netns there' '-n there show'; do
        # shellcheck disable=SC2086 # words they are
        meanwhile there "$name" "$pattern" 'ip netns del there' $words
        check_equal "its namespace vanishes at $name: $words" '0 ' "$STATUS $(present)"
        check_stderr 'nothing is complained of' ''
    done
done
check 'and then it is gone' 1 "$TUNIC" -n there show
check_stderr_like 'as is told' "'there': there is none of this name"

finish
