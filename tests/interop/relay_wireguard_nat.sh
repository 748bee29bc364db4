#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Behind an address translator that forgets after two seconds: who is behind it can be reached only
# as long as he keeps the way open.
#
#     ┌── "a" ───────────┐    ┌── "nat" ─────────────┐    ┌── "b" ───────────┐
#     │ wga 10.77.0.1    │    │ masquerading         │    │ wgb 10.77.0.2    │
#     │ under 10.98.0.2 ─┼────┼─ inner  10.98.0.1    │    │                  │
#     │                  │    │  outer  10.99.0.1 ───┼────┼─ under 10.99.0.2 │
#     └──────────────────┘    └──────────────────────┘    └──────────────────┘

# shellcheck source=tests/netns/wireguard
. "$(dirname "$0")/../netns/wireguard" "$@"
need nft
pairs tunic,wireguard-go wireguard-go,tunic tunic,tunic
keys a b

joined() {
    ip link add "$2" netns "tunic-$test_id-nat" type veth peer name under netns "tunic-$test_id-$1"
    ip -n "tunic-$test_id-nat" addr add "$3" dev "$2"
    ip -n "tunic-$test_id-nat" link set "$2" up
    ip -n "tunic-$test_id-$1" addr add "$4" dev under
    ip -n "tunic-$test_id-$1" link set under up
}
for label in a b nat; do
    namespace "$label"
done
joined a inner 10.98.0.1/24 10.98.0.2/24
joined b outer 10.99.0.1/24 10.99.0.2/24
ip -n "tunic-$test_id-a" route add default via 10.98.0.1
inside nat sysctl -qw net.ipv4.ip_forward=1
# What is not known there is not answered: as behind a real one.
inside nat nft -f - <<'RULES' || skip_all 'the kernel translates no addresses'
table ip nat {
    chain out { type nat hook postrouting priority srcnat; oifname "outer" masquerade; }
    chain in { type filter hook input priority filter; iifname "outer" drop; }
}
RULES
inside nat sysctl -qw net.netfilter.nf_conntrack_udp_timeout=2 \
    net.netfilter.nf_conntrack_udp_timeout_stream=2 || skip_all 'no time can be set for the entries'

[ -e /proc/net/nf_conntrack ] || skip_all 'the kernel does not tell its entries'

# Reading them also removes those that are over.
forgotten() {
    ! inside nat grep -q 'dport=51820' /proc/net/nf_conntrack
}
sent() {
    told a transfer | cut -f 2
}
has_sent() {
    [ "$(sent)" -ge "$1" ]
}
at_translator() {
    [[ $(told b endpoints) == 10.99.0.1:* ]]
}

for pair in "${pairs[@]}"; do
    pair "$pair"
    if ! { device b key "$keys/b" listen 51820 peer "${PUBLIC[a]}" allow 10.77.0.1/32 &&
        device a key "$keys/a" listen 51821 peer "${PUBLIC[b]}" allow 10.77.0.2/32 \
            endpoint 10.99.0.2:51820; }; then
        stop_relays
        continue
    fi
    addresses_of a 10.77.0.1/24
    addresses_of b 10.77.0.2/24
    check_true "$what: a ping from inside" until_true 10 reaches 10.77.0.2
    check "$what: and one back" 0 pings b 10.77.0.1
    check_true "$what: B sees the translator" at_translator
    check_true "$what: which forgets" until_true 9 forgotten
    check_false "$what: now A cannot be reached" \
        inside b ping -q -c 3 -i 0.2 -W 0.4 10.77.0.1
    check_true "$what: it can reach B as before" reaches 10.77.0.2
    check "$what: and be reached again" 0 pings b 10.77.0.1

    # ---- with keepalives ----
    wg set wga peer "${PUBLIC[b]}" persistent-keepalive 1
    check_true "$what: keepalives are sent" until_true 10 has_sent $(($(sent) + 5 * 32))
    check "$what: after seconds of silence A can be reached" 0 pings b 10.77.0.1
    wg set wga peer "${PUBLIC[b]}" persistent-keepalive off
    check_equal "$what: they are off" off "$(told a persistent-keepalive)"

    # ---- the translator begins anew, and takes another port ----
    before=$(told b endpoints)
    inside nat nft -f - <<'RULES'
flush chain ip nat out
add rule ip nat out oifname "outer" udp sport 51821 masquerade to :61000
RULES
    check_true "$what: it forgets once more" until_true 15 forgotten
    check_true "$what: from another port of it A reaches B" until_true 10 reaches 10.77.0.2
    check_true "$what: where B finds it" endpoint b 10.99.0.1:61000
    check_false "$what: and no longer where it was" endpoint b "$before"
    transfer "$what" 8 10.77.0.2
    inside nat nft -f - <<'RULES'
flush chain ip nat out
add rule ip nat out oifname "outer" masquerade
RULES
    stop_relays
done

finish
