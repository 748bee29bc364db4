#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Beside wireguard-go, while somebody floods B with initiations: who is connected stays so, and who
# comes anew gets in, as he answers the cookie that he is sent.
#
#     ┌── "a" ────────┐      ┌── "b" ────────────────────────┐      ┌── "flooder" ──┐
#     │ wga 10.77.0.1 │      │ wgb 10.77.0.2                 │      │               │
#     │ 10.99.0.1 ────┼──────┼─ 10.99.0.2       10.98.0.2 ───┼──────┼─ 10.98.0.1    │
#     └───────────────┘      │           10.97.0.2           │      └───────────────┘
#                            └───────────────┬───────────────┘
#     ┌── "c" ────────┐                      │
#     │ wgc 10.77.0.3 ┼──────────────────────┘    C comes while the flood is on
#     └───────────────┘

# shellcheck source=tests/netns/wireguard
. "$(dirname "$0")/../netns/wireguard" "$@"
pairs tunic,wireguard-go wireguard-go,tunic tunic,tunic
ends
keys a b c

FLOOD=$SCRATCH/flood
"${CC:-cc}" -O2 -std=c11 -D_GNU_SOURCE -o "$FLOOD" "$ROOT/tests/interop/flood.c" -lcrypto ||
    skip_all 'nothing can be compiled with libcrypto'
# A second: very much more than are answered, and little enough for two processors to take them.
rate=${TUNIC_FLOOD_RATE:-10000}
joined() {
    namespace "$1"
    ip link add "$1" netns "tunic-$test_id-b" type veth peer name under netns "$NAMESPACE"
    ip -n "$NAMESPACE" addr add "10.$2.0.1/24" dev under
    ip -n "$NAMESPACE" link set under up
    ip -n "tunic-$test_id-b" addr add "10.$2.0.2/24" dev "$1"
    ip -n "tunic-$test_id-b" link set "$1" up
}
joined flooder 98
joined c 97

memory() {
    awk '/^VmRSS:/ {print $2}' "/proc/${RELAY[b]}/status"
}
# How many datagrams came by the flooder's wire.
flooded() {
    [ "$(inside b cat /sys/class/net/flooder/statistics/rx_packets)" -gt "$1" ]
}
came() {
    inside b cat /sys/class/net/flooder/statistics/rx_packets
}

for pair in "${pairs[@]}"; do
    pair "$pair"
    program_of[c]=${program_of[a]}
    if ! { device b key "$keys/b" listen 51820 peer "${PUBLIC[a]}" allow 10.77.0.1/32 \
        peer "${PUBLIC[c]}" allow 10.77.0.3/32 &&
        device a key "$keys/a" peer "${PUBLIC[b]}" allow 10.77.0.2/32 endpoint 10.99.0.2:51820; }; then
        stop_relays
        continue
    fi
    addresses_of a 10.77.0.1/24
    addresses_of b 10.77.0.2/24
    check_true "$what: a ping" until_true 10 reaches 10.77.0.2
    transfer "$what: before the flood" 8 10.77.0.2
    before=$(memory)
    start=$(came)
    ip netns exec "tunic-$test_id-flooder" "$FLOOD" 10.98.0.2 51820 "${PUBLIC[b]}" 64 "$rate" \
        >"$SCRATCH/flooded" &
    flooding=$!
    check_true "$what: there is a flood" until_true 10 flooded $((start + 20000))

    # ---- who is there ----
    transfer "$what: in the flood" 4 10.77.0.2 patience 60

    # ---- who comes ----
    device c key "$keys/c" peer "${PUBLIC[b]}" allow 10.77.0.2/32 endpoint 10.97.0.2:51820 && {
        addresses_of c 10.77.0.3/24
        check_true "$what: somebody new gets in" until_true 45 pings c 10.77.0.2
        check_true "$what: the flood went on meanwhile" kill -0 "$flooding"
    }
    # ---- who begins anew ----
    wg set wga peer "${PUBLIC[b]}" remove
    wg set wga peer "${PUBLIC[b]}" allowed-ips 10.77.0.2/32 endpoint 10.99.0.2:51820
    check_true "$what: who was there gets in again" until_true 45 reaches 10.77.0.2

    kill "$flooding"
    wait "$flooding"
    read -r sent _ cookies _ others _ largest _ <"$SCRATCH/flooded"
    if [ "${program_of[b]}" != tunic ] && [ "$cookies" -eq 0 ]; then
        skip "$what: cookies" 'for wireguard-go that was no load here'
    else
        check_true "$what: the flooder was asked with cookies: $cookies for $sent" \
            [ "$cookies" -gt 0 ]
        check_equal "$what: in no larger messages" 64 "$largest"
    fi
    check_equal "$what: and told nothing else" 0 "$others"
    # A sanitizer keeps what was freed.
    [ "${program_of[b]}" = wireguard-go ] || [ -n "$SANITIZED" ] ||
        check_true "$what: memory has not grown: $before to $(memory) kB" \
            [ $(($(memory) - before)) -lt 4096 ]

    # ---- when it is over ----
    stop_relay c
    check_true "$what: afterwards a ping" until_true 10 reaches 10.77.0.2
    transfer "$what: afterwards" 8 10.77.0.2
    stop_relays
done

finish
