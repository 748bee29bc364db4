#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The same bytes come out as went in: a relay over UDP, in every setting. The topology is that of
# tests/netns/tunnel.

# shellcheck source=tests/netns/tunnel
. "$(dirname "$0")/tunnel" "$@"
ends

proto=udp
matrix

# ---- what the kernel's TCP can do ----
both() {
    inside a sysctl -qw "$@"
    inside b sysctl -qw "$@"
}
mtu=1472
tunnel && {
    transfer 'a long transfer' "$large" 10.77.0.2
    transfer 'a long transfer' "$large" fd77::2
    transfer 'small writes and urgent bytes' 5 fd77::2 small urgent
    for setting in tcp_sack=0 tcp_timestamps=0 tcp_window_scaling=0; do
        both "net.ipv4.$setting"
        transfer "$setting" 8 10.77.0.2
        transfer "$setting" 8 fd77::2 urgent
        both "net.ipv4.${setting%0}1"
    done
    both net.ipv4.tcp_ecn=1
    transfer 'with ECN' 8 10.77.0.2
    transfer 'with ECN' 8 fd77::2
    marked=$(inside b nstat -asz IpExtInECT0Pkts | awk '/ECT0/ {print $2}')
    check_true 'packets can be marked' [ "${marked:-0}" -gt 1000 ]
    both net.ipv4.tcp_ecn=2

    # ---- UDP ----
    sizes 'every size' 10.77.0.2 0 65507 "${TUNIC_STEP:-5}"
    sizes 'every size' fd77::2 0 65527 "${TUNIC_STEP:-5}"
    sizes 'every small size' 10.77.0.2 0 3000 1
    sizes 'every small size' fd77::2 0 3000 1
    for address in 10.77.0.2 fd77::2; do
        sizes 'without checksums' "$address" 0 65000 499 unsummed
        sizes 'with IP options' "$address" 0 65000 499 options
        sizes 'with options, without checksums' "$address" 0 2000 11 options unsummed
        sizes 'super-packets' "$address" 8 1432 59 segments
    done
    for end in a b; do
        check_equal "nothing was malformed at $end" '0 0 0' "$(counter "$end" malformed) $(
            counter "$end" device_malformed) $(counter "$end" received_malformed)"
        check_equal "the kernel took all at $end" 0 "$(counter "$end" device_refused)"
    done
}
stop_relays

# ---- the MTU ----
for end in a b; do
    ip -n "tunic-$test_id-$end" link set under mtu 1500
done
for outer in 4 6; do
    for mode in tun tap; do
        host=${HOSTS[b$outer]}
        [ "$outer" = 4 ] || host="[$host]"
        wanted=1472
        [ "$outer" = 4 ] || wanted=1452
        [ "$mode" = tun ] || wanted=$((wanted - 14))
        relay a mode "$mode" up insecure connect "$host"
        check_equal "the MTU that fits, $mode over IPv$outer" "$wanted" "$(space=a link t0 .mtu)"
        stop_relay a
    done
done
outer=4 mode=tun mtu=1500
tunnel && {
    check_false 'a packet that is too big' \
        inside a ping -c 2 -i 0.2 -W 1 -M 'do' -s 1472 10.77.0.2
    check_stdout_like 'is answered' 'Frag(mentation)? needed|[Mm]essage too long.*1472'
    check_false 'one of IPv6, too' inside a ping -c 2 -i 0.2 -W 1 -s 1452 -M 'do' fd77::2
    check_stdout_like 'is answered' 'too (big|long)'
    transfer 'and TCP goes on' 8 10.77.0.2
    transfer 'and TCP goes on' 8 fd77::2
    sizes 'and UDP does' 10.77.0.2 0 5000 61
}
stop_relays

finish
