#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# One relay with very many peers, beside one with a single peer:
#
#   sudo tests/bench/peers.sh [COUNT=10000] [SECONDS=5] [ROUNDS=3]
#
#     ┌── "a" ──────────────────┐          ┌── "b" ──────────────────────────┐
#     │ t0 10.77.0.1            │          │ t0 10.77.0.2                    │
#     │ relay, one peer ────────┼── veth ──┼─ relay, the other one and COUNT │
#     └─────────────────────────┘          └─────────────────────────────────┘
#
# Each of them has an IPv4 and an IPv6 range, every fourth one an endpoint; nobody is there. Told
# are the medians of ROUNDS: the time until it works, what wg(8) takes to ask for all of them, and
# to set what is set already, each also in processor time of the relay; the memory; one TCP
# connection through it each way for SECONDS; and what it needs while nothing happens.

# shellcheck source=tests/bench/measure.sh
. "$(dirname "$0")/measure.sh"
isolate "$@"
need iperf3 jq ss ping wg

count=${1:-10000}
seconds=${2:-5}
rounds=${3:-3}
quiet=10 # seconds without traffic
# shellcheck source=tests/bench/tunnels
. "$ROOT/tests/bench/tunnels"
mkdir -p /var/run/wireguard
mount -t tmpfs -o mode=755 tmpfs /var/run/wireguard

# ---- configurations ----

# Any 32 bytes are a public key, and making real ones would take longer than all else.
strangers() { # strangers NUMBER FIRST-BYTE-OF-IPv4 IPv6-PREFIX
    head -c $((33 * $1)) /dev/urandom | base64 -w 44 | awk -v first="$2" -v prefix="$3" '{
        printf "[Peer]\nPublicKey = %sA=\n", substr($0, 1, 42)
        printf "AllowedIPs = %s.%d.%d/32, %s:%x:%x/128\n", first, int(NR / 256) % 256, NR % 256,
            prefix, int(NR / 65536), NR % 65536
        if (NR % 4 == 0)
            printf "Endpoint = 10.99.0.9:%d\n", 1024 + NR % 60000 }'
}

# config NAME NUMBER NETWORK…: as tunic has it, and as wg does, without the addresses.
config() {
    local lines
    lines=$(strangers "$2" "$3" "$4")
    {
        printf '[Interface]\nPrivateKey = %s\nListenPort = 51820\n' "$(cat "$SCRATCH/b.key")"
        [ -z "$lines" ] || head -n $(($(wc -l <<<"$lines") / 2)) <<<"$lines"
        printf '[Peer]\nPublicKey = %s\nAllowedIPs = 10.77.0.1/32\n' "${public[a]}"
        [ -z "$lines" ] || tail -n +$(($(wc -l <<<"$lines") / 2 + 1)) <<<"$lines"
    } >"$SCRATCH/$1.wg"
    sed '2i Address = 10.77.0.2/16, fd77::2/64' "$SCRATCH/$1.wg" >"$SCRATCH/$1.conf"
}

# ---- measuring ----

relay_works() {
    grep -q '^Seccomp:.*2' "/proc/$relay/status"
}

processor() { # ticks
    sed 's/.*) //' "/proc/$relay/stat" | awk '{ print $12 + $13 }'
}

# spent KEY NAME COMMAND…: timed, and the relay's processor time meanwhile.
spent() {
    local key=$1 name=$2 before
    shift 2
    before=$(processor)
    timed "$key-$name" "$@"
    keep "$key-cpu-$name" "$(awk "BEGIN { print ($(processor) - $before) / $(getconf CLK_TCK) }")"
}

keep() { # keep KEY VALUE
    printf '%s\n' "$2" >>"$SCRATCH/times/$1"
}

started() {
    at b "$TUNIC" relay t0 config "$1" mtu 1440
    relay=$!
    until_true 60 relay_works || {
        cat "$log"
        exit 1
    }
}

memory() { # memory FIELD
    awk -v field="$1:" '$1 == field { print $2 * 1024 }' "/proc/$relay/$2"
}

transfer() { # transfer KEY WORD…
    local key=$1
    shift
    run inside a timeout $((seconds + 10)) iperf3 -J -O 1 -t "$seconds" -c 10.77.0.2 "$@"
    [ "$STATUS" -eq 0 ] || return
    keep "$key" "$(jq '.end.sum_received.bits_per_second / 1e9' "$STDOUT")"
}

one() { # one NAME
    : >"$log"
    timed "start-$1" started "$SCRATCH/$1.conf"
    keep "start-cpu-$1" "$(awk "BEGIN { print $(processor) / $(getconf CLK_TCK) }")"
    keep "memory-$1" "$(memory Pss smaps_rollup)"
    keep "peak-$1" "$(memory VmHWM status)"
    spent show "$1" wg show t0
    spent sync "$1" wg syncconf t0 "$SCRATCH/$1.wg"
    spent idle "$1" sleep "$quiet"
    crypt a mtu 1440 peer "${public[b]}" endpoint 10.99.0.2
    if until_true 20 answers; then
        at b iperf3 -s
        until_true 5 listens 5201
        transfer "to-$1"
        transfer "from-$1" -R
    fi
    tunnel_down
    rm -f /var/run/wireguard/*
}

# ---- the report ----

# line WHAT KEY UNIT FACTOR: both, and how often one is the other.
line() {
    awk -v what="$1" -v one="$(median "$2-single")" -v many="$(median "$2-many")" -v unit="$3" \
        -v factor="$4" 'BEGIN {
            printf "%-40s %12.3f %12.3f %-8s", what, one * factor, many * factor, unit
            if (one > 0)
                printf " %8.2f", many / one
            printf "\n" }'
}

ends
wireguard_keys
umask 077
config single 0 10.78 fd77:
config many "$count" 10.78 fd77:
config routed "$count" 10.177 fd78:
for ((round = 0; round < rounds; round++)); do
    if [ $((round % 2)) -eq 0 ]; then
        one single
        one many
    else
        one many
        one single
    fi
done
: >"$log"
timed start-routed started "$SCRATCH/routed.conf"
tunnel_down

printf '%s peers, %s s each, %s rounds, medians, %s processors, Linux %s\n' "$count" "$seconds" \
    "$rounds" "$(nproc)" "$(uname -r)"
printf '%-40s %12s %12s %-8s %8s\n' '' 'one peer' 'and these' '' ratio
line 'until it works' start s 1
line '  of the processor' start-cpu s 1
line 'wg show' show s 1
line '  of the processor' show-cpu s 1
line 'wg syncconf, nothing to change' sync s 1
line '  of the processor' sync-cpu s 1
line "of the processor in $quiet s of silence" idle-cpu s 1
line 'memory (PSS)' memory MiB 9.5367e-7
line 'memory at most' peak MiB 9.5367e-7
line 'a stream to it' to Gbit/s 1
line 'a stream from it' from Gbit/s 1
awk -v one="$(median memory-single)" -v many="$(median memory-many)" -v count="$count" \
    'BEGIN { printf "%-40s %25.0f bytes\n", "memory of a peer", (many - one) / count }'
printf '%-40s %25.3f s\n' "until it works, with $((2 * count)) routes" "$(median start-routed)"
leave
