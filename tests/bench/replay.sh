#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A capture file given to the kernel as fast as it goes, beside tcpreplay:
#
#   sudo tests/bench/replay.sh [PACKETS=300000] [ROUNDS=5]
#
#     ours       FILE ──▶ attach replay fast ──┐
#                                              ├──▶ /dev/net/tun ──▶ tap0 ──▶ kernel
#     write      FILE ──▶ tcpreplay -t ────────┘
#     preloaded  the same with -K: all of the file is read before the first packet is sent
#     veth       FILE ──▶ tcpreplay -t ──▶ packet socket ──▶ out0 ──▶ in0 ──▶ kernel
#
# The first two do the same work: a write for each frame, which the kernel takes in. But tcpreplay
# writes to a tap only where it believes that it makes it, for which it looks into /sys: so there is
# none here. Of an interface that it finds it sends the frames *out*, to whoever reads the tap; how
# one usually has the kernel take packets in with it is the last, a pair of interfaces. For a tun it
# has nothing. The frames are to somebody else's address, so that the kernel drops them at once.
# Times are of whole commands, with their start, which "one packet" shows. After each run the
# interface must have counted all packets.
#
# A ratio is our packets per second through the peer's: above 1, tunic is faster.

# shellcheck source=tests/bench/measure.sh
. "$(dirname "$0")/measure.sh"
isolate "$@"
need tcpreplay perl

count=${1:-300000}
rounds=${2:-5}

# capture FILE PACKETS SIZE…: frames of these sizes in turn, a microsecond apart.
# shellcheck disable=SC2016 # for perl
capture_program='use strict; my ($count, @sizes) = @ARGV; binmode STDOUT;
    my @frames = map { pack("H*", "020000000099" . "020000000007" . "0800") .
        pack("C2 n3 C2 n N2", 0x45, 0, $_ - 14, 0, 0, 64, 17, 0, 0x0A4D0002, 0x0A4D0063) .
        pack("n4", 1000, 1001, $_ - 34, 0) . "\0" x ($_ - 42) } @sizes;
    print pack("V v2 V4", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1);
    for my $i (0 .. $count - 1) {
        my $frame = $frames[$i % @frames];
        print pack("V4", 1e9 + int($i / 1e6), $i % 1e6, length $frame, length $frame), $frame;
    }'
capture() {
    local file=$1
    shift
    perl -e "$capture_program" "$@" >"$file"
}

received() { # received DEVICE
    awk -v device="$1:" '$1 == device { print $3 }' /proc/net/dev
}
# sent KEY DEVICE PACKETS COMMAND…: timed, and whether the kernel got them all.
sent() {
    local key=$1 device=$2 packets=$3 before
    shift 3
    before=$(received "$device")
    timed "$key" "$@"
    [ "$(received "$device")" -eq $((before + packets)) ] && return
    printf 'the kernel got %s of %s packets: %.200s\n' $(($(received "$device") - before)) \
        "$packets" "$*"
    exit 1
}

rate() { # rate WHAT LOAD PACKETS PEER
    awk -v what="$1" -v packets="$3" -v ours="$(median "$2-ours")" -v peer="$(median "$2-$4")" \
        -v spread="($(spread "$2-ours"))" 'BEGIN { printf "%-40s %12.0f %18s %12.0f %9.2f\n",
            what, packets / ours, spread, packets / peer, peer / ours }'
}

sysctl -qw net.ipv6.conf.default.disable_ipv6=1
ip tuntap add tap0 mode tap
ip link add out0 type veth peer name in0
for device in tap0 out0 in0; do
    ip link set "$device" up
done
mount -t tmpfs tmpfs /sys
capture "$SCRATCH/one" 1 60
capture "$SCRATCH/small" "$count" 60
capture "$SCRATCH/large" "$count" 1514
capture "$SCRATCH/mixed" "$count" 60 60 60 60 60 60 60 590 590 590 590 1514
declare -A packets=([one]=1 [small]=$count [large]=$count [mixed]=$count)
programs=(ours write preloaded veth)

for ((round = 0; round < rounds; round++)); do
    for load in one small large mixed; do
        for ((i = 0; i < ${#programs[@]}; i++)); do
            program=${programs[(i + round) % ${#programs[@]}]}
            device=tap0
            case $program in
            ours) command=("$TUNIC" attach tap0 replay "$SCRATCH/$load" fast) ;;
            write) command=(tcpreplay -q -t -i tap0 "$SCRATCH/$load") ;;
            preloaded) command=(tcpreplay -q -K -t -i tap0 "$SCRATCH/$load") ;;
            veth)
                device=in0
                command=(tcpreplay -q -t -i out0 "$SCRATCH/$load")
                ;;
            esac
            sent "$load-$program" "$device" "${packets[$load]}" "${command[@]}"
        done
    done
done

printf '%s packets, %s rounds, medians, %s, %s processors, Linux %s\n' "$count" "$rounds" \
    "$(tcpreplay -V 2>&1 | sed -n 's/^tcpreplay \(version: [^ ]*\).*/tcpreplay \1/p')" "$(nproc)" \
    "$(uname -r)"
printf '%-40s %12s %18s %12s %9s\n' 'packets a second' tunic '(spread, ms)' peer ratio
for peer in "${programs[@]:1}"; do
    rate "one packet ($peer)" one 1 "$peer"
    rate "60 bytes ($peer)" small "$count" "$peer"
    rate "1514 bytes ($peer)" large "$count" "$peer"
    rate "7:4:1 of 60, 590, 1514 ($peer)" mixed "$count" "$peer"
done
leave
