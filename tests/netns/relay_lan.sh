#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Two LANs joined by routing, as the user's guide for such tunnels shows it: the relays' hosts are
# their routers, and have a public side that knows nothing of the LANs.
#
#     ┌── "left" ──┐    ┌── "a" ────────────────┐          ┌── "b" ────────────────┐    ┌── "right" ─┐
#     │ eth0 ──────┼────┼─ lan 10.60.1.254      │          │      10.60.2.254 lan ─┼────┼───── eth0  │
#     │ 10.60.1.1  │    │ t0  10.77.0.1 ── relay│          │relay ── t0  10.77.0.2 │    │ 10.60.2.1  │
#     │ fd60:1::1  │    │ under 10.99.0.1 ──────┼── veth ──┼────── under 10.99.0.2 │    │ fd60:2::1  │
#     └────────────┘    └───────────────────────┘          └───────────────────────┘    └────────────┘

# shellcheck source=tests/netns/tunnel
. "$(dirname "$0")/tunnel" "$@"
ends
for end in a b; do
    ip -n "tunic-$test_id-$end" link set under mtu 1500
    inside "$end" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
done

lan() {
    local end=$1 label=$2 number=$3
    namespace "$label"
    ip link add lan netns "tunic-$test_id-$end" type veth peer name eth0 netns "$NAMESPACE"
    ip -n "$NAMESPACE" addr add "10.60.$number.1/24" dev eth0
    ip -n "$NAMESPACE" addr add "fd60:$number::1/64" dev eth0 nodad
    ip -n "$NAMESPACE" link set eth0 up
    ip -n "$NAMESPACE" route add default via "10.60.$number.254"
    ip -n "tunic-$test_id-$end" addr add "10.60.$number.254/24" dev lan
    ip -n "tunic-$test_id-$end" addr add "fd60:$number::254/64" dev lan nodad
    ip -n "tunic-$test_id-$end" link set lan up
    ip -n "$NAMESPACE" -6 route add default via "fd60:$number::254"
}
lan a left 1
lan b right 2

for proto in udp tcp; do
    for offload in on off; do
        what="$proto, offload $offload"
        relay b mode tun addr 10.77.0.2 peer 10.77.0.1 addr fd77::2/64 nodad up \
            route 10.60.1.0/24 route fd60:1::/64 proto "$proto" \
            insecure listen 55555 from 10.99.0.1
        relay a mode tun addr 10.77.0.1 peer 10.77.0.2 addr fd77::1/64 nodad up \
            route 10.60.2.0/24 route fd60:2::/64 proto "$proto" offload "$offload" \
            insecure connect 10.99.0.2
        check_true "$what: one LAN reaches the other" \
            until_true 10 inside left ping -q -c 1 -W 0.3 10.60.2.1
        check "$what: and back, over IPv6" 0 inside right ping -q -c 3 -i 0.1 -W 1 fd60:1::1
        for address in 10.60.2.1 fd60:2::1; do
            ip netns exec "tunic-$test_id-right" "$STREAM" accept "$address" 5001 32 \
                >"$SCRATCH/accepted" &
            other=$!
            check "$what: a transfer to $address" 0 \
                inside left "$STREAM" connect "$address" 5001 32
            check_true 'both ways' wait "$other"
            ip netns exec "tunic-$test_id-right" "$DATAGRAMS" answer "$address" 5002 &
            other=$!
            check "$what: datagrams to $address" 0 \
                inside left "$DATAGRAMS" ask "$address" 5002 0 5000 41
            kill "$other"
            wait "$other" 2>/dev/null
        done
        stop_relays
    done
done

finish
