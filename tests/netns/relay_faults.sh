#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What a relay must survive, and how it ends where it cannot. relay_wireguard_faults.sh is the same
# with keys.
#
#     ┌── "a" ───────────────┐          ┌── "b" ─────────────────────────────────────┐
#     │ t0 ── relay ── under ┼── veth ──┼─ under ──┬────────────── relay ── t0       │
#     │                      │          │          └── impair ────────┘              │
#     └──────────────────────┘          └────────────────────────────────────────────┘
#
# The clock that is stepped: relay_clock.sh.

# shellcheck source=tests/netns/tunnel
. "$(dirname "$0")/tunnel" "$@"
ends

a() {
    ip -n "tunic-$test_id-a" "$@"
}
b() {
    ip -n "tunic-$test_id-b" "$@"
}
# shellcheck disable=SC2046 # words they are
start_a() {
    relay a $(attributes a) proto "$proto" $(connecting a 10.99.0.2)
}
# shellcheck disable=SC2046
start_b() {
    relay b $(attributes b) proto "$proto" $(listening b)
}
# Everything works; at first it may need a moment to notice.
well() {
    check_true "$proto, $mode: $1: it goes on" until_true 25 reaches 10.77.0.2
    transfer "$proto, $mode: $1" 4 10.77.0.2
}
descriptors() {
    local names=("/proc/${RELAY[$1]}/fd/"*)
    printf '%s\n' "${#names[@]}"
}
fails() {
    ! reaches 10.77.0.2
}

for setting in 'udp tun' "tcp ${modes##* }"; do
    read -r proto mode <<<"$setting"
    mtu=1400
    tunnel || continue
    before="$(descriptors a) $(descriptors b)"

    # ---- the peer ----
    kill -KILL "${RELAY[b]}"
    wait "${RELAY[b]}" 2>/dev/null
    check_true "$proto: with the peer gone nothing comes back" until_true 5 fails
    start_b
    well 'the peer killed and started again'
    kill -KILL "${RELAY[a]}"
    wait "${RELAY[a]}" 2>/dev/null
    start_a
    well 'the one that connects killed and started again'
    kill -STOP "${RELAY[b]}"
    inside a ping -q -c 200 -i 0.002 -W 0.1 -s 1000 10.77.0.2 >/dev/null
    kill -CONT "${RELAY[b]}"
    well 'the peer stopped for a while'

    # ---- the way to it ----
    b addr del 10.99.0.2/24 dev under
    inside a ping -q -c 5 -i 0.05 -W 0.1 10.77.0.2 >/dev/null
    b addr add 10.99.0.2/24 dev under
    well 'its address away and back'
    a addr del 10.99.0.1/24 dev under
    inside a ping -q -c 5 -i 0.05 -W 0.1 10.77.0.2 >/dev/null
    a addr add 10.99.0.1/24 dev under
    well 'our address away and back'
    a link set under down
    inside a ping -q -c 5 -i 0.05 -W 0.1 10.77.0.2 >/dev/null
    a link set under up
    well 'the link down and up'
    a route add unreachable 10.99.0.2
    inside a ping -q -c 5 -i 0.05 -W 0.1 10.77.0.2 >/dev/null
    a route del unreachable 10.99.0.2
    well 'the peer unreachable and back'
    # What a firewall drops on its way out, sendmsg() refuses: EPERM.
    if command -v nft >/dev/null; then
        inside a nft -f - <<'RULES'
table inet wall {
    chain output {
        type filter hook output priority filter
        ip daddr 10.99.0.2 counter drop
    }
}
RULES
        inside a ping -q -c 20 -i 0.05 -W 0.1 10.77.0.2 >/dev/null
        check_false "$proto: a firewall of ours refuses something" \
            inside a sh -c 'nft list table inet wall | grep -q "packets 0 "'
        inside a nft delete table inet wall
        well 'refused by a firewall of ours'
    else
        skip "$proto: a firewall of ours" "'nft' is not installed"
    fi

    # ---- the interface ----
    a link set t0 down
    inside b ping -q -c 5 -i 0.05 -W 0.1 10.77.0.1 >/dev/null
    a link set t0 up
    a addr replace fd77::1/64 dev t0 nodad
    well 'the interface down and up'
    a link set t0 mtu 600
    inside a ping -q -c 5 -i 0.01 -W 0.1 -s 2000 10.77.0.2 >/dev/null
    well 'a smaller MTU'
    a link set t0 mtu 1400
    a addr replace fd77::1/64 dev t0 nodad
    well 'and the MTU as before'
    # What was sent while nobody listened may wait in a queue: it changes none of this.
    check_equal "$proto: no descriptor was lost or gained" "$before" \
        "$(descriptors a) $(descriptors b)"
    for end in a b; do
        check_true "$proto: the relay at $end has survived" relay_works "${RELAY[$end]}"
        check_equal "$proto: and has not complained of each of it" '' "$(cat "$errors/$end")"
    done
    a link del t0
    ended a 5
    check_equal "$proto: the interface deleted ends it" 3 "$STATUS"
    check_true "$proto: and it says why" grep -q '^tunic: relay t0: ' "$errors/a"
    stop_relay b
    check_equal "$proto: the other is stopped as ever" 0 "$STATUS"
    check_false "$proto: and its interface is gone" b link show t0
done

# ---- nobody there yet ----
# Nothing is read of its interface then.
for proto in udp tcp; do
    mode=${modes##* } mtu=1400
    start_a
    a link del t0
    ended a 5
    check_equal "$proto: the interface deleted ends also one that is not connected" 3 "$STATUS"
done

# ---- a bad network ----
# bad WORDS…: impair between A and B.
bad() {
    ip netns exec "tunic-$test_id-b" "$IMPAIR" 10.99.0.2 6000 10.99.0.2 55555 "$@" \
        >"$SCRATCH/impaired" &
    impairing=$!
    # shellcheck disable=SC2046
    {
        relay b $(attributes b) $(listening b 10.99.0.2) offload "$offload"
        relay a $(attributes a) $(connecting a 10.99.0.2:6000) offload "$offload"
    }
    check_true "$*, offload $offload: a ping" until_true 10 reaches 10.77.0.2
}
good_again() {
    stop_relays
    kill "$impairing"
    wait "$impairing" 2>/dev/null
}
for mode in $modes; do
    for offload in on off; do
        bad loss=5 reorder=5 duplicate=5 corrupt=1 seed=7
        transfer "loss and the like, $mode, offload $offload" 8 10.77.0.2 patience 60
        transfer "loss and the like, $mode, offload $offload" 4 fd77::2 patience 60
        sizes "loss and the like, $mode, offload $offload" 10.77.0.2 0 3000 61
        good_again
        check_true 'it was bad indeed' grep -Eq \
            'loss [1-9][0-9]*, reorder [1-9][0-9]*, duplicate [1-9][0-9]*, corrupt [1-9]' "$SCRATCH/impaired"
    done
done
mode=tun offload=on
bad delay=20 reorder=30 seed=8
transfer 'much reordering' 8 10.77.0.2
good_again

# ---- roaming ----
proto=udp
tunnel && {
    # As from another address than before; `from` admits but one, so B is asked for any.
    stop_relays
    # shellcheck disable=SC2046
    relay b $(attributes b) $(listening b any)
    start_a
    well 'before it moves'
    stop_relay a
    a addr del 10.99.0.1/24 dev under
    a addr add 10.99.0.9/24 dev under
    start_a
    well 'from another address'
    stop_relays
    a addr del 10.99.0.9/24 dev under
    a addr add 10.99.0.1/24 dev under
}

finish
