#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The same bytes come out as went in: a relay with keys, over UDP and over TCP, in every setting. The
# topology is that of tests/netns/tunnel.

# shellcheck disable=SC2034 # tunnel looks at it
secure=yes
# shellcheck source=tests/netns/tunnel
. "$(dirname "$0")/tunnel" "$@"
ends

for proto in udp tcp; do
    matrix
    tunnel && {
        transfer "$proto: a long transfer" "$large" 10.77.0.2
        transfer "$proto: a long transfer" "$large" fd77::2
        transfer "$proto: small writes and urgent bytes" 5 fd77::2 small urgent
        sizes "$proto: every size" 10.77.0.2 0 65507 31
        sizes "$proto: every size" fd77::2 0 65527 31
        sizes "$proto: every small size" 10.77.0.2 0 2000 1
        sizes "$proto: without checksums" fd77::2 0 65000 499 unsummed
        sizes "$proto: with IP options" 10.77.0.2 0 65000 499 options
        sizes "$proto: super-packets" 10.77.0.2 8 1368 97 segments
        for end in a b; do
            check_equal "$proto: nothing was malformed at $end" '0 0 0' "$(
                counter "$end" malformed) $(counter "$end" device_malformed) $(
                counter "$end" received_malformed)"
            check_equal "$proto: the kernel took all at $end" 0 "$(counter "$end" device_refused)"
        done
    }
    stop_relays
done

# ---- too big ----
proto=udp mtu=1500
for end in a b; do
    ip -n "tunic-$test_id-$end" link set under mtu 1500
done
for outer in 4 6; do
    # As wg-quick has it where the path is Ethernet: 40 or 20 for IP, 8 for UDP, 32 of WireGuard.
    host=${HOSTS[b$outer]}
    [ "$outer" = 4 ] || host="[$host]"
    # shellcheck disable=SC2046 # words they are
    relay a mode tun up $(connecting a "$host")
    fits=$(space=a link t0 .mtu)
    check_true "the MTU over IPv$outer fits, $fits" \
        [ "$fits" -ge 1420 -a "$fits" -le $((1500 - 40 - (outer == 6 ? 20 : 0))) ]
    stop_relay a
done
outer=4
tunnel && {
    check_false 'a packet that is too big' inside a ping -c 2 -i 0.2 -W 1 -M 'do' -s 1472 10.77.0.2
    check_stdout_like 'is answered' 'Frag(mentation)? needed|[Mm]essage too long'
    check_false 'one of IPv6, too' inside a ping -c 2 -i 0.2 -W 1 -s 1452 -M 'do' fd77::2
    check_stdout_like 'is answered' 'too (big|long)'
    transfer 'and TCP goes on' 8 10.77.0.2
    transfer 'and TCP goes on' 8 fd77::2
}
stop_relays

finish
