#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Beside wireguard-go: new handshakes, new keys and new peers while a transfer goes on, slowly enough
# for that. The topology is that of tests/interop/relay_wireguard.sh.
#
# That keys are renewed by themselves, after two minutes, is in tests/soak/rekey.sh.

# shellcheck source=tests/netns/wireguard
. "$(dirname "$0")/../netns/wireguard" "$@"
need tc
pairs tunic,wireguard-go wireguard-go,tunic
ends
keys a b c

flow=20 # MB each way, in about two seconds
paced() {
    local end
    for end in a b; do
        inside "$end" tc qdisc replace dev under root tbf rate 100mbit burst 128kb latency 50ms
    done
}

received() {
    [ "$(inside b cat /sys/class/net/wgb/statistics/rx_bytes)" -gt "$1" ]
}
# The time of a handshake is told in seconds: the next one has to be in another.
later() {
    [ "$(date +%s)" -gt "$(handshake "$@")" ]
}

# during WHAT CHANGE: a transfer, and a change once it flows; it must end well, and begin anew.
during() {
    local name="$what: $1" before last accepting connecting failed=0
    last=$(handshake b "${PUBLIC[a]}")
    until_true 3 later b "${PUBLIC[a]}"
    before=$(inside b cat /sys/class/net/wgb/statistics/rx_bytes)
    ip netns exec "tunic-$test_id-b" "$STREAM" accept 10.77.0.2 5001 "$flow" \
        >"$SCRATCH/accepted" 2>&1 &
    accepting=$!
    ip netns exec "tunic-$test_id-a" "$STREAM" connect 10.77.0.2 5001 "$flow" \
        >"$SCRATCH/connected" 2>&1 &
    connecting=$!
    check_true "$name: it flows" until_true 15 received $((before + 2000000))
    "$2"
    check_true "$name: a new handshake" until_true 20 newer b "$last" "${PUBLIC[a]}"
    check_true "$name: while it flows" kill -0 "$connecting"
    wait "$connecting" || failed=1
    [ "$failed" -eq 0 ] || kill "$accepting" 2>/dev/null
    wait "$accepting" || failed=1
    check_equal "$name: nothing was lost" 0 "$failed"
    [ "$failed" -eq 0 ] || cat "$SCRATCH/accepted" "$SCRATCH/connected"
}

peer_again() {
    wg set wga peer "${PUBLIC[b]}" remove
    wg set wga peer "${PUBLIC[b]}" endpoint 10.99.0.2:51820 allowed-ips 10.77.0.2/32
}
responder_again() {
    wg set wgb peer "${PUBLIC[a]}" remove
    wg set wgb peer "${PUBLIC[a]}" endpoint 10.99.0.1:51821 allowed-ips 10.77.0.1/32
}
preshared() {
    wg set wga peer "${PUBLIC[b]}" preshared-key "$shared"
    wg set wgb peer "${PUBLIC[a]}" preshared-key "$shared"
    # What is in use stays so until there are new keys.
    peer_again
    wg set wga peer "${PUBLIC[b]}" preshared-key "$shared"
}
# Another private key for A, and for B.
swap() {
    local file=$keys/$1 public=${PUBLIC[$1]}
    mv "$file" "$keys/before"
    mv "$keys/c" "$file"
    mv "$keys/before" "$keys/c"
    PUBLIC[$1]=${PUBLIC[c]}
    PUBLIC[c]=$public
}
new_key_of_initiator() {
    swap a
    wg set wga private-key "$keys/a"
    wg set wgb peer "${PUBLIC[c]}" remove \
        peer "${PUBLIC[a]}" allowed-ips 10.77.0.1/32 preshared-key "$shared"
}
new_key_of_responder() {
    swap b
    wg set wgb private-key "$keys/b"
    wg set wga peer "${PUBLIC[c]}" remove peer "${PUBLIC[b]}" preshared-key "$shared" \
        allowed-ips 10.77.0.2/32 endpoint 10.99.0.2:51820
}
start_b() {
    device b key "$keys/b" listen 51820 peer "${PUBLIC[a]}" allow 10.77.0.1/32 &&
        addresses_of b 10.77.0.2/24
}

for pair in "${pairs[@]}"; do
    pair "$pair"
    start_b &&
        device a key "$keys/a" listen 51821 peer "${PUBLIC[b]}" endpoint 10.99.0.2:51820 \
            allow 10.77.0.2/32 && {
        addresses_of a 10.77.0.1/24
        check_true "$what: a ping" until_true 10 reaches 10.77.0.2
        paced
        during 'the peer anew at the initiator' peer_again
        during 'the peer anew at the responder' responder_again
        during 'a preshared key' preshared
        during 'another private key of the initiator' new_key_of_initiator
        during 'another private key of the responder' new_key_of_responder

        # ---- what is set again is set already ----
        last=$(handshake a)
        until_true 3 later a
        wg set wga private-key "$keys/a" listen-port 51821 peer "${PUBLIC[b]}" \
            preshared-key "$shared" endpoint 10.99.0.2:51820 allowed-ips 10.77.0.2/32
        check_true "$what: the same again: it goes on" reaches 10.77.0.2
        check_equal "$what: and without a new handshake" "$last" "$(handshake a)"

        # ---- no key at all ----
        wg set wgb private-key /dev/null
        check_false "$what: without a private key there is nobody" \
            inside a ping -q -c 3 -i 0.2 -W 0.5 10.77.0.2
        wg set wgb private-key "$keys/b"
        check_true "$what: with it there is, again" until_true 25 reaches 10.77.0.2
    }
    stop_relays
done

finish
