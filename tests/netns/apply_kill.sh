#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# An apply of 300 interfaces is killed at random moments and behind random system calls: nothing half-made is left, and a second
# apply ends in exactly what an undisturbed one makes.
#
#     ┌── the script's namespace ─────────────┐
#     │ k0 … k299, members of bridge7          │ ◀── apply ◀── SIGKILL
#     └───────────────────────────────────────┘

# shellcheck source=tests/netns/common
. "$(dirname "$0")/common" "$@"
need perl strace

times=50
[ -z "${TUNIC_SHORT:-}" ] || times=5
ip link add name bridge7 type bridge
cd "$SCRATCH" || exit 1
seq 0 299 | awk '{ printf "k%d mode tap user 1234 mac 02:00:5e:10:%02x:%02x mtu 1400 alias guest-%d " \
    "addr 10.%d.%d.1/24 addr 2001:db8:%x::1/64 nodad master bridge7 up\n",
    $1, $1 / 256, $1 % 256, $1, $1 / 256, $1 % 256, $1 }' >file

# All that show tells, but numbers, counters, and what the kernel notices a moment later.
state() {
    "$TUNIC" -j show | jq -Sc 'sort_by(.ifname)[] |
        del(.ifindex, .carrier, .operstate, .flags, .addr_info[]?.tentative,
            (.addr_info[]? | select(.scope == "link")))'
}

# Those that are not persistent, or lack what their line says: a kill may only leave whole ones.
half_made() {
    state | sort >now
    comm -23 now wanted
}

begin=$(date +%s%N)
check 'undisturbed' 0 "$TUNIC" apply file
length=$((($(date +%s%N) - begin) / 1000))
state | sort >wanted
check_equal 'it makes 300' 300 "$(wc -l <wanted)"
check_equal 'persistent ones with all they are to have' 300 \
    "$(jq -c 'select(.persist and .up and .mtu == 1400 and .master == "bridge7" and
        (.addr_info | length) == 2 and .ifalias)' wanted | wc -l)"
clear_interfaces

# killed MICROSECONDS: 137 where the kill came in time.
killed() {
    "$TUNIC" apply file 2>err &
    local pid=$! status=0
    perl -e 'select(undef, undef, undef, $ARGV[0] / 1e6)' "$1"
    kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null || status=$?
    [ "$status" -eq 137 ]
}

# What a kill left, and what comes of it. $1: when it was.
mended() {
    local left count
    left=$(half_made)
    [ -z "$left" ] || fail "$1: something half-made is left" "$left"
    count=$(wc -l <now)
    [ "$count" -eq 0 ] || [ "$count" -eq 300 ] || partly=$((partly + 1))
    run "$TUNIC" apply file
    state | sort >now
    if [ "$STATUS" -eq 0 ] && cmp -s now wanted; then
        pass "$1: a second apply makes all"
    else
        fail "$1: a second apply makes all" "$(test_output; diff wanted now)"
    fi
}

RANDOM=${TUNIC_SEED:-1}
hits=0 partly=0
for ((round = 0; round < times; round++)); do
    moment=$((length * (RANDOM % 1000) / 1000))
    ! killed "$moment" || hits=$((hits + 1))
    mended "round $round, killed after $moment us"
    # Every other time it begins with what is there, changed.
    if ((round % 2)); then
        clear_interfaces
    else
        ip -br link show type tun | sed -n 's/^\(k[0-9]*\).*/link set \1 down mtu 1300 nomaster/p' |
            ip -batch -
        clear_addresses=$(seq -f 'address flush dev k%.0f' 0 299)
        ip -batch - <<<"$clear_addresses"
        ! killed "$moment" || hits=$((hits + 1))
        check "round $round: after a kill amid changes" 0 "$TUNIC" apply file
        state | sort >now
        check_true "round $round: all is as it is to be" cmp now wanted
        clear_interfaces
    fi
done
# Between two calls of one interface there is little time, which a clock seldom meets.
calls=ioctl,sendto,recvmsg
"${tracing[@]}" -o trace -e "trace=$calls" "$TUNIC" apply file
clear_interfaces

# killed_behind LINE: after the call of that line of the trace.
killed_behind() {
    local call number
    read -r call number < <(awk -F '(' -v line="$1" '{ count[$1]++ }
        NR == line { print $1, count[$1] }' trace)
    "${tracing[@]}" -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$number" \
        "$TUNIC" apply file 2>err &
    local status=0
    wait "$!" 2>/dev/null || status=$?
    [ "$status" -eq 137 ]
}

total=$(wc -l <trace)
for ((round = 0; round < times / 2; round++)); do
    line=$((1 + (RANDOM * 32768 + RANDOM) % total))
    killed_behind "$line" || fail "killed behind call $line"
    mended "killed behind call $line"
    clear_interfaces
done
check_true "kills that came in time: $hits" test "$hits" -gt $((times / 4))
check_true "of them amid the work: $partly" test "$partly" -gt $((times / 10))

finish
