#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A relay that connects, before its network is there and after its own address has changed. Topology:
# see tunnel.

# shellcheck source=tests/netns/tunnel
. "$(dirname "$0")/tunnel" "$@"
ends

a() {
    ip -n "tunic-$test_id-a" "$@"
}

outside() {
    local family=$1 number=$2
    [ "$family" = 4 ] && echo "10.99.0.$number/24" || echo "fd99::$number/64 nodad"
}

for outer in 4 6; do
    host=${HOSTS[b$outer]}
    [ "$outer" = 4 ] || host="[$host]"

    # shellcheck disable=SC2046 # words they are
    {
        a addr flush dev under scope global
        mode=tun mtu=1400
        relay b $(attributes b) insecure listen 55555 from any
        relay a $(attributes a) insecure connect "$host:55555" || continue
        check_false "IPv$outer: without an address there is no way" reaches 10.77.0.2
        a addr add $(outside "$outer" 1) dev under
        check_true "IPv$outer: with one there is, after a while" until_true 10 reaches 10.77.0.2
        a addr del $(outside "$outer" 1) dev under
        a addr add $(outside "$outer" 3) dev under
        check_true "IPv$outer: with another one, too" until_true 10 reaches 10.77.0.2
        stop_relays
        a addr flush dev under scope global
        a addr add 10.99.0.1/24 dev under
        a addr add fd99::1/64 dev under nodad
    }
done
finish
