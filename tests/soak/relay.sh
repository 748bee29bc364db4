#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A relay for a long time: flows of every kind both ways, a fault every few seconds, and a look each
# ten seconds at what the two processes hold. Not part of the normal suite.
#
#   sudo tests/soak/relay.sh [MINUTES [udp|tcp [tun|tap [keys]]]]     60, udp, tun, without keys
#
# Fails where a byte is lost, a descriptor more is open at the end than after the first minute, or
# the memory of a process has grown by more than 1 MiB since then. The topology is that of
# tests/netns/tunnel.

# shellcheck disable=SC2034 # tunnel looks at it
secure=${4:-}
# shellcheck source=tests/netns/tunnel
. "$(dirname "$0")/../netns/tunnel" "$@"
need awk
minutes=${1:-60} proto=${2:-udp} mode=${3:-tun}
mtu=1400
growth=1024 # KiB
ends
ip -n "tunic-$test_id-a" addr add 10.99.0.3/32 dev under
for end in a b; do
    inside "$end" sysctl -qw net.ipv6.conf.default.keep_addr_on_down=1 \
        net.ipv6.conf.all.keep_addr_on_down=1
done

# ---- looking ----
samples=$SCRATCH/samples
look() {
    local end names line=$((SECONDS - start))
    for end in a b; do
        names=("/proc/${RELAY[$end]}/fd/"*)
        line+=" $(awk '/^VmRSS:/ {print $2}' "/proc/${RELAY[$end]}/status") ${#names[@]}"
    done
    printf '%s\n' "$line" >>"$samples"
}
keep_looking() {
    while sleep 10; do
        look
    done
}

# ---- flows ----
flows=() others=()
flow() {
    "$@" >"$SCRATCH/flow.${#flows[@]}" 2>&1 &
    flows+=($!)
}
# both_ways ADDRESS PORT MEGABYTES WORD…: a transfer with its other end.
both_ways() {
    local address=$1 port=$2
    shift 2
    ip netns exec "tunic-$test_id-b" "$STREAM" accept "$address" "$port" "$@" patience 60 \
        >/dev/null 2>&1 &
    others+=($!)
    flow ip netns exec "tunic-$test_id-a" "$STREAM" connect "$address" "$port" "$@" patience 60
}
round() {
    local flow failed=0 index=0
    flows=() others=()
    both_ways 10.77.0.2 5001 100
    both_ways fd77::2 5001 50 urgent
    both_ways 10.77.0.2 5003 1 small urgent
    flow ip netns exec "tunic-$test_id-a" "$DATAGRAMS" ask 10.77.0.2 5002 0 65507 331
    flow ip netns exec "tunic-$test_id-a" "$DATAGRAMS" ask fd77::2 5002 8 1300 97 segments
    fault $((rounds % 7))
    for flow in "${flows[@]}"; do
        if ! wait "$flow"; then
            failed=1
            fail "round $rounds, flow $index" "$(cat "$SCRATCH/flow.$index")"
        fi
        index=$((index + 1))
    done
    [ "$failed" -eq 0 ] || kill "${others[@]}" 2>/dev/null
    wait "${others[@]}"
    rounds=$((rounds + 1))
    return "$failed"
}

# ---- faults ----
fault() {
    case $1 in
    0) ;;
    1)
        ip -n "tunic-$test_id-b" link set under down
        sleep 0.5
        ip -n "tunic-$test_id-b" link set under up
        ip -n "tunic-$test_id-b" addr replace fd99::2/64 dev under nodad
        ;;
    2)
        kill -STOP "${RELAY[b]}"
        sleep 0.5
        kill -CONT "${RELAY[b]}"
        ;;
    3)
        ip -n "tunic-$test_id-a" addr del 10.99.0.1/24 dev under
        sleep 0.5
        ip -n "tunic-$test_id-a" addr add 10.99.0.1/24 dev under
        ;;
    4)
        ip -n "tunic-$test_id-a" link set t0 down
        sleep 0.5
        ip -n "tunic-$test_id-a" link set t0 up
        ;;
    5) inside a ss -K -t dst 10.99.0.2 >/dev/null 2>&1 ;;
    6)
        # A stranger, who sends what is no packet either.
        # shellcheck disable=SC2016 # for the inner shell
        inside a timeout 1 bash -c 'while :; do
            socat -u OPEN:/dev/urandom,readbytes=60000 ${1^^}:10.99.0.2:55555,bind=10.99.0.3 2>/dev/null ||
                sleep 0.1
        done' bash "$proto"
        ;;
    esac
}

# ---- the soak ----
tunnel || finish
for address in 10.77.0.2 fd77::2; do
    ip netns exec "tunic-$test_id-b" "$DATAGRAMS" answer "$address" 5002 &
done
start=$SECONDS rounds=0 good=0
look
keep_looking &
while [ $((SECONDS - start)) -lt $((minutes * 60)) ]; do
    ! round || good=$((good + 1))
    for end in a b; do
        if relay_gone "${RELAY[$end]}"; then
            fail "the relay at $end has ended" "$(cat "$errors/$end")"
            finish
        fi
    done
done
look
check_equal 'rounds without a fault of ours' "$rounds" "$good"

printf '%s minutes of %s, %s%s: %s rounds\n' "$minutes" "$proto" "$mode" "${secure:+, with keys}" \
    "$rounds"
# What is there after the first minute, or ten seconds, is compared with the last quarter.
awk -v growth="$growth" '
    {at[NR] = $1; for (i = 2; i <= 5; i++) value[NR, i] = $i}
    END {
        first = 1
        while (first < NR && at[first] < (at[NR] >= 120 ? 60 : 10)) first++
        split("x|A: memory (KiB)|A: descriptors|B: memory (KiB)|B: descriptors", name, "|")
        for (i = 2; i <= 5; i++) {
            last = 0; most = 0
            for (n = 1; n <= NR; n++) {
                if (value[n, i] > most) most = value[n, i]
                if (n > NR * 3 / 4 && value[n, i] > last) last = value[n, i]
            }
            printf "%-20s %8d at first, %8d at the end, %8d at most\n", name[i], value[first, i],
                value[NR, i], most
            if (i % 2 ? value[NR, i] > value[first, i] : last > value[first, i] + growth) bad = 1
        }
        exit bad
    }' "$samples" >"$SCRATCH/figures"
grown=$?
cat "$SCRATCH/figures"
[ "$grown" -eq 0 ] || cat "$samples"
check_equal 'nothing has grown' 0 "$grown"
for end in a b; do
    printf 'at %s: sent %s, received %s, dropped %s, refused %s, malformed %s, connects %s\n' "$end" \
        "$(counter "$end" sent)" "$(counter "$end" received)" "$(counter "$end" dropped)" \
        "$(counter "$end" refused)" "$(counter "$end" malformed)" "$(counter "$end" connects)"
done
stop_relays
check_equal 'it ends well' 0 "$STATUS"

finish
