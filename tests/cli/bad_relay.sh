#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Relays that are not safe, not sound, or whose keys are not. See tests/cli/bad.

# shellcheck source=tests/cli/bad
. "$(dirname "$0")/bad" "$@"

# ---- without keys ----

relay=(relay tun9 insecure)
bad 2 "neither 'key' nor 'insecure'" relay tun9
bad 2 "neither 'key' nor 'insecure'" relay tap0 connect 127.0.0.1
bad 2 "neither 'key' nor 'insecure'" relay tun9 listen 55555 from any proto tcp
bad 2 "'listen'" "${relay[@]}"
bad 2 "'listen'" "${relay[@]}" from 127.0.0.1
bad 2 "'listen'" "${relay[@]}" proto tcp
bad 2 "'from' is missing" "${relay[@]}" listen 55555
bad 2 "'from' is missing" "${relay[@]}" listen 127.0.0.1:55555 proto tcp
bad 2 "'proto tcp'" "${relay[@]}" listen 55555 connect 127.0.0.1 proto tcp
bad 2 "'proto tcp'" "${relay[@]}" listen 55555 connect 127.0.0.1 proto tcp from any
bad 2 "'from'" "${relay[@]}" connect 127.0.0.1 proto tcp from 127.0.0.1
bad 2 "'jumbo'" "${relay[@]}" connect 127.0.0.1 jumbo
bad 2 "'jumbo'" "${relay[@]}" connect 127.0.0.1 proto udp jumbo
for word in pi one_queue vnet_hdr napi napi_frags netns carrier; do
    bad 2 "'$word'" "${relay[@]}" connect 127.0.0.1 "$word"
done
for word in psk endpoint allow keepalive check force; do
    bad 2 "'$word'" "${relay[@]}" connect 127.0.0.1 "$word"
    bad 2 "'$word'" relay tun9 "$word" x
done
bad 2 "'mac'" "${relay[@]}" connect 127.0.0.1 mode tun mac 02:00:00:00:00:01
bad 2 "'tun8'" "${relay[@]}" connect 127.0.0.1 tun8
bad 2 "'tun8'" "${relay[@]}" connect 127.0.0.1 dev tun8
for protocol in '' sctp UDP "$long"; do
    bad 2 "proto '${protocol:0:40}" "${relay[@]}" connect 127.0.0.1 proto "$protocol"
done
for port in '' 0 -1 65536 0x50 http 127.0.0.1 127.0.0.1: 127.0.0.1:0 127.0.0.1:65536 ::1 '[::1]' \
    '[::1]:' '[::1' 127.0.0.1:1:2 '55555 ' "$long_digits"; do
    bad 2 "listen '${port:0:40}" "${relay[@]}" listen "$port" from any
done
for host in '' :55555 127.0.0.1: 127.0.0.1:0 127.0.0.1:65536 127.0.0.1:x 127.0.0 256.0.0.1 '[::1' '[]' \
    '[::1]x' '[::g]' ::1::2 'a b' a..b a/b '127.0.0.1 ' "$long"; do
    bad 2 "connect '${host:0:40}" "${relay[@]}" connect "$host"
    bad 2 "from '${host:0:40}" "${relay[@]}" listen 55555 from "$host"
done
bad 2 'x1b[31m' "${relay[@]}" connect "$esc"
bad 2 "from '127.0.0.1:55555'" "${relay[@]}" listen 55555 from 127.0.0.1:55555
for number in '' -1 0x x 0xg 1.5 0x100000000 4294967296 "$long_digits" "0x$long_digits"; do
    bad 2 "fwmark '${number:0:40}" "${relay[@]}" connect 127.0.0.1 fwmark "$number"
done
for name in '' . a/b 'a b' abcdefghijklmnop; do
    bad 2 "underlay '$name'" "${relay[@]}" connect 127.0.0.1 underlay "$name"
done
bad 3 "cannot use 'x\\x1b[31m'" "${relay[@]}" connect 127.0.0.1 underlay "x$esc"
for word in offload mss sandbox; do
    bad 2 "$word 'yes'" "${relay[@]}" connect 127.0.0.1 "$word" yes
done
for word in proto listen connect from offload mss fwmark underlay sandbox mtu addr; do
    bad 2 "'$word'" "${relay[@]}" "$word"
done
bad 2 "'connect'" "${relay[@]}" connect 127.0.0.1 connect 127.0.0.2
bad 2 "'listen'" "${relay[@]}" listen 5 listen 6 from any
bad 2 "'insecure'" "${relay[@]}" insecure connect 127.0.0.1
bad 2 "did you mean 'connect'?" "${relay[@]}" conect 127.0.0.1
bad 2 "did you mean 'underlay'?" "${relay[@]}" undrelay lo connect 127.0.0.1

# ---- with keys ----

# The pair of RFC 7748, 6.1, and another public key.
private=dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=
public=hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=
other=3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=
third=ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=
file() { # NAME TEXT [MODE]
    (umask 077 && printf '%b' "$2" >"$SCRATCH/$1")
    chmod "${3:-600}" "$SCRATCH/$1"
}
file key "$private\n"
file psk "$third\n"
file open "$private\n" 644
file group "$private\n" 640
file writable "$private\n" 602
file short "${private:1}\n"
file two "$private\n$private\n"
file word 'key\n'
file empty ''
file zero 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n'
file bits "${private%o=}p=\n"
relay=(relay tun9 key "$SCRATCH/key")
peer=(peer "$other" endpoint 127.0.0.1)

# What does not go with keys, before any file is opened.
nokey=(relay tun9 key "$SCRATCH/missing" "${peer[@]}")
bad 2 "'insecure' contradicts keys" "${nokey[@]}" insecure
bad 2 "'connect' does not go with keys" "${nokey[@]}" connect 127.0.0.1
bad 2 "'from' does not go with keys" "${nokey[@]}" from any
bad 2 "'jumbo' does not go with keys" "${nokey[@]}" jumbo proto tcp
bad 2 "'key' and 'config'" "${nokey[@]}" config "$SCRATCH/missing"
bad 2 "'peer' and 'config'" relay tun9 config "$SCRATCH/missing" "${peer[@]}"
bad 2 "'key' is missing" relay tun9 "${peer[@]}"
bad 2 "'key' is missing" relay tun9 "${peer[@]}" insecure connect 127.0.0.1
bad 2 "'insecure' contradicts keys" relay tun9 config "$SCRATCH/missing" insecure
bad 2 "'workers' belongs to keys" relay tun9 insecure connect 127.0.0.1 workers 2
bad 2 "'control' belongs to keys" relay tun9 insecure connect 127.0.0.1 control off
bad 2 "'control' belongs to keys" relay tun9 insecure connect 127.0.0.1 control /run/x
for word in key config peer psk endpoint allow keepalive workers control; do
    bad 2 "'$word'" "${relay[@]}" "${peer[@]}" "$word"
done
bad 2 "'key' is given twice" "${relay[@]}" key "$SCRATCH/key"
bad 2 "'config' is given twice" relay tun9 config a config b

# Files.
bad 1 "missing'" "${nokey[@]}"
bad 1 "$SCRATCH'" relay tun9 key "$SCRATCH" "${peer[@]}"
bad 1 "''" relay tun9 key '' "${peer[@]}"
bad 1 '\x1b[31m' relay tun9 key "$esc" "${peer[@]}"
bad 1 "$cut" relay tun9 key "$long" "${peer[@]}"
bad 1 "missing'" "${relay[@]}" "${peer[@]}" psk "$SCRATCH/missing"
for name in open group writable; do
    bad 6 "chmod 600 '$SCRATCH/$name'" relay tun9 key "$SCRATCH/$name" "${peer[@]}"
    bad 6 "chmod 600 '$SCRATCH/$name'" "${relay[@]}" "${peer[@]}" psk "$SCRATCH/$name"
    bad 6 "chmod 600 '$SCRATCH/$name'" relay tun9 config "$SCRATCH/$name"
done
for name in short two word empty bits; do
    bad 2 "$SCRATCH/$name'" relay tun9 key "$SCRATCH/$name" "${peer[@]}"
    bad 2 "$SCRATCH/$name'" "${relay[@]}" "${peer[@]}" psk "$SCRATCH/$name"
done
bad 2 "no private key in '$SCRATCH/zero'" relay tun9 key "$SCRATCH/zero" "${peer[@]}"

# A key is no file, and is not told to everybody again.
for word in key psk; do
    bad 2 "'$word' takes a file" "${relay[@]:0:2}" "${peer[@]}" "$word" "$private"
    check_stderr_unlike 'and it is not repeated' "${private:0:10}"
done

# Peers.
for key in '' key "${other%=}" "$other=" " $other" "${other/3/!}" "${other%8=}9="; do
    bad 2 "peer '$key'" "${relay[@]}" peer "$key"
done
bad 2 "$cut" "${relay[@]}" peer "$long"
bad 2 "peer '$other': it is given twice" "${relay[@]}" "${peer[@]}" peer "$third" "${peer[@]}"
bad 2 "peer '$public' is this side itself" "${relay[@]}" "${peer[@]}" peer "$public"
bad 2 "'psk' is given twice for one 'peer'" "${relay[@]}" "${peer[@]}" psk a psk b
bad 2 "'endpoint' is given twice for one 'peer'" "${relay[@]}" "${peer[@]}" endpoint 127.0.0.2
bad 2 "'keepalive' is given twice for one 'peer'" "${relay[@]}" "${peer[@]}" keepalive 1 keepalive 1
bad 2 "directly behind 'peer'" "${relay[@]}" "${peer[@]}" mtu 1400 allow ::/0
bad 2 "directly behind 'peer'" "${relay[@]}" endpoint 127.0.0.1
bad 2 "directly behind 'addr'" "${relay[@]}" addr 10.0.0.1/24 "${peer[@]}"
for host in '' :51820 127.0.0.1: 127.0.0.1:0 127.0.0.1:65536 127.0.0 '[::1' 'a b' "$long"; do
    bad 2 "endpoint '${host:0:40}" "${relay[@]}" peer "$other" endpoint "$host"
done
for range in '' ',' 10.0.0.0/33 '10.0.0.0/8,' ',::/0' '10.0.0.0/8,,::/0' ::/129 10.0.0 -10.0.0.0/8 default \
    10.0.0.0/8\ ; do
    bad 2 "allow '$range'" "${relay[@]}" "${peer[@]}" allow "$range"
done
bad 2 "$cut" "${relay[@]}" "${peer[@]}" allow "$long"
for seconds in '' -1 +5 1e3 65536 on "$long_digits"; do
    bad 2 "keepalive '${seconds:0:40}" "${relay[@]}" "${peer[@]}" keepalive "$seconds"
done
for number in '' 0 -1 65 x; do
    bad 2 "workers '$number'" "${relay[@]}" "${peer[@]}" workers "$number"
done
bad 2 "control ''" "${relay[@]}" "${peer[@]}" control ''
bad 2 'control' "${relay[@]}" "${peer[@]}" control "/$long"
bad 2 "'peer' is missing" "${relay[@]}" control off
bad 2 "neither 'listen' nor an 'endpoint'" "${relay[@]}" peer "$other" control off
bad 2 "neither 'listen' nor an 'endpoint'" "${relay[@]}" peer "$other" control off proto tcp
bad 2 "'allow' belongs to tun" relay tap9 key "$SCRATCH/key" "${peer[@]}" allow ::/0
bad 2 "'allow' belongs to tun" relay vm9 mode tap key "$SCRATCH/key" "${peer[@]}" allow ::/0
bad 2 "'config' belongs to tun" relay tap9 config "$SCRATCH/key"
bad 2 "did you mean 'endpoint'?" "${relay[@]}" peer "$other" enpoint 127.0.0.1

# Configuration files: what is wrong, with file and line.
config() { # EXIT TEXT LINE…: behind [Interface] and a key
    local expected=$1 text=$2
    shift 2
    file wg.conf "[Interface]\nPrivateKey = $private\n$(printf '%s\\n' "$@")"
    bad "$expected" "$text" relay tun9 config "$SCRATCH/wg.conf"
}
bad 1 "missing'" relay tun9 config "$SCRATCH/missing"
file bare '[Interface]\nListenPort = 5\n'
bad 2 "no private key in '$SCRATCH/bare'" relay tun9 config "$SCRATCH/bare"
config 2 'wg.conf:3: ' 'Adress = 10.0.0.1/24'
config 2 'wg.conf:3: Address' 'Address = 10.0.0.1/33'
config 2 "Address '224.0.0.1'" 'Address = 224.0.0.1'
config 2 "Address '10.0.0.1/24'" 'Address = 10.0.0.1/24, 10.0.0.1/24'
config 2 'wg.conf:4: MTU' 'Address = 10.0.0.1/24' 'MTU = 1'
config 2 'wg.conf:3: Table' 'Table = -1'
for word in PreUp PostUp PreDown PostDown; do
    config 2 "wg.conf:3: $word" "$word = true"
done
config 2 'wg.conf:3: SaveConfig' 'SaveConfig = true'
config 2 'wg.conf:4: PublicKey' '[Peer]' 'PublicKey = x'
config 2 "peer '$public' is this side itself" '[Peer]' "PublicKey = $public"
config 2 "peer '$other' is given twice" '[Peer]' "PublicKey = $other" '[Peer]' "PublicKey = $other"
config 2 'wg.conf:5: AllowedIPs' '[Peer]' "PublicKey = $other" 'AllowedIPs = 10.0.0.0/40'
config 2 'wg.conf:5: Endpoint' '[Peer]' "PublicKey = $other" 'Endpoint = a..b:5'

printf 'relay tun9 connect 127.0.0.1 insecure\nadd tap9\n' >"$SCRATCH/lines"
bad 2 "$SCRATCH/lines:1:" --batch "$SCRATCH/lines"

finish_bad
