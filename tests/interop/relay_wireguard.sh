#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Beside wireguard-go, in both roles: families, preshared keys, whole transfers.
#
#     ┌── "a" ───────────────┐          ┌── "b" ───────────────┐
#     │ wga 10.77.0.1        │          │ wgb 10.77.0.2        │
#     │ under 10.99.0.1 ─────┼── veth ──┼─ under 10.99.0.2     │
#     │ initiator            │          │ responder            │
#     └──────────────────────┘          └──────────────────────┘
#
# A alone knows where B is. TUNIC_TRANSFER_MB says how long a long transfer is: 100 where not said.
# Rekeying after two minutes is in tests/soak/rekey.sh.

# shellcheck source=tests/netns/wireguard
. "$(dirname "$0")/../netns/wireguard" "$@"
pairs tunic,wireguard-go wireguard-go,tunic
ends
keys a b
large=${TUNIC_TRANSFER_MB:-100}

# both OUTER [psk]: the two ends.
both() {
    local host=${HOSTS[b$1]} preshared=()
    [ "$1" = 4 ] || host="[$host]"
    [ -z "${2:-}" ] || preshared=(psk "$shared")
    device b key "$keys/b" listen 51820 peer "${PUBLIC[a]}" "${preshared[@]}" \
        allow 10.77.0.1/32,fd77::1/128 &&
        device a key "$keys/a" peer "${PUBLIC[b]}" "${preshared[@]}" endpoint "$host:51820" \
            allow 10.77.0.2/32,fd77::2/128 || return
    addresses_of a 10.77.0.1/24 fd77::1/64
    addresses_of b 10.77.0.2/24 fd77::2/64
}

for pair in "${pairs[@]}"; do
    pair "$pair"
    for outer in 4 6; do
        for preshared in '' psk; do
            name="$what over IPv$outer${preshared:+ with a preshared key}"
            if both "$outer" "$preshared"; then
                check_equal "$name: no handshake yet" 0 "$(handshake b)"
                check_true "$name: a ping" until_true 10 reaches 10.77.0.2
                check "$name: over IPv6, and back" 0 inside b ping -q -c 3 -i 0.01 -W 1 fd77::1
                for size in 0 1 15 16 17 1372 1392 5000; do
                    check "$name: pings of $size bytes" 0 \
                        inside a ping -q -c 3 -i 0.002 -W 1 -s "$size" 10.77.0.2
                done
                transfer "$name" 8 10.77.0.2
                transfer "$name" 8 fd77::2
                transfer "$name" 1 10.77.0.2 small urgent
                sizes "$name" 10.77.0.2 0 3000 41
                sizes "$name" fd77::2 0 3000 43
                for end in a b; do
                    check_true "$name: $end knows of the handshake" newer "$end" 0
                done
            fi
            stop_relays
        done
    done

    # ---- keys that do not fit ----
    mismatch="$what, one preshared key missing"
    both 4 psk && {
        wg set wga peer "${PUBLIC[b]}" preshared-key /dev/null
        check_false "$mismatch: nothing comes back" inside a ping -q -c 5 -i 0.2 -W 0.5 10.77.0.2
        check_equal "$mismatch: no handshake" 0 "$(handshake a)"
        wg set wga peer "${PUBLIC[b]}" preshared-key "$shared"
        check_true "$mismatch: and as soon as it is there, it goes" until_true 15 reaches 10.77.0.2

        # ---- a long transfer, and the figures of it ----
        transfer "$what" "$large" 10.77.0.2
        transfer "$what" "$large" fd77::2
        for end in a b; do
            read -r received sent < <(told "$end" transfer)
            check_true "$what: it is counted at $end, $received and $sent bytes" \
                [ "$received" -gt $((large * 2000000)) -a "$sent" -gt $((large * 2000000)) ]
        done
    }
    stop_relays
done

finish
