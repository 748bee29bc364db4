#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A relay of mode tap: two LANs bridged to one, and VLAN tags.
#
#     ┌── "left" ──┐    ┌── "a" ────────────────┐          ┌── "b" ────────────────┐    ┌── "right" ─┐
#     │ eth0 ──────┼────┼─ port ── br0 ── t0    │          │    t0 ── br0 ── port ─┼────┼───── eth0  │
#     │ 10.50.0.1  │    │                relay  │          │  relay                │    │ 10.50.0.2  │
#     │ fd50::1    │    │ under ────────────────┼── veth ──┼──────────────── under │    │ fd50::2    │
#     └────────────┘    └───────────────────────┘          └───────────────────────┘    └────────────┘
#
# The MTU of t0 is that of the LANs, and its frames fit the veth, which takes more.

# shellcheck source=tests/netns/tunnel
. "$(dirname "$0")/tunnel" "$@"
ends

TAG=$SCRATCH/tag
"${CC:-cc}" -O2 -std=c11 -D_GNU_SOURCE -o "$TAG" "$ROOT/tests/netns/tag.c" ||
    skip_all 'nothing can be compiled'

mode=tap mtu=1500

# ---- ARP and ND ----
for proto in udp tcp; do
    tunnel || continue
    mac_b=$(space=b link t0 .address)
    check_equal "$proto: ARP has found the other end" "$mac_b" \
        "$(inside a ip -j neigh show 10.77.0.2 dev t0 | jq -r '.[0].lladdr')"
    check 'IPv6 goes' 0 inside a ping -q -c 1 -W 2 fd77::2
    check_equal "$proto: ND has, too" "$mac_b" \
        "$(inside a ip -j neigh show fd77::2 dev t0 | jq -r '.[0].lladdr')"
    check 'broadcast goes' 0 inside a ping -q -b -c 1 -W 2 -s 1000 10.77.0.2
    check 'multicast goes' 0 inside a ping -q -c 1 -W 2 ff02::1%t0

    # ---- VLAN tags ----
    tags=()
    for end in a b; do
        number=1
        [ "$end" = a ] || number=2
        ip netns exec "tunic-$test_id-$end" "$TAG" t0 42 vlan42 &
        tags+=($!)
        until_true 5 inside "$end" ip link show vlan42
        ip -n "tunic-$test_id-$end" addr add "10.42.0.$number/24" dev vlan42
        ip -n "tunic-$test_id-$end" addr add "fd42::$number/64" dev vlan42 nodad
        ip -n "tunic-$test_id-$end" link set vlan42 up mtu 1496
    done
    check_true "$proto: a tagged ping" until_true 5 reaches 10.42.0.2
    transfer "$proto, tagged" 32 10.42.0.2
    transfer "$proto, tagged" 32 fd42::2
    sizes "$proto, tagged" 10.42.0.2 0 5000 41
    sizes "$proto, tagged" fd42::2 0 5000 41
    kill "${tags[@]}"
    wait "${tags[@]}" 2>/dev/null

    if ip -n "tunic-$test_id-a" link add link t0 name vlan7 type vlan id 7 2>/dev/null; then
        ip -n "tunic-$test_id-b" link add link t0 name vlan7 type vlan id 7
        for end in a b; do
            number=1
            [ "$end" = a ] || number=2
            ip -n "tunic-$test_id-$end" addr add "10.7.0.$number/24" dev vlan7
            ip -n "tunic-$test_id-$end" link set vlan7 up
        done
        check_true "$proto: a ping between the kernel's VLANs" until_true 5 reaches 10.7.0.2
        transfer "$proto, the kernel's VLANs" 32 10.7.0.2
        sizes "$proto, the kernel's VLANs" 10.7.0.2 0 5000 41
    else
        skip "$proto: the kernel's VLANs" 'this kernel has none'
    fi
    stop_relays
done

# ---- two LANs, bridged ----
proto=udp
lan() {
    local end=$1 label=$2 number=$3
    namespace "$label"
    ip link add port netns "tunic-$test_id-$end" type veth peer name eth0 netns "$NAMESPACE"
    inside "$label" sysctl -qw net.ipv6.conf.default.accept_dad=0
    ip -n "$NAMESPACE" addr add "10.50.0.$number/24" dev eth0
    ip -n "$NAMESPACE" addr add "fd50::$number/64" dev eth0 nodad
    ip -n "$NAMESPACE" link set eth0 up
    ip -n "tunic-$test_id-$end" link add br0 type bridge mcast_snooping 0
    ip -n "tunic-$test_id-$end" link set port master br0 up
    ip -n "tunic-$test_id-$end" link set br0 up
}
lan a left 1
lan b right 2
bridged() {
    [ "$(space=$1 link t0 .master)" = br0 ]
}
for offload in on off; do
    relay b mode tap mtu 1500 master br0 up insecure listen 55555 from 10.99.0.1
    relay a mode tap mtu 1500 master br0 up offload $offload insecure connect 10.99.0.2
    check_true 'the tap is in the bridge' bridged a
    check_true 'one LAN reaches the other' \
        until_true 10 inside left ping -q -c 1 -W 0.3 10.50.0.2
    check 'and back' 0 inside right ping -q -c 3 -i 0.1 -W 1 fd50::1
    check_equal 'as neighbours' "$(space=right link eth0 .address)" \
        "$(inside left ip -j neigh show 10.50.0.2 | jq -r '.[0].lladdr')"
    ip netns exec "tunic-$test_id-right" "$STREAM" accept 10.50.0.2 5001 32 >"$SCRATCH/accepted" &
    other=$!
    check 'a transfer between the LANs' 0 inside left "$STREAM" connect 10.50.0.2 5001 32
    check_true 'both ways' wait "$other"
    stop_relays
done

finish
