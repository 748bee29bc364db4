#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A relay on a tap of which the last user had set a filter. Topology: see tunnel.

# shellcheck source=tests/netns/tunnel
. "$(dirname "$0")/tunnel" "$@"
ends

mode=tap
ip -n "tunic-$test_id-a" tuntap add t0 mode tap
holding=(ip netns exec "tunic-$test_id-a")
hold last t0:1002
tell last filter
release last
tunnel && check 'frames to others come out of it' 0 inside a ping -q -c 1 -W 2 10.77.0.2
stop_relays
finish
