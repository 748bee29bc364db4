#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Beside wireguard-go: either end is elsewhere all at once, by address, by port and by family. The
# topology is that of tests/interop/relay_wireguard.sh.

# shellcheck source=tests/netns/wireguard
. "$(dirname "$0")/../netns/wireguard" "$@"
need socat
pairs tunic,wireguard-go wireguard-go,tunic
ends
keys a b

a() {
    ip -n "tunic-$test_id-a" "$@"
}
b() {
    ip -n "tunic-$test_id-b" "$@"
}
# Words for an address of the network between them, and how an endpoint has it.
outside() {
    [ "$1" = 4 ] && echo "10.99.0.$2/24" || echo "fd99::$2/64 nodad"
}
at() {
    [ "$1" = 4 ] && echo "10.99.0.$2:$3" || echo "[fd99::$2]:$3"
}
# become_other END FROM TO: END has another address. wireguard-go sends from the old one for as long
# as it hopes for answers.
# shellcheck disable=SC2046 # words they are
become_other() {
    local range
    range=$(outside "$outer" "$2")
    ip -n "tunic-$test_id-$1" addr del "${range%% *}" dev under
    ip -n "tunic-$test_id-$1" addr add $(outside "$outer" "$3") dev under
    patience=5
    [ "${program_of[$1]}" = tunic ] || patience=30
}
# roamed WHAT: A sends, B answers; then a transfer.
roamed() {
    check_true "$name: $1: it goes on" until_true "$patience" reaches 10.77.0.2
    transfer "$name: $1" 4 10.77.0.2
}

for pair in "${pairs[@]}"; do
    pair "$pair"
    for outer in 4 6; do
        name="$what over IPv$outer"
        if ! { device b key "$keys/b" listen 51820 peer "${PUBLIC[a]}" allow 10.77.0.1/32 &&
            device a key "$keys/a" listen 51821 peer "${PUBLIC[b]}" allow 10.77.0.2/32 \
                endpoint "$(at "$outer" 2 51820)"; }; then
            stop_relays
            continue
        fi
        addresses_of a 10.77.0.1/24
        addresses_of b 10.77.0.2/24
        check_true "$name: a ping" until_true 10 reaches 10.77.0.2
        check_true "$name: B knows where A is" endpoint b "$(at "$outer" 1 51821)"
        last=$(handshake a)

        become_other a 1 3
        roamed 'the initiator has another address'
        check_true "$name: B knows" endpoint b "$(at "$outer" 3 51821)"
        wg set wga listen-port 40001
        roamed 'and another port'
        check_true "$name: B knows, too" endpoint b "$(at "$outer" 3 40001)"

        # Only what B sends can tell A.
        become_other b 2 4
        check_true "$name: the responder has another address: it reaches A" \
            until_true "$patience" pings b 10.77.0.1
        check_true "$name: A knows" endpoint a "$(at "$outer" 4 51820)"
        roamed 'the responder has another address'
        wg set wgb listen-port 40002
        check_true "$name: and another port: it reaches A" until_true "$patience" pings b 10.77.0.1
        check_true "$name: A knows, too" endpoint a "$(at "$outer" 4 40002)"
        roamed 'and another port'
        [[ $what == *wireguard-go* ]] ||
            check_equal "$name: no handshake was needed" "$last" "$(handshake a)"

        # ---- what is not authentic moves nobody ----
        outside=$(outside "$outer" 9)
        # shellcheck disable=SC2086
        a addr add $outside dev under
        for kind in 1 2 3 4; do
            for size in 28 60 88 144 1000; do
                { printf '%b\0\0\0' "\\x0$kind" && head -c "$size" /dev/urandom; } |
                    inside a socat -u -b 2000 STDIN \
                        "UDP$outer:$(at "$outer" 4 40002),bind=$(at "$outer" 9 4000)" 2>/dev/null
            done
        done
        check_true "$name: noise from elsewhere: it goes on" reaches 10.77.0.2
        check_true "$name: and A is where it was" endpoint b "$(at "$outer" 3 40001)"
        a addr del "${outside%% *}" dev under

        # ---- another family ----
        [ "$outer" = 6 ] || {
            wg set wga peer "${PUBLIC[b]}" endpoint "$(at 6 2 40002)"
            roamed 'by the other family'
            check_true "$name: B knows by which" endpoint b "$(at 6 1 40001)"
        }

        # ---- the way is closed for a while ----
        a link set under down
        patience=30
        check_false "$name: with the link down nobody is there" reaches 10.77.0.2
        a link set under up
        a addr replace fd99::1/64 dev under nodad
        [ "$outer" = 4 ] || a addr replace fd99::3/64 dev under nodad
        roamed 'the link down and up'
        stop_relays
        for end in a b; do
            ip -n "tunic-$test_id-$end" addr flush dev under scope global
            ip -n "tunic-$test_id-$end" addr add "${HOSTS[${end}4]}/24" dev under
            ip -n "tunic-$test_id-$end" addr add "${HOSTS[${end}6]}/64" dev under nodad
        done
    done
done

finish
