#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Who runs a relay, and what is left to it: an ordinary user on an interface of his own, and root,
# who becomes the interface's owner. The topology is that of tests/netns/tunnel; the user is 1234.
# relay_wireguard_user.sh is the same with keys.

# shellcheck source=tests/netns/tunnel
. "$(dirname "$0")/tunnel" "$@"
ends

# shellcheck source=tests/netns/confined
. "$(dirname "$0")/confined"
mode=tun mtu=1400

# Of a relay and its helpers.
threads() {
    local pid
    for pid in "$1" $(pgrep -P "$1"); do
        ls "/proc/$pid/task"
    done
}
all_confined() {
    local pid
    for pid in $(threads "${RELAY[$2]}"); do
        confined "$1, $(cat "/proc/$pid/comm")" "$pid" "$3" "${4:-}"
        hidden "$1, $(cat "/proc/$pid/comm")" "$pid"
    done
}

# ---- root ----
[ -z "$secure" ] || words_a='workers 3'
# shellcheck disable=SC2046 # words they are
for proto in udp tcp; do
    tunnel || continue
    [ -z "$secure" ] ||
        check_equal "$proto: its threads" 3 "$(threads "${RELAY[a]}" | wc -l)"
    all_confined "$proto, started by root" a 65534
    all_confined "$proto, started by root, listening" b 65534
    transfer "$proto, confined" 4 10.77.0.2
    for end in a b; do
        # Removing a file is what no relay needs.
        run "$FORBID" "${RELAY[$end]}" unlinkat
        check_true "$proto: a forbidden call kills it at $end" until_true 5 relay_gone "${RELAY[$end]}"
        ended "$end" 5
        check_equal "$proto: by SIGSYS" $((128 + 31)) "$STATUS"
    done
done
# shellcheck disable=SC2046
relay a $(attributes a) user 1234 $(connecting a 10.99.0.2)
all_confined "the interface's owner" a 1234
stop_relay a
own_etc
# shellcheck disable=SC2046
relay a $(attributes a) $(connecting a localhost)
all_confined 'one that resolves a name' a 65534
check_true 'has a helper for it' test "$(threads "${RELAY[a]}" | wc -l)" -ge 2
helper=$(pgrep -P "${RELAY[a]}")
stop_relay a
check_true 'which ends with it' until_true 5 relay_gone "${helper:-0}"

# ---- an ordinary user ----
ip netns exec "tunic-$test_id-a" "$TUNIC" add t0 mode tun user 1234 addr 10.77.0.1/24 \
    addr fd77::1/64 nodad mtu 1400 up
become 1234:1234
if [ -n "$secure" ]; then
    chown 1234 "$keys/a"
    rm -f "$SCRATCH/controls/a" # of the one before, which was nobody's
fi
user_relay() {
    ip netns exec "tunic-$test_id-a" "${become[@]}" "$PROGRAM" -j -f "$NODE" relay t0 "$@" \
        >"$errors/a.json" 2>"$errors/a" </dev/null &
    RELAY[a]=$!
    until_true 5 relay_works "${RELAY[a]}" ||
        fail "the relay of an ordinary user is set up" "$(cat "$errors/a")"
}
# shellcheck disable=SC2046 # words they are
for proto in udp tcp; do
    relay b $(attributes b) proto "$proto" $(listening b)
    user_relay proto "$proto" $(connecting a 10.99.0.2)
    check_true "$proto: a ping through a user's relay" until_true 10 reaches 10.77.0.2
    all_confined "$proto, a user's" a 1234 own
    transfer "$proto, a user's" 8 10.77.0.2
    check_equal 'nothing was complained of' '' "$(cat "$errors/a")"
    stop_relays
    check_equal 'it ended well' 0 "$STATUS"
done
# shellcheck disable=SC2046 # words they are
user_relay mode tun mtu 1400 addr 10.77.0.1/24 addr fd77::1/64 up $(connecting a 10.99.0.2)
check_true 'attributes that are so already are no matter' relay_works "${RELAY[a]:-0}"
stop_relay a
user() {
    inside a "${become[@]}" "$PROGRAM" -f "$NODE" "$@"
}
check 'what he may not change' 4 user relay t0 mtu 1300 insecure connect 10.99.0.2
check_stderr_like 'he is told' 'mtu'
check 'one that he may not make' 6 user relay t1 mode tun insecure connect 10.99.0.2
check 'one of somebody else' 0 ip netns exec "tunic-$test_id-a" "$TUNIC" add t2 mode tun user 1235 up
check 'is refused' 6 user relay t2 insecure connect 10.99.0.2
check_stderr_like 'with the reason' '1235'
check_equal 'his own is as it was' 'tun persist user 1234' \
    "$(inside a "$TUNIC" -o show t0 | sed 's/^t0: //; s/ vnet_hdr//')"

# ---- the sandbox off ----
relay_runs() {
    inside a ip -br link show t0 up | grep -q LOWER_UP
}
ip netns exec "tunic-$test_id-a" "$TUNIC" relay t0 insecure sandbox off connect 10.99.0.2 \
    2>"$errors/a" </dev/null &
RELAY[a]=$!
check_true 'without a sandbox it runs' until_true 5 relay_runs
check_equal 'as root' '0 0 0 0' "$(status "${RELAY[a]}" Uid | tr '\t' ' ')"
check_equal 'and unfiltered' 0 "$(status "${RELAY[a]}" Seccomp)"
stop_relay a

finish
