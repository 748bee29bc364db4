#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Who may have which address, which keys are no keys, and what `wg` is told: the steps 6, 7 and 13 to
# 15 of the kernel's test, and the ways to set and show a configuration. The list and the topology
# are those of relay_wireguard.sh.

# shellcheck source=tests/netns/wireguard
. "$(dirname "$0")/wireguard" "$@"
need base64 nft
pairs tunic,tunic
pair "${pairs[0]}"
for label in outside a b; do
    namespace "$label"
done
PLACE=([a]=outside [b]=outside)
keys a b c d
listed() {
    told "$1" allowed-ips "${PUBLIC[$2]}"
}
taken() {
    inside b cat /sys/class/net/wgb/statistics/rx_packets
}
answers_in() {
    check "$1: a ping" 0 inside a ping -q -c 1 -W 5 192.168.77.2
}

device a key "$keys/a" listen 10001 peer "${PUBLIC[b]}" psk "$shared" endpoint 127.0.0.1:10002 \
    allow 192.168.77.2/32,fd77::2/128 || finish
device b key "$keys/b" listen 10002 peer "${PUBLIC[a]}" psk "$shared" \
    allow 192.168.77.1/32,fd77::1/128 || finish
for end in a b; do
    move "$end" "$end"
done
addresses_of a 192.168.77.1/24 fd77::1/64
addresses_of b 192.168.77.2/24 fd77::2/64

# ---- 6: who has an address ----
answers_in 'at first'
wg set wga peer "${PUBLIC[b]}" allowed-ips 192.168.77.0/24
check_equal 'a list is replaced' 192.168.77.0/24 "$(listed a b)"
answers_in 'by a shorter prefix'
wg set wga peer "${PUBLIC[c]}" allowed-ips 192.168.77.2/32
check_false 'another peer has the longer one' reaches 192.168.77.2
wg set wga peer "${PUBLIC[c]}" remove
answers_in 'that peer is gone'
wg set wgb peer "${PUBLIC[c]}" allowed-ips 192.168.77.1/32
check_equal 'an address has one peer' fd77::1/128 "$(listed b a)"
taken=$(taken)
check_false 'what comes from another one is not answered' reaches 192.168.77.2
check_equal 'nor is it taken at all' "$taken" "$(taken)"
wg set wgb peer "${PUBLIC[a]}" allowed-ips 192.168.77.1/32,fd77::1/128
check_equal 'and back it goes' '(none)' "$(listed b c)"
answers_in 'and back'
wg set wgb peer "${PUBLIC[c]}" remove
wg set wga peer "${PUBLIC[b]}" allowed-ips 192.168.77.9/1,fd77::2/64,192.168.77.2/32 \
    2>/dev/null
check_equal 'bits behind a prefix are no matter' '128.0.0.0/1 192.168.77.2/32 fd77::/64' \
    "$(listed a b | tr ' ' '\n' | sort -V | tr '\n' ' ' | sed 's/ $//')"
answers_in 'by the longest of several'

# ---- 7: another private key, and at once a handshake ----
wg set wga private-key "$keys/c"
wg set wgb peer "${PUBLIC[c]}" preshared-key "$shared" allowed-ips 192.168.77.1/32 \
    peer "${PUBLIC[a]}" remove
answers_in 'with another private key'
check_equal 'it is shown' "${PUBLIC[c]}" "$(wg show wga public-key)"
wg set wga private-key "$keys/a"
wg set wgb peer "${PUBLIC[a]}" preshared-key "$shared" allowed-ips 192.168.77.1/32 \
    peer "${PUBLIC[c]}" remove
answers_in 'with the first one again'

# ---- 13: long lists ----
{
    printf '[Peer]\nPublicKey = %s\nAllowedIPs = ' "${PUBLIC[c]}"
    for ((i = 1; i < 256; i++)); do
        for ((j = 0; j < 256; j++)); do
            printf '%d.%d.0.0/16, %x%02x:%x00::/24, ' $((i)) $((j)) "$i" "$j" 1
        done
    done | sed 's/, $//'
    printf '\n'
} >"$SCRATCH/long"
check 'a very long list' 0 timeout 60 wg addconf wga "$SCRATCH/long"
check_equal 'all of it is there' $((255 * 256 * 2)) \
    "$(timeout 60 wg show wga allowed-ips | awk -v peer="${PUBLIC[c]}" '$1 == peer {print NF - 1}')"
check_true 'and none that was not' cmp \
    <(sed -n 's/^AllowedIPs = //p' "$SCRATCH/long" | sed 's/, /\n/g' | sort) \
    <(listed a c | tr ' ' '\n' | sort)
answers_in 'with a very long list'
wg set wga peer "${PUBLIC[c]}" remove
for ((i = 0; i < 40; i++)); do
    printf '[Peer]\nPublicKey = %s\nEndpoint = 127.0.0.1:%d\nAllowedIPs = ' \
        "$(wg genkey | wg pubkey)" $((2000 + i))
    for ((j = 0; j < 52; j++)); do
        printf '%d.%d.%d.0/24, ' $((i + 1)) $((j)) $((j))
    done | sed 's/, $//'
    printf '\n'
done >"$SCRATCH/many"
check 'many peers' 0 wg addconf wga "$SCRATCH/many"
check_equal 'all of them are there' 41 "$(wg show wga peers | wc -l)"
check_equal 'with all they have' $((40 * 52)) \
    "$(wg show wga allowed-ips | awk -v peer="${PUBLIC[b]}" '$1 != peer {n += NF - 1} END {print n}')"
answers_in 'with many peers'

# ---- configurations ----
wg showconf wga >"$SCRATCH/shown"
{
    printf '[Interface]\nListenPort = 10001\nPrivateKey = %s\n\n' "$(cat "$keys/a")"
    printf '[Peer]\nPublicKey = %s\nPresharedKey = %s\nAllowedIPs = 192.168.77.2/32\n' \
        "${PUBLIC[b]}" "$(cat "$shared")"
    printf 'Endpoint = 127.0.0.1:10002\nPersistentKeepalive = 25\n'
} >"$SCRATCH/wanted"
last=$(handshake a "${PUBLIC[b]}")
check 'a configuration is taken over' 0 wg syncconf wga "$SCRATCH/wanted"
check_equal 'with what it says, and no other peer' "$(cat "$SCRATCH/wanted")" "$(wg showconf wga)"
answers_in 'with what has changed alone'
check_equal 'sessions go on' "$last" "$(handshake a)"
check 'one that is shown can be set' 0 wg setconf wga "$SCRATCH/shown"
check_equal 'all of it' "$(sort "$SCRATCH/shown")" "$(wg showconf wga | sort)"
answers_in 'set anew'
check 'and synchronised' 0 wg syncconf wga "$SCRATCH/wanted"
check 'what is no configuration is refused' 1 wg setconf wga "$SCRATCH/long.none"
check_equal 'and changes nothing' "$(cat "$SCRATCH/wanted")" "$(wg showconf wga)"
wg set wga peer "${PUBLIC[b]}" persistent-keepalive off
check 'a keepalive is turned off' 0 wg showconf wga
check_stdout_unlike 'and no longer shown' Keepalive

# ---- 14: keys that are cleared ----
wg set wga peer "${PUBLIC[b]}" preshared-key /dev/null
check_equal 'a preshared key is cleared' '(none)' "$(told a preshared-keys)"
wg set wga private-key /dev/null
check_equal 'a private key is cleared' '(none)' "$(wg show wga private-key)"
check_equal 'and the public one with it' '(none)' "$(wg show wga public-key)"
wg set wga peer "${PUBLIC[c]}" allowed-ips 10.9.9.9/32
check_equal 'a peer that is not ourselves yet' 2 "$(wg show wga peers | wc -l)"
wg set wga private-key "$keys/c"
check_equal 'is none once it is' "${PUBLIC[b]}" "$(wg show wga peers)"
wg set wga peer "${PUBLIC[c]}" allowed-ips 10.9.9.9/32
check_equal 'and cannot be added' "${PUBLIC[b]}" "$(wg show wga peers)"
unclamped=$SCRATCH/unclamped
(umask 077 && { printf '\xff' && head -c 30 /dev/zero && printf '\xff'; } | base64 >"$unclamped")
wg set wga private-key "$unclamped"
check_equal 'a private key is made one' \
    "$({ printf '\xf8' && head -c 30 /dev/zero && printf '\x7f'; } | base64)" \
    "$(wg show wga private-key)"
check_equal 'with its public key' "$(wg pubkey <"$unclamped")" "$(wg show wga public-key)"
wg set wga private-key "$keys/a" peer "${PUBLIC[b]}" preshared-key "$shared"
answers_in 'as at first'

# ---- 15: points of low order ----
key_of() { # key_of HEXADECIMAL
    # shellcheck disable=SC2001 # each pair, kept
    printf '%b' "$(sed 's/../\\x&/g' <<<"$1")" | base64
}
# Of the curve and its twist, and what is the same behind the prime; each with the last bit, too.
points=(0000000000000000000000000000000000000000000000000000000000000000
    0100000000000000000000000000000000000000000000000000000000000000
    e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800
    5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157
    ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f
    edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f
    eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f)
for point in "${points[@]}"; do
    last_byte=$((0x${point:62} | 0x80))
    points+=("${point:0:62}$(printf %02x "$last_byte")")
done
words=()
number=1
for point in "${points[@]}"; do
    words+=(peer "$(key_of "$point")" endpoint 127.0.0.1:3000
        allowed-ips "192.168.78.$number/32")
    number=$((number + 1))
done
inside outside nft -f - <<'RULES'
table ip points {
    chain in { type filter hook input priority filter; udp dport 3000 counter drop; }
}
RULES
# Where such a key is refused outright, nothing can be sent either.
for ((i = 0; i < ${#words[@]}; i += 6)); do
    wg set wga "${words[@]:i:6}" 2>/dev/null
done
ip -n "tunic-$test_id-a" route add 192.168.78.0/24 dev wga
for ((i = 1; i < number; i++)); do
    inside a ping -q -c 2 -i 0.01 -W 0.05 "192.168.78.$i" >/dev/null
done
answers_in 'with such peers'
check_true 'nothing is sent to such a peer' \
    inside outside sh -c 'nft list table ip points | grep -q "packets 0 "'

stop_relays
finish
