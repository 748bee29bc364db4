#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The same bytes come out as went in: a relay over TCP, in every setting. The topology is that of
# tests/netns/tunnel.

# shellcheck source=tests/netns/tunnel
. "$(dirname "$0")/tunnel" "$@"
ends

proto=tcp
words_a=jumbo words_b=jumbo
matrix

# ---- more of it, where packets are largest ----
mtu=1500
tunnel && {
    transfer 'a long transfer' "$large" 10.77.0.2
    transfer 'a long transfer' "$large" fd77::2
    transfer 'small writes and urgent bytes' 5 10.77.0.2 small urgent
    sizes 'every size' 10.77.0.2 0 65507 11
    sizes 'every size' fd77::2 0 65527 11
    sizes 'super-packets' 10.77.0.2 8 1472 97 segments
}
stop_relay a
check_equal 'a relay that is stopped ends well' 0 "$STATUS"

# ---- the connection ----
# B is there still: whoever comes again is taken.
# shellcheck disable=SC2046 # words they are
relay a $(attributes a) proto tcp insecure connect 10.99.0.2
check_true 'the listener accepts again' until_true 10 reaches 10.77.0.2
stop_relay b
check_false 'nobody is there' inside a ping -q -c 5 -i 0.002 -W 0.1 10.77.0.2
# shellcheck disable=SC2046 # words they are
relay b $(attributes b) proto tcp insecure listen 55555 from any
check_true 'the other side dials again' until_true 20 reaches 10.77.0.2
check_equal 'what was sent meanwhile is not sent late' yes "$(counts a unanswered 5 && echo yes)"
check_equal 'which is counted' yes "$(counts a connects 2 && echo yes)"
stop_relays

# ---- frames that simpletun could not take ----
words_a='' words_b=jumbo mtu=9000
tunnel && {
    check_false 'without jumbo none is over 2,000 bytes' \
        inside a ping -q -c 2 -i 0.1 -W 0.5 -M 'do' -s 1973 10.77.0.2
    check_true 'they are counted' counts a too_big 1
    check 'one of 2,000 goes' 0 inside a ping -q -c 2 -i 0.1 -W 1 -M 'do' -s 1972 10.77.0.2
    transfer 'with a large MTU and small frames' 8 10.77.0.2
}
stop_relays

finish
