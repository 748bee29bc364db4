#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Millions of damaged packets at a running relay, by UDP and by TCP:
#
#   sudo tests/soak/frames.sh [COUNT=10000000] [SEED=1] [udp|tcp…]
#
#     ┌── "a" ───────────────┐          ┌── "b" ───────────────┐
#     │ frames ────── under ─┼── veth ──┼─ under ── relay ── t0 │
#     └──────────────────────┘          └──────────────────────┘
#
# COUNT of each protocol, in equal parts to a tun and a tap, with offloads and without. Each packet
# must be accounted for, the kernel must find nothing malformed in what it is given, the relay must
# not grow, and when all is over a relay at "a" must get through. The figures are printed.

# shellcheck source=tests/netns/tunnel
. "$(dirname "$0")/../netns/tunnel" "$@"
ends
# The fragments that are thrown fill the namespace's memory for such: none may be needed to get there.
ip -n "tunic-$test_id-a" link set under mtu 65535
ip -n "tunic-$test_id-b" link set under mtu 65535

count=${1:-10000000}
seed=${2:-1}
protocols=("${@:3}")
[ "${#protocols[@]}" -gt 0 ] || protocols=(udp tcp)
mtu=1400
first=200000 # packets, before memory is looked at
grown_most=512 # kB, of memory that was never needed before

FRAMES=$SCRATCH/frames
"${CC:-cc}" -O2 -std=c11 -D_GNU_SOURCE -I "$ROOT/lib" -o "$FRAMES" \
    "$ROOT"/tests/soak/{frames,damaged}.c "$ROOT/tests/unit/packet_build.c" "$ROOT"/lib/packet/*.c ||
    skip_all 'nothing can be compiled'

# The packets are for these addresses, so that the kernel looks into them and answers some.
start_b() {
    local link=(mac 00:02:04:06:08:0a)
    [ "$mode" = tap ] || link=()
    relay b mode "$mode" mtu "$mtu" up "${link[@]}" addr 10.77.0.2/24 addr fd77::2/64 nodad \
        addr 10.0.1.0/32 addr fdfd:fdfd:fdfd:fdfd:fdfd:fdfd:fdfd:fdfd/128 nodad \
        route 10.0.0.0/24 proto "$proto" offload "$offload" insecure \
        listen 10.99.0.2:55555 from 10.99.0.1
}
# shellcheck disable=SC2046 # words they are
reaches_from_a() {
    relay a $(attributes a) proto "$proto" offload "$offload" insecure connect 10.99.0.2
    check_true "$what: a ping $1" until_true 20 reaches 10.77.0.2
}

# throw COUNT SEED: sets $packets and the like, what the relay must have counted since it began.
packets=0 bytes=0 connections=0 broken=0
throw() {
    local now
    check "$what: $1 packets" 0 inside a "$FRAMES" "$proto" 10.99.0.2 55555 "$mode" "$1" "$2" \
        "${RELAY[b]}"
    read -r -a now <"$STDOUT"
    packets=$((packets + now[0])) bytes=$((bytes + now[1]))
    connections=$((connections + now[2])) broken=$((broken + now[3]))
    until_true 30 has_received
}
has_received() {
    [ "$(counter b received)" -ge "$packets" ]
}

statistic() {
    inside b cat "/sys/class/net/t0/statistics/$1"
}
# What tun raises where it is handed something that it does not take. Of a tap, rx_dropped also has
# the frames that nobody in the namespace waits for: those with VLAN tags, and of unknown types.
complaints() {
    local one all=(rx_errors rx_frame_errors rx_length_errors rx_crc_errors)
    [ "$mode" = tap ] || all+=(rx_dropped)
    for one in "${all[@]}"; do
        [ "$(statistic "$one")" -eq 0 ] || printf '%s %s ' "$one" "$(statistic "$one")"
    done
}
# memory KIND: VmRSS, of which buffers need more once they are full for the first time; VmData, which
# grows only where something is allocated.
memory() {
    sed -n "s/^$1:[^0-9]*\([0-9]*\) kB/\1/p" "/proc/${RELAY[b]}/status"
}
descriptors() {
    local names=("/proc/${RELAY[b]}/fd/"*)
    printf '%s\n' "${#names[@]}"
}

# What was counted, against what was thrown and what became of it.
account() {
    local received given malformed refused
    received=$(counter b received)
    given=$(counter b device_out)
    malformed=$(counter b malformed)
    refused=$(counter b device_refused)
    check_equal "$what: as many as were thrown have come" "$packets $bytes" \
        "$received $(counter b received_bytes)"
    check_equal "$what: each is accounted for" "$received" $((given + malformed + refused))
    check_equal "$what: the interface has taken all that it was given" 0 "$refused"
    check_equal "$what: and complained of nothing" '' "$(complaints)"
    check_equal "$what: no datagram was cut off; broken streams were noticed" "$broken" \
        "$(counter b received_malformed)"
    if [ "$proto" = tcp ]; then
        check_equal "$what: connections" "$connections" "$(counter b connects)"
    fi
    printf '%s: %d received = %d to the interface + %d malformed; %d bytes\n' \
        "$what" "$received" "$given" "$malformed" "$bytes"
    printf '    interface: rx_packets %s, complaints: %s; rx_dropped %s\n' "$(statistic rx_packets)" \
        "$(complaints | grep . || echo none)" "$(statistic rx_dropped)"
    [ "$proto" = udp ] || printf '    connections %s, broken %s\n' "$connections" "$broken"
}

soak() {
    local files before after allocated
    what="$proto, $mode, offload $offload"
    packets=0 bytes=0 connections=0 broken=0
    start_b || return
    # What is needed at all is needed soon.
    throw "$first" $((seed + 1000))
    before=$(memory VmRSS) allocated=$(memory VmData)
    files=$(descriptors)
    throw $((count / 4)) "$seed"
    after=$(memory VmRSS)
    check_true "$what: it lives" relay_works "${RELAY[b]}"
    account
    check_equal "$what: no descriptor was lost or gained" "$files" "$(descriptors)"
    check_equal "$what: it has allocated nothing" "$allocated" "$(memory VmData)"
    check_true "$what: and needs no more memory" [ $((after - before)) -le "$grown_most" ]
    printf '    memory before %s kB, after %s kB\n' "$before" "$after"
    ip -n "tunic-$test_id-b" neigh flush dev t0 # a broken neighbour discovery may have been believed
    reaches_from_a 'gets through'
    transfer "$what" 4 10.77.0.2
    stop_relays
    check_equal "$what: it says nothing" '' "$(cat "$errors/b")"
}

for proto in "${protocols[@]}"; do
    for mode in tun tap; do
        for offload in on off; do
            soak
            seed=$((seed + 1))
        done
    done
done
finish
