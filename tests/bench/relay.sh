#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The relay beside the other tunnels that are installed: those that do not encrypt, or those that do
#
#   sudo tests/bench/relay.sh [plain|encrypted] [SECONDS=5] [ROUNDS=3] [TUNNEL…] [LOAD…]
#
#     ┌── "a" ──────────────────┐          ┌── "b" ──────────────────┐
#     │ iperf3, ping            │          │        nft, iperf3      │
#     │   └─ t0 ── tunnel ──────┼── veth ──┼────── tunnel ── t0 ─┘   │
#     └─────────────────────────┘          └─────────────────────────┘
#
# One tunnel after the other, in another order each round; medians. Loads, each for SECONDS:
#
#   idle    a round trip where nothing else is going on, ms (200 pings)
#   stream  one TCP connection: what arrives, Gbit/s
#   small   UDP of 64 bytes, as much as can be sent: datagrams a second that t0 at "b" takes in,
#           where they are dropped before anything else is done with them
#   mixed   the same of 16 flows at once, of 8 sizes: datagrams a second, and Gbit/s
#
# CPU: seconds that the programs at both ends need for a GB which t0 at "b" takes in; the kernel's
# own tunnel has none. A ratio above 1: better than the kernel's vxlan, or than the best of the
# other peers. SIMPLETUN names the original; otherwise a stand-in is compiled. WIREGUARD_GO names
# another one than is installed. The machine should do nothing else.

# shellcheck source=tests/bench/measure.sh
. "$(dirname "$0")/measure.sh"
isolate "$@"
need iperf3 nft jq ss ping

group=plain
case ${1:-} in
plain | encrypted)
    group=$1
    shift
    ;;
esac
seconds=${1:-5}
rounds=${2:-3}
SIMPLETUN=${SIMPLETUN:-$SCRATCH/simpletun}
if [ "$SIMPLETUN" = "$SCRATCH/simpletun" ]; then
    "${CC:-cc}" -O2 -std=c11 -D_GNU_SOURCE -o "$SIMPLETUN" "$ROOT/tests/interop/simpletun.c"
fi
# shellcheck source=tests/bench/tunnels
. "$ROOT/tests/bench/tunnels"
[ "$group" = plain ] || tunnels=("${encrypted[@]}")

loads=(idle stream small mixed)
sizes=(64 128 256 512 768 1024 1200 1350) # of the datagrams to port 5201, and so on
flows=2                                   # of each size

# choose WORD…: what is measured, where not everything.
choose() {
    local word wanted_tunnels=() wanted_loads=()
    for word; do
        case " ${tunnels[*]} | ${loads[*]} " in
        *" $word "*'|'*) wanted_tunnels+=("$word") ;;
        *'|'*" $word "*) wanted_loads+=("$word") ;;
        *)
            printf '%s: no tunnel (%s) and no load (%s)\n' "$word" "${tunnels[*]}" "${loads[*]}"
            # shellcheck disable=SC2034 # of library.sh
            test_finished=1
            exit 2
            ;;
        esac
    done
    [ "${#wanted_tunnels[@]}" -eq 0 ] || tunnels=("${wanted_tunnels[@]}")
    [ "${#wanted_loads[@]}" -eq 0 ] || loads=("${wanted_loads[@]}")
}

# Drops what floods. iperf3 begins with a datagram of a few bytes, which must get through.
far_end() {
    local i
    printf 'add table ip bench\nadd chain ip bench floods { type filter hook prerouting priority -300; }\n'
    for i in "${!sizes[@]}"; do
        printf 'add rule ip bench floods udp dport %s meta length > 80 counter drop\n' $((5201 + i))
    done
}

# ---- asking ----

# Ticks that the programs of the tunnel have had.
ticks() {
    local end pid name sum=0 fields
    for end in a b; do
        for pid in $(ip netns pids "tunic-$test_id-$end"); do
            name=$(cat "/proc/$pid/comm" 2>/dev/null) || continue
            [ "$name" != iperf3 ] || continue
            fields=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null) || continue
            # shellcheck disable=SC2086 # words they are
            set -- $fields
            sum=$((sum + ${12} + ${13}))
        done
    done
    printf '%s\n' "$sum"
}

far_bytes() {
    inside b cat /sys/class/net/t0/statistics/rx_bytes
}

# Datagrams and their bytes that came in for the floods' ports. A super-packet is one packet with
# one header: how many it stands for follows from its bytes.
floods() {
    inside b nft list chain ip bench floods | awk -v sizes="${sizes[*]}" '
        BEGIN { split(sizes, size, " ") }
        / counter packets / {
            for (i = 1; i < NF; i++) { if ($i == "packets") packets = $(i + 1); if ($i == "bytes") bytes = $(i + 1) }
            payload = bytes - 28 * packets; n++
            datagrams += payload / size[n]; all += payload
        }
        END { printf "%.0f %.0f\n", datagrams, all }'
}

keep() { # keep KEY VALUE
    printf '%s\n' "$2" >>"$SCRATCH/times/$1"
}

# ---- loads ----

# flood INDEX FLOWS: with the size of this index.
flood() {
    inside a timeout $((seconds + 10)) iperf3 -u -b 0 -c 10.77.0.2 -p $((5201 + $1)) \
        -l "${sizes[$1]}" -P "$2" -t "$seconds" >/dev/null 2>&1
}

load_stream() {
    run inside a timeout $((seconds + 10)) iperf3 -J -O 1 -t "$seconds" -c 10.77.0.2
    [ "$STATUS" -eq 0 ] || return
    keep "stream-$1" "$(jq '.end.sum_received.bits_per_second / 1e9' "$STDOUT")"
}

load_small() {
    flood 0 1
}

load_mixed() {
    local i pids=()
    for i in "${!sizes[@]}"; do
        flood "$i" "$flows" &
        pids+=($!)
    done
    wait "${pids[@]}"
}

load_idle() {
    run inside a ping -q -c 200 -i 0.002 10.77.0.2
    [ "$STATUS" -eq 0 ] || return
    keep "idle-$1" "$(awk -F/ '/^rtt/ { print $5 }' "$STDOUT")"
}

# measure TUNNEL LOAD
measure() {
    local ticks bytes before after
    ticks=$(ticks) bytes=$(far_bytes) before=$(floods)
    "load_$2" "$1"
    ticks=$(($(ticks) - ticks)) bytes=$(($(far_bytes) - bytes)) after=$(floods)
    case $2 in
    small | mixed)
        keep "$2-$1" "$(awk "BEGIN { print (${after% *} - ${before% *}) / $seconds }")"
        keep "$2-bits-$1" "$(awk "BEGIN { print (${after#* } - ${before#* }) * 8e-9 / $seconds }")"
        ;;
    idle) return ;;
    esac
    [ "$bytes" -eq 0 ] ||
        keep "$2-cpu-$1" "$(awk "BEGIN { print $ticks / $(getconf CLK_TCK) / ($bytes / 1e9) }")"
}

servers() {
    local i
    for i in "${!sizes[@]}"; do
        at b iperf3 -s -p $((5201 + i))
    done
    for i in "${!sizes[@]}"; do
        until_true 5 listens $((5201 + i))
    done
}

one_round() { # one_round NUMBER
    local i tunnel load
    for ((i = 0; i < ${#tunnels[@]}; i++)); do
        tunnel=${tunnels[(i + $1) % ${#tunnels[@]}]}
        if tunnel_up "$tunnel"; then
            servers
            for load in "${loads[@]}"; do
                measure "$tunnel" "$load"
            done
        else
            printf '%s: no ping gets through; it said:\n' "$tunnel"
            tail -n 5 "$log"
        fi
        tunnel_down
    done
}

# ---- the report ----

# The best of the peers but for the kernel's. best KEY LESS: LESS 1 where less is better.
best() {
    local tunnel
    for tunnel in "${tunnels[@]}"; do
        case $tunnel in
        tunic-* | vxlan) ;;
        *) median "$1-$tunnel" ;;
        esac
    done | sort -g | if [ "$2" = 1 ]; then head -n 1; else tail -n 1; fi
}

# report KEY LESS UNIT
report() {
    local tunnel
    printf '\n%-12s %16s %12s %12s %14s\n' "${1%-bits}" "$3" 'CPU s/GB' 'to vxlan' 'to best peer'
    for tunnel in "${tunnels[@]}"; do
        awk -v tunnel="$tunnel" -v value="$(median "$1-$tunnel")" \
            -v cpu="$(median "${1%-bits}-cpu-$tunnel")" -v vxlan="$(median "$1-vxlan")" \
            -v best="$(best "$1" "$2")" -v less="$2" '
            function ratio(to) {
                if (to == "" || to + 0 == 0 || value + 0 == 0)
                    return "-"
                return sprintf("%.2f", less ? to / value : value / to)
            }
            BEGIN {
                shown = value == "" ? "-" : sprintf(value < 1000 ? "%.3f" : "%.0f", value)
                used = cpu == "" || tunnel == "vxlan" ? "-" : sprintf("%.2f", cpu)
                printf "%-12s %16s %12s %12s %14s\n", tunnel, shown, used, ratio(vxlan), ratio(best)
            }'
    done
}

report_load() {
    case $1 in
    stream) report stream 0 Gbit/s ;;
    small) report small 0 datagrams/s ;;
    mixed)
        report mixed 0 datagrams/s
        report mixed-bits 0 Gbit/s
        ;;
    idle) report idle 1 ms ;;
    esac
}

choose "${@:3}"
installed=()
for tunnel in "${tunnels[@]}"; do
    if command -v "$(tunnel_program "$tunnel")" >/dev/null; then
        installed+=("$tunnel")
    else
        printf '%s: skipped, %s is not installed\n' "$tunnel" "$(tunnel_program "$tunnel")"
    fi
done
tunnels=("${installed[@]}")
ends
far_end | inside b nft -f -
for ((round = 0; round < rounds; round++)); do
    one_round "$round"
done
printf '%s tunnels, %s s each, %s rounds, medians, %s processors, Linux %s\n' "$group" "$seconds" \
    "$rounds" "$(nproc)" "$(uname -r)"
for load in "${loads[@]}"; do
    report_load "$load"
done
leave
