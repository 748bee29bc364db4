#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A relay that is flooded with initiations, and what a peer keeps that is connected:
#
#   sudo tests/bench/flood.sh [SECONDS=5] [ROUNDS=3] [RATE…]
#
#     ┌── "a" ──────────┐      ┌── "b" ──────────────────┐      ┌── "c" ───────────────┐
#     │ t0 ── 10.99.0.1 ┼──────┼─ 10.99.0.2 ── t0        │      │                      │
#     │                 │      │            10.98.0.2 ───┼──────┼─ 10.98.0.1           │
#     └─────────────────┘      └─────────────────────────┘      └──────────────────────┘
#
# One TCP connection from "a" to "b" for SECONDS: alone; while "c" sends RATE initiations a second
# that the kernel of "b" drops; and while the relay gets them. So what the relay makes of a flood is
# told apart from what sending one takes from a machine that does both. A RATE of 0: as many as can
# be sent. Of each the medians: initiations a second, cookies that came back, the stream, and its
# ratio to that beside the dropped flood.
#
# Then "c" is 2,000 peers of "b" that come at once (see newcomers.c): how many handshakes a second
# are answered, and with how many cookies.

# shellcheck source=tests/bench/measure.sh
. "$(dirname "$0")/measure.sh"
isolate "$@"
need iperf3 jq nft ss ping cmake ninja

seconds=${1:-5}
rounds=${2:-3}
rates=("${@:3}")
[ "${#rates[@]}" -gt 0 ] || rates=(10000 50000 0)
# shellcheck source=tests/bench/tunnels
. "$ROOT/tests/bench/tunnels"

run cmake -S "$ROOT" -B "$SCRATCH/build" -G Ninja -DCMAKE_BUILD_TYPE=Release
[ "$STATUS" -ne 0 ] || run cmake --build "$SCRATCH/build" --target flood bench_newcomers
if [ "$STATUS" -ne 0 ]; then
    test_output
    exit 1
fi
FLOOD=$SCRATCH/build/tests/interop/flood
NEWCOMERS=$SCRATCH/build/tests/bench/bench_newcomers
dropped=9 # the port
peers=2000

keep() { # keep KEY VALUE
    printf '%s\n' "$2" >>"$SCRATCH/times/$1"
}

stream() { # stream KEY
    run inside a timeout $((seconds + 10)) iperf3 -J -O 1 -t "$seconds" -c 10.77.0.2
    [ "$STATUS" -eq 0 ] || return
    keep "$1" "$(jq '.end.sum_received.bits_per_second / 1e9' "$STDOUT")"
}

flooded() { # flooded KIND PORT RATE
    local flooding begin=$EPOCHREALTIME sent cookies
    ip netns exec "tunic-$test_id-c" "$FLOOD" 10.98.0.2 "$2" "${public[b]}" 64 "$3" \
        >"$SCRATCH/flooded" &
    flooding=$!
    stream "stream-$1-$3"
    kill "$flooding"
    wait "$flooding"
    read -r sent _ cookies _ <"$SCRATCH/flooded"
    begin=$(awk "BEGIN { print $EPOCHREALTIME - $begin }")
    keep "sent-$1-$3" "$(awk "BEGIN { print $sent / $begin }")"
    keep "cookies-$1-$3" "$(awk "BEGIN { print $cookies / $begin }")"
}

one_round() {
    local rate
    stream alone
    for rate in "${rates[@]}"; do
        flooded dropped "$dropped" "$rate"
        flooded taken 51820 "$rate"
    done
}

# Peers that come at once, each from its own address.
newcomers() {
    local answered time cookies lost
    {
        printf '[Interface]\nPrivateKey = %s\nListenPort = 51820\n' "$(cat "$SCRATCH/b.key")"
        "$NEWCOMERS" keys "$peers" | awk '{
            printf "[Peer]\nPublicKey = %s\nAllowedIPs = 10.80.%d.%d/32\n", $1, NR / 256, NR % 256 }'
    } >"$SCRATCH/peers.conf"
    ip -n "tunic-$test_id-c" route add local 10.96.0.0/16 dev lo
    ip -n "tunic-$test_id-b" route add 10.96.0.0/16 via 10.98.0.1
    at b "$TUNIC" relay t0 config "$SCRATCH/peers.conf" addr 10.80.0.1/16 control off
    until_true 20 relay_works $!
    inside c "$NEWCOMERS" 10.98.0.2 51820 "${public[b]}" "$peers" >"$SCRATCH/came"
    read -r answered _ time _ cookies _ lost _ <"$SCRATCH/came"
    printf '%s peers at once: %s answered, %s a second, %s cookies, %s lost\n' "$peers" "$answered" \
        $((answered * 1000 / time)) "$cookies" "$lost"
    tunnel_down
}
relay_works() {
    grep -q '^Seccomp:.*2' "/proc/$1/status"
}

line() { # line WHAT KEY
    awk -v what="$1" -v sent="$(median "sent-$2")" -v cookies="$(median "cookies-$2")" \
        -v stream="$(median "stream-$2")" -v other="$(median "stream-${2/taken/dropped}")" 'BEGIN {
            printf "%-32s %12.0f %12.0f %12.3f %12.2f\n", what, sent, cookies, stream,
                (other > 0 ? stream / other : 0) }'
}

umask 077
ends
namespace c
ip link add beside netns "tunic-$test_id-b" type veth peer name under netns "$NAMESPACE"
ip -n "$NAMESPACE" addr add 10.98.0.1/24 dev under
ip -n "$NAMESPACE" link set under up
ip -n "tunic-$test_id-b" addr add 10.98.0.2/24 dev beside
ip -n "tunic-$test_id-b" link set beside up
printf 'add table ip bench\nadd chain ip bench floods { type filter hook input priority 0; }\n%s\n' \
    "add rule ip bench floods udp dport $dropped drop" | inside b nft -f -

: >"$log"
wireguard_keys
crypt b mtu 1440 listen 51820 peer "${public[a]}"
crypt a mtu 1440 peer "${public[b]}" endpoint 10.99.0.2
if ! until_true 20 answers; then
    cat "$log"
    exit 1
fi
at b iperf3 -s
until_true 5 listens 5201
for ((round = 0; round < rounds; round++)); do
    one_round
done
printf '%s s each, %s rounds, medians, %s processors, Linux %s\n' "$seconds" "$rounds" "$(nproc)" \
    "$(uname -r)"
printf '%-32s %12s %12s %12s %12s\n' 'initiations a second' sent cookies Gbit/s 'stream kept'
awk -v stream="$(median alone)" 'BEGIN { printf "%-32s %12d %12d %12.3f\n", "none", 0, 0, stream }'
for rate in "${rates[@]}"; do
    line "$rate, the kernel drops them" "dropped-$rate"
    line "$rate, the relay takes them" "taken-$rate"
done
tunnel_down
newcomers
leave
