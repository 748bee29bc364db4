#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A relay while its interface goes to another network namespace, or gets another name, as of a
# container that shall have no other way out; and while its own namespace loses its name.
#
#     ┌── "c" ──────────┐   ┌── "a" ────────┐          ┌── "b" ────────────────────┐
#     │ t0  10.77.0.1   │ ← │ t0            │          │                           │
#     │                 │   │ relay ─ under ┼── veth ──┼─ under ── relay ── t0     │
#     └─────────────────┘   └───────────────┘          └───────────────────────────┘

# shellcheck source=tests/netns/tunnel
. "$(dirname "$0")/tunnel" "$@"
ends
namespace c

reached_from() {
    inside "$1" ping -q -c 1 -W 1 10.77.0.2
}

mode=tun mtu=1400
for proto in udp tcp; do
    tunnel || continue
    ip -n "tunic-$test_id-a" link set t0 down
    ip -n "tunic-$test_id-a" link set t0 name moved0 netns "tunic-$test_id-c"
    ip -n "tunic-$test_id-c" addr add 10.77.0.1/24 dev moved0
    ip -n "tunic-$test_id-c" link set moved0 up
    check_true "$proto: moved and renamed, it goes on" until_true 10 reached_from c
    check_true "$proto: its relay runs" relay_works "${RELAY[a]}"
    check_equal "$proto: and complains of nothing" '' "$(cat "$errors/a")"
    # Of the namespace that it is in nobody tells it any more. What comes finds that it is gone.
    ip -n "tunic-$test_id-c" link del moved0
    inside b ping -q -c 5 -i 0.1 -W 0.1 10.77.0.1 >/dev/null
    ended a 5
    check_equal "$proto: deleted there, it ends" 3 "$STATUS"
    check_true "$proto: and it is told" grep -q '^tunic: relay t0: it was deleted' "$errors/a"
    stop_relay b
done

# ---- the namespace's name ----

proto=udp
tunnel
umount "/run/netns/tunic-$test_id-b"
check_true 'the namespace has lost its name: it goes on' until_true 5 reached_from a
check 'it is not to be found any more' 1 "$TUNIC" -n "tunic-$test_id-b" show
check_stderr_like 'as is told' "cannot enter the network namespace .*: it is not a network namespace"
check 'by its process it is' 0 "$TUNIC" -o -n "/proc/${RELAY[b]}/ns/net" show
check_stdout_like 'with its interface' '^t0: '
mount --bind "/proc/${RELAY[b]}/ns/net" "/run/netns/tunic-$test_id-b"
stop_relays
check_equal 'it ends well' 0 "$STATUS"

finish
