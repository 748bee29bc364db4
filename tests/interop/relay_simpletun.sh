#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A relay and a program that knows nothing of it but simpletun's framing, in both roles.
#
#     ┌── "a" ───────────────┐          ┌── "b" ───────────────┐
#     │ t0 ── relay ── under ┼── veth ──┼─ under ── simpletun ── t0
#     └──────────────────────┘          └──────────────────────┘
#
# The stand-in ends with 1 where it is sent a frame that the original could not take.

# shellcheck source=tests/netns/tunnel
. "$(dirname "$0")/../netns/tunnel" "$@"
ends

SIMPLETUN=$SCRATCH/simpletun
"${CC:-cc}" -O2 -std=c11 -D_GNU_SOURCE -o "$SIMPLETUN" "$ROOT/tests/interop/simpletun.c" ||
    skip_all 'nothing can be compiled'

# other MODE WORDS…: simpletun at B, on an interface of this mode.
other() {
    local letter=-u
    [ "$1" = tun ] || letter=-a
    shift
    ip netns exec "tunic-$test_id-b" "$SIMPLETUN" -i t0 "$letter" "$@" 2>"$errors/b" </dev/null &
    RELAY[b]=$!
}
interface() {
    ip -n "tunic-$test_id-b" tuntap add t0 mode "$mode"
    ip -n "tunic-$test_id-b" addr add 10.77.0.2/24 dev t0
    ip -n "tunic-$test_id-b" addr add fd77::2/64 dev t0 nodad
    ip -n "tunic-$test_id-b" link set t0 up mtu "$mtu"
}
listens() {
    [ -n "$(inside "$1" ss -Hlnt 'sport = :55555')" ]
}
# shellcheck disable=SC2046 # words they are
start_a() {
    relay a $(attributes a) proto tcp offload "$offload" insecure "$@"
}

for mode in tun tap; do
    for role in server client; do
        for offload in on off; do
            for mtu in 1400 9000; do
                what="simpletun as the $role, $mode, mtu $mtu, offload $offload"
                # What it reads from its interface it cuts at 2000 bytes: its own is never larger.
                mtu=1400 interface
                if [ "$role" = server ]; then
                    other "$mode" -s
                    until_true 5 listens b
                    start_a connect 10.99.0.2
                else
                    start_a listen 55555 from 10.99.0.2
                    until_true 5 listens a
                    other "$mode" -c 10.99.0.1
                fi
                check_true "$what: a ping" until_true 10 reaches 10.77.0.2
                transfer "$what" 4 10.77.0.2
                transfer "$what" 4 fd77::2
                transfer "$what" 1 10.77.0.2 small urgent
                sizes "$what" 10.77.0.2 0 8000 61
                sizes "$what" fd77::2 0 8000 67
                check_false "$what: it lives, as no frame was too long" relay_gone "${RELAY[b]}"
                check_equal "$what: and complained of nothing" '' "$(cat "$errors/b")"
                stop_relay a
                # What came in the meantime may find the connection gone: it ends, as the original.
                ended b 5
                ip -n "tunic-$test_id-b" link del t0
            done
        done
    done
done

# ---- with jumbo it is warned for a reason ----
mode=tun mtu=9000 offload=on
interface
other tun -s
until_true 5 listens b
start_a jumbo connect 10.99.0.2
check_true 'with jumbo: a ping' until_true 10 reaches 10.77.0.2
inside a ping -q -c 1 -W 1 -s 4000 10.77.0.2 >/dev/null
ended b 5
check_equal 'with jumbo a long frame is sent, which the other does not take' 1 "$STATUS"
check_true 'and tells' grep -q 'a frame of 4028 bytes' "$errors/b"
stop_relay a

finish
