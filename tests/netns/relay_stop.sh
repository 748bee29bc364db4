#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A relay that is stopped, at rest and in the middle of a frame: it ends at once, cleanly, and the
# other side gives no half of a packet to its interface. The topology is that of tests/netns/tunnel.

# shellcheck source=tests/netns/tunnel
. "$(dirname "$0")/tunnel" "$@"
ends
mode=tun mtu=1400

# ---- at rest ----

# What a shell starts in the background ignores SIGINT alone: relay and attach leave it so.

for proto in udp tcp; do
    for signals in TERM HUP 'TERM TERM' 'INT TERM' 'HUP INT TERM INT'; do
        tunnel || continue
        for signal in $signals; do
            kill -s "$signal" "${RELAY[a]}" 2>/dev/null
        done
        ended a 5
        check_equal "$proto: $signals is a clean end" 0 "$STATUS"
        check_equal "$proto: $signals: nothing is complained of" '' "$(cat "$errors/a")"
        check_false "$proto: $signals: its interface is gone" \
            ip -n "tunic-$test_id-a" link show t0
        stop_relays
    done
done

# ---- in the middle of a frame ----

proto=tcp mtu=1986
waiting() {
    inside a ss -Htn dst 10.99.0.2 | awk '{ print $3 }'
}
# Nobody reads any more, and what waits does not grow: the last frame was cut somewhere.
full() {
    local before
    before=$(waiting)
    inside a ping -q -l 2000 -c 2000 -i 0.002 -W 0.1 -s 1900 10.77.0.2 >/dev/null
    [ "${before:-0}" -gt 0 ] && [ "$before" = "$(waiting)" ]
}
tunnel && {
    other=${RELAY[b]}
    kill -STOP "$other"
    check_true 'what waits for a side that does not read' until_true 30 full
    stop_relay a
    check_equal 'is no reason to wait: it ends well' 0 "$STATUS"
    kill -CONT "$other"
    # shellcheck disable=SC2046 # words they are
    relay a $(attributes a) proto tcp $(connecting a 10.99.0.2)
    check_true 'it can begin anew' until_true 20 reaches 10.77.0.2
    check_equal 'nothing but packets came out' '0 0' \
        "$(counter b malformed) $(counter b device_refused)"
    check_equal 'and an end inside a frame is counted' yes \
        "$([ "$(counter b received_malformed)" -le 1 ] && echo yes)"
}
stop_relays

finish
