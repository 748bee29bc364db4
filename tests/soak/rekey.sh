#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Keys grow old: every two minutes there is a new handshake, and nobody notices. Not part of the
# normal suite.
#
#   sudo tests/soak/rekey.sh [MINUTES [A,B…]]     5, each of the pairs below
#
# All pairs at once would be slow, and one after the other takes so many minutes each. In turn there
# are whole transfers, whose bytes are compared, and a ping every 5 ms, of which none may be lost.
# At last nothing is sent for longer than keys live (three minutes), and then it goes on. The
# topology is that of tests/interop/relay_wireguard.sh.

# shellcheck source=tests/netns/wireguard
. "$(dirname "$0")/../netns/wireguard" "$@"
minutes=${1:-5}
pairs "${@:2}"
[ $# -gt 1 ] || pairs tunic,wireguard-go wireguard-go,tunic tunic,tunic
ends
keys a b

handshakes=$SCRATCH/handshakes
old() {
    [ $(($(date +%s) - $(handshake a))) -gt 185 ]
}

for pair in "${pairs[@]}"; do
    pair "$pair"
    : >"$handshakes"
    if ! { device b key "$keys/b" listen 51820 peer "${PUBLIC[a]}" allow 10.77.0.1/32 &&
        device a key "$keys/a" peer "${PUBLIC[b]}" allow 10.77.0.2/32 endpoint 10.99.0.2:51820; }; then
        stop_relays
        continue
    fi
    addresses_of a 10.77.0.1/24
    addresses_of b 10.77.0.2/24
    check_true "$what: a ping" until_true 10 reaches 10.77.0.2
    end=$((SECONDS + minutes * 60))
    while [ "$SECONDS" -lt "$end" ]; do
        transfer "$what" 50 10.77.0.2
        check "$what: pings, none of them lost" 0 inside a ping -q -c 2000 -i 0.005 -W 2 10.77.0.2
        check_stdout_like "$what: indeed none" '2000 received'
        handshake a >>"$handshakes"
    done
    # Both begin with it, some time within the second minute.
    several=$(sort -u "$handshakes" | wc -l)
    check_true "$what: there were $several handshakes" \
        [ "$several" -ge $((minutes * 60 / 140 + 1)) -a "$several" -le $((minutes * 60 / 110 + 2)) ]

    # ---- silence ----
    # Just before there may still be a handshake; once they are old there is none.
    check_true "$what: silence, until the keys are too old" until_true 320 old
    last=$(handshake a)
    check_true "$what: then a ping" until_true 6 reaches 10.77.0.2
    check_true "$what: with new keys" newer a "$last"
    transfer "$what: after the silence" 8 10.77.0.2
    stop_relays
done

finish
