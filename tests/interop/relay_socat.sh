#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A relay over UDP and socat, which knows but packets and datagrams, at the other end.
#
#     ┌── "a" ───────────────┐          ┌── "b" ───────────────┐
#     │ t0 ── relay ── under ┼── veth ──┼─ under ── socat ── t0│
#     └──────────────────────┘          └──────────────────────┘

# shellcheck source=tests/netns/tunnel
. "$(dirname "$0")/../netns/tunnel" "$@"
need socat
ends
mtu=1400

# other MODE ADDRESS: socat at B, from its interface to this address.
other() {
    ip netns exec "tunic-$test_id-b" socat -b 65535 "$2" \
        TUN:10.77.0.2/24,up,iff-no-pi,tun-name=t0,tun-type="$1" 2>"$errors/b" </dev/null &
    RELAY[b]=$!
}
# One that listens opens its interface only when it is spoken to.
other_works() {
    reaches 10.77.0.2
    ip -n "tunic-$test_id-b" link show t0
}
other_addresses() {
    check_true "$what: socat has its interface" until_true 5 other_works
    ip -n "tunic-$test_id-b" addr add fd77::2/64 dev t0 nodad
    ip -n "tunic-$test_id-b" link set t0 mtu "$mtu"
}

for mode in tun tap; do
    for family in 4 6; do
        for offload in on off; do
            for role in connects listens; do
                what="socat over IPv$family $role, $mode, offload $offload"
                if [ "$family" = 4 ]; then
                    ours=10.99.0.1 theirs=10.99.0.2 kind=UDP4
                else
                    ours="[fd99::1]" theirs="[fd99::2]" kind=UDP6
                fi
                # shellcheck disable=SC2046 # words they are
                if [ "$role" = connects ]; then
                    relay a $(attributes a) offload "$offload" insecure listen 55555 \
                        from "${HOSTS[b$family]}"
                    other "$mode" "$kind:$ours:55555"
                    other_addresses
                    # It is spoken to only once it has spoken.
                    check_true "$what: a ping from it" until_true 10 \
                        inside b ping -q -c 1 -W 0.3 10.77.0.1
                else
                    other "$mode" "$kind-LISTEN:55555,bind=$theirs"
                    relay a $(attributes a) offload "$offload" insecure connect "$theirs"
                    other_addresses
                fi
                check_true "$what: a ping" until_true 10 reaches 10.77.0.2
                transfer "$what" 4 10.77.0.2
                transfer "$what" 4 fd77::2
                sizes "$what" 10.77.0.2 0 5000 61
                stop_relay a
                kill "${RELAY[b]}"
                ended b 5
            done
        done
    done
done

finish
