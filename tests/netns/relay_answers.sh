#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Packets that are too big are answered, but not each of a flood. Topology: see tunnel.

# shellcheck source=tests/netns/tunnel
. "$(dirname "$0")/tunnel" "$@"
ends

told() {
    # shellcheck disable=SC2016 # it is awk's
    inside a awk '/^Icmp: [0-9]/ { print $5 }' /proc/net/snmp
}

for end in a b; do
    ip -n "tunic-$test_id-$end" link set under mtu 1500
done
mtu=1500
tunnel
# Where what is told is not believed.
ip -n "tunic-$test_id-a" route replace 10.77.0.2 dev t0 mtu lock 1500
check 'one is refused' 1 inside a ping -q -M "do" -c 1 -W 0.3 -s 1472 10.77.0.2
check_equal 'and answered' 1 "$(told)"
began=$(date +%s%3N)
inside a ping -q -M "do" -l 5000 -c 5000 -W 0.1 -s 1472 10.77.0.2 >/dev/null 2>&1
most=$(($(date +%s%3N) - began + 102))
refused=$(counter a too_big)
answered=$(told)
check_true "of a flood ($refused) some are answered ($answered)" [ "$answered" -ge 50 ]
check_true "and no more than one a millisecond ($most)" [ "$answered" -le "$most" ]
check_true 'as there were more' [ "$refused" -gt "$most" ]
stop_relays
finish
