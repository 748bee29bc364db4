#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Tagged packets as large as the tap's MTU: with the tag, their frames are larger than what goes
# through. Topology: see tunnel; on each t0 a VLAN.

# shellcheck source=tests/netns/tunnel
. "$(dirname "$0")/tunnel" "$@"
ends

TAG=$SCRATCH/tag
"${CC:-cc}" -O2 -std=c11 -D_GNU_SOURCE -o "$TAG" "$ROOT/tests/netns/tag.c" ||
    skip_all 'nothing can be compiled'

mode=tap
for proto in udp tcp; do
    for end in a b; do
        ip -n "tunic-$test_id-$end" link set under mtu 1500
    done
    mtu=1458
    [ "$proto" = udp ] || mtu=1986
    tunnel || continue
    tags=()
    for end in a b; do
        number=1
        [ "$end" = a ] || number=2
        ip netns exec "tunic-$test_id-$end" "$TAG" t0 42 vlan42 &
        tags+=($!)
        until_true 5 inside "$end" ip link show vlan42
        ip -n "tunic-$test_id-$end" addr add "10.42.0.$number/24" dev vlan42
        ip -n "tunic-$test_id-$end" addr add "fd42::$number/64" dev vlan42 nodad
        ip -n "tunic-$test_id-$end" link set vlan42 up mtu "$mtu"
    done
    check_true "$proto: a tagged ping" until_true 5 reaches 10.42.0.2
    transfer "$proto, tagged" 8 10.42.0.2
    transfer "$proto, tagged" 8 fd42::2
    inside a ping -q -M "do" -c 1 -W 0.3 -s "$((mtu - 28))" 10.42.0.2 >/dev/null
    check_equal "$proto: what fits is told, and is less by the tag" "$((mtu - 4))" \
        "$(inside a ip -j route get 10.42.0.2 | jq '.[0].metrics[0].mtu')"
    kill "${tags[@]}"
    wait "${tags[@]}" 2>/dev/null
    stop_relays
done
finish
