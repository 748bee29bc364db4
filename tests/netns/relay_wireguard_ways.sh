#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# By which way packets go outside: the steps 8 and 10 to 12 of the kernel's test (see
# relay_wireguard.sh).
#
#     ┌── "lan" ───┐    ┌── "a" ──────────────────┐           ┌── "b" ──────────────────┐
#     │ 10.60.0.1 ─┼────┼─ lan 10.60.0.254        │           │                         │
#     └────────────┘    │ wga 10.77.0.1           │           │           wgb 10.77.0.2 │
#                       │      under 10.99.0.1 ───┼── veth ───┼─ 10.99.0.2 under        │
#                       │      other 10.98.0.1 ───┼── veth ───┼─ 10.98.0.2 other        │
#                       └─────────────────────────┘           └─────────────────────────┘

# shellcheck source=tests/netns/wireguard
. "$(dirname "$0")/wireguard" "$@"
need nft
pairs tunic,tunic
pair "${pairs[0]}"
ends
keys a b c d
a() {
    ip -n "tunic-$test_id-a" "$@"
}
b() {
    ip -n "tunic-$test_id-b" "$@"
}
ip link add other netns "tunic-$test_id-a" type veth peer name other netns "tunic-$test_id-b"
a addr add 10.98.0.1/24 dev other
b addr add 10.98.0.2/24 dev other
a link set other up
b link set other up
namespace lan
ip link add lan netns "tunic-$test_id-a" type veth peer name under netns "tunic-$test_id-lan"
a addr add 10.60.0.254/24 dev lan
a link set lan up
ip -n "$NAMESPACE" addr add 10.60.0.1/24 dev under
ip -n "$NAMESPACE" link set under up
ip -n "$NAMESPACE" route add default via 10.60.0.254
inside a sysctl -qw net.ipv4.ip_forward=1
for end in a b; do
    inside "$end" sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
done

# The program at an end that is not ours: wireguard-go keeps an address for as long as it hopes.
patience() {
    [ "${program_of[$1]}" = tunic ] && echo 5 || echo 30
}
both() {
    device b key "$keys/b" listen 51820 peer "${PUBLIC[a]}" allow 10.77.0.1/32 &&
        device a key "$keys/a" listen 51821 "$@" || return
    addresses_of a 10.77.0.1/24
    addresses_of b 10.77.0.2/24
    check_true "$*: a ping" until_true 10 reaches 10.77.0.2
}
towards_b=(peer "${PUBLIC[b]}" endpoint 10.99.0.2:51820 allow 10.77.0.2/32)
sent_by() {
    inside "$1" cat "/sys/class/net/$2/statistics/tx_bytes"
}

# ---- 8: one in the other ----
both "${towards_b[@]}" && {
    PLACE=([c]=a [d]=b)
    program_of[c]=${program_of[a]} program_of[d]=${program_of[b]}
    device d key "$keys/d" listen 51822 peer "${PUBLIC[c]}" allow 10.78.0.1/32 &&
        device c key "$keys/c" peer "${PUBLIC[d]}" endpoint 10.77.0.2:51822 allow 10.78.0.2/32 && {
        for end in c d; do
            number=1 place=${PLACE[$end]}
            [ "$end" = c ] || number=2
            ip -n "tunic-$test_id-$place" addr add "10.78.0.$number/24" dev "wg$end"
            ip -n "tunic-$test_id-$place" link set "wg$end" mtu 1340 up
        done
        check_true 'one in the other: a ping' until_true 10 reaches 10.78.0.2
        transfer 'one in the other' 8 10.78.0.2
        sizes 'one in the other' 10.78.0.2 0 3000 61
    }
    stop_relay c
    stop_relay d

    # ---- a loop: what is sent outside goes in again ----
    if [ "${program_of[a]}" = tunic ]; then
        wg set wga peer "${PUBLIC[b]}" endpoint 10.77.0.2:51820
        before=$(sent_by a wga)
        inside a ping -q -c 1 -W 1 10.77.0.2 >/dev/null
        check_true "a loop ends by itself: $(($(sent_by a wga) - before)) bytes" \
            [ $(($(sent_by a wga) - before)) -lt 70000 ]
        wg set wga peer "${PUBLIC[b]}" endpoint 10.99.0.2:51820
        check_true 'and it goes on' until_true 10 reaches 10.77.0.2
    else
        skip 'a loop ends by itself' "${program_of[a]} has no end of it"
    fi
}
stop_relays

# ---- 10: marks, as wg-quick uses them ----
everything_marked=(fwmark 51820 peer "${PUBLIC[b]}" endpoint 10.99.0.2:51820 allow "$everything")
# What is not marked goes in by the default route, to the address outside, too.
b addr add 10.99.0.77/32 dev lo
both "${everything_marked[@]}" && {
    check_equal 'the mark is shown' 0xca6c "$(wg show wga fwmark)"
    wg set wgb peer "${PUBLIC[a]}" allowed-ips "$everything"
    a route add default dev wga table 51820
    a rule add not fwmark 51820 table 51820
    a rule add table main suppress_prefixlength 0
    a route del 10.99.0.0/24 dev under
    a route add 10.99.0.2/32 dev under table 51821
    a rule add fwmark 51820 table 51821
    check 'all but what is marked goes in: a ping of the other address' 0 \
        inside a ping -q -c 1 -W 1 10.99.0.77
    check 'even of where it is' 0 inside a ping -q -c 1 -W 1 10.99.0.2
    check 'very many of them' 0 floods a 10.99.0.77 1000
    before=$(sent_by a under)
    transfer 'all that is not marked' 8 10.77.0.2
    check_true 'it goes outside but once' [ $(($(sent_by a under) - before)) -lt 14000000 ]
    a rule del fwmark 51820
    a rule del table main
    a rule del not fwmark 51820
    a route add 10.99.0.0/24 dev under src 10.99.0.1
}
stop_relays

# ---- 10: bound to an interface ----
if [ "${program_of[a]}" = tunic ]; then
    a route add 10.99.0.2/32 via 10.98.0.2 dev other
    both underlay under "${towards_b[@]}" && {
        before=$(sent_by a other)
        transfer 'bound to an interface' 4 10.77.0.2
        check_true 'nothing goes by another one' [ $(($(sent_by a other) - before)) -lt 10000 ]
    }
    stop_relays
    a route del 10.99.0.2/32 via 10.98.0.2 dev other
else
    skip 'bound to an interface' "${program_of[a]} cannot"
fi

# ---- 11: errors, through a translator ----
both "${towards_b[@]}" && {
    inside a nft -f - <<'RULES'
table ip nat {
    chain out { type nat hook postrouting priority srcnat; oifname "wga" masquerade; }
}
RULES
    check 'through a translator: a ping' 0 inside lan ping -q -c 1 -W 1 10.77.0.2
    check_false 'one that is too big' inside lan ping -c 1 -W 1 -s 1400 -M 'do' 10.77.0.2
    check_stdout_like 'is answered to the sender' '[Mm]essage too long.*1420|needed.*1420'
    if [ "${program_of[a]}" = tunic ]; then
        check_false 'one that no peer has' inside lan ping -c 1 -W 2 10.77.0.99
        check_stdout_like 'is answered, too' 'Unreachable'
        check_false 'so it is on the host itself' inside a ping -c 1 -W 2 10.77.0.99
        check_stdout_like 'which is told' 'Unreachable'
        wg set wga peer "${PUBLIC[c]}" allowed-ips 10.77.0.98/32
        check_false 'one for a peer of whom nobody knows where it is' \
            inside a ping -c 1 -W 2 10.77.0.98
        check_stdout_like 'is answered likewise' 'Unreachable'
        wg set wga peer "${PUBLIC[c]}" remove
    else
        skip 'a packet that no peer has is answered' "${program_of[a]} does not"
    fi
    inside a nft delete table ip nat
}
stop_relays

# ---- 12: from which address ----
b addr add 10.99.0.4/24 dev under
both peer "${PUBLIC[b]}" endpoint 10.99.0.4:51820 allow 10.77.0.2/32 && {
    check 'asked at a second address: pings' 0 inside b ping -q -c 5 -i 0.01 -W 1 10.77.0.1
    check_true 'it answers from there' endpoint a 10.99.0.4:51820
    b addr del 10.99.0.4/24 dev under
    check_true 'that address is gone: from another one' until_true "$(patience b)" pings b 10.77.0.1
    check_true 'which is followed' endpoint a 10.99.0.2:51820

    # ---- by which interface it was asked ----
    wg set wga peer "${PUBLIC[b]}" endpoint 10.98.0.2:51820
    check_true 'asked by another interface: a ping' until_true 5 reaches 10.77.0.2
    check_true 'it knows' endpoint b 10.98.0.1:51821
    check 'very many' 0 floods b 10.77.0.1
    check_true 'it stays there' endpoint a 10.98.0.2:51820
    # The same address of A by a route that is worse: what was asked there is answered there.
    a route add 10.98.0.9/32 dev other src 10.99.0.1
    b addr add 10.98.0.9/32 dev other
    b route add 10.99.0.1/32 dev other metric 500
    wg set wga peer "${PUBLIC[b]}" endpoint 10.98.0.9:51820
    check_true 'at an address behind the other interface: a ping' until_true 5 reaches 10.77.0.2
    check_true 'it is answered from the address that was asked' endpoint a 10.98.0.9:51820

    # ---- a better route ----
    wg set wga peer "${PUBLIC[b]}" endpoint 10.99.0.2:51820
    check_true 'as at first: a ping' until_true 5 reaches 10.77.0.2
    a route add 10.99.0.2/32 via 10.98.0.2 dev other src 10.98.0.1
    before=$(sent_by a other)
    check_true 'a better route: a ping' until_true "$(patience a)" reaches 10.77.0.2
    transfer 'by a better route' 4 10.77.0.2
    check_true 'it is taken' [ $(($(sent_by a other) - before)) -gt 4000000 ]
    a route del 10.99.0.2/32
    check_true 'and given up: a ping' until_true "$(patience a)" reaches 10.77.0.2
}
stop_relays

finish
