#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Capture files that are given to the kernel, and what it gets of them and when.
#
#     ┌── "a" ──────────────────────┐            ┌── "b" ──────────────────────────┐
#     │ ping ──▶ t0 ──▶ attach write │── FILE ──▶ │ attach replay ──▶ t0 ──▶ tcpdump │
#     └─────────────────────────────┘            └─────────────────────────────────┘
#
# The median of the lateness must be within 1 ms; the worst is told, but a busy machine has its say
# in that.

# shellcheck source=tests/netns/common
. "$(dirname "$0")/common" "$@"
need tcpdump perl ping script

# ---- files ----

# make FILE LINKTYPE [FORM] < lines of "SECONDS HEX [LENGTH]": a capture file of such packets, of
# which LENGTH bytes were on the wire. FORM: nano (little endian, nanoseconds), micro, big
# (endian, microseconds), ng (pcapng, microseconds).
# shellcheck disable=SC2016 # for perl
make_program='use strict; my ($type, $form) = @ARGV; my $big = $form eq "big";
    my ($word, $half) = $big ? ("N", "n") : ("V", "v");
    my $parts = $form eq "nano" ? 1_000_000_000 : 1_000_000;
    sub block { my ($kind, $body) = @_; $body .= "\0" x (-length($body) & 3);
        my $size = 12 + length $body; pack("V2", $kind, $size) . $body . pack("V", $size) }
    binmode STDOUT;
    print $form eq "ng" ? block(0x0A0D0D0A, pack("V v2 V2", 0x1A2B3C4D, 1, 0, -1, -1)) .
            block(1, pack("v2 V", $type, 0, 262144))
        : pack("$word $half$half $word" . "4", $parts == 1_000_000 ? 0xA1B2C3D4 : 0xA1B23C4D, 2, 4,
            0, 0, 262144, $type);
    while (<STDIN>) {
        my ($time, $hex, $length) = split; my $bytes = pack "H*", $hex;
        $length //= length $bytes; my ($seconds, $rest) = split /[.]/, $time;
        my $part = int(substr(($rest // "") . "000000000", 0, 9) / (1_000_000_000 / $parts));
        if ($form eq "ng") {
            my $all = $seconds * $parts + $part;
            print block(6, pack("V5", 0, $all >> 32, $all & 0xFFFFFFFF, length $bytes, $length) .
                $bytes);
        } else {
            print pack($word . "4", $seconds, $part, length $bytes, $length), $bytes;
        }
    }'
make() {
    perl -e "$make_program" "$2" "${3:-micro}" >"$1"
}

# packets FILE: each as a line "SECONDS HEX", of pcap files as this machine writes them.
# shellcheck disable=SC2016 # for perl
packets_program='use strict; local $/; binmode STDIN; my $all = <STDIN>; my $at = 24;
    my $parts = unpack("L", $all) == 0xA1B23C4D ? 9 : 6;
    while ($at + 16 <= length $all) {
        my ($seconds, $part, $kept) = unpack "L3", substr $all, $at, 16;
        printf "%d.%0*d %s\n", $seconds, $parts, $part, unpack "H*", substr $all, $at + 16, $kept;
        $at += 16 + $kept;
    }'
packets() {
    perl -e "$packets_program" <"$1"
}
contents() {
    packets "$1" | cut -d' ' -f2
}

# udp NUMBER: an IPv4 packet to port NUMBER, as hexadecimal; frame NUMBER: on Ethernet.
udp() {
    printf '4500002000000000401100000a4d00020a4d0063%04x%04x000c000068690000' 1000 "$1"
}
frame() {
    printf 'ffffffffffff0200000000070800%s' "$(udp "$1")"
}

# numbered COUNT [STEP]: packets to the ports 1 to COUNT, STEP seconds apart.
numbered() {
    local i
    for ((i = 1; i <= $1; i++)); do
        printf '%s %s\n' "$(awk "BEGIN { printf \"%.9f\", 1700000000 + $i * ${2:-0} }")" "$(udp "$i")"
    done
}

# ---- what the kernel gets ----

listen() { # listen [DEVICE]
    rm -f "$SCRATCH/got" "$SCRATCH/tcpdump"
    ip netns exec "tunic-$test_id-b" tcpdump -i "${1:-t0}" -Q in -n -s 2000 -B 4096 -U \
        --immediate-mode --time-stamp-precision=nano -w "$SCRATCH/got" 2>"$SCRATCH/tcpdump" &
    listener=$!
    until_true 5 grep -q 'listening on' "$SCRATCH/tcpdump" || fail 'tcpdump listens'
}

got_as_many() {
    [ "$(contents "$SCRATCH/got" | wc -l)" -ge "$1" ]
}

# heard COUNT: waits until so many have come, and no longer listens.
heard() {
    until_true 5 got_as_many "$1"
    kill -INT "$listener"
    wait "$listener"
}

# check_heard WHAT FILE: what came is what the file has.
check_heard() {
    heard "$(contents "$2" | wc -l)"
    check_equal "$1" "$(contents "$2")" "$(contents "$SCRATCH/got")"
}

ports() { # of the IPv4 packets that came, on one line
    contents "$SCRATCH/got" | perl -ne 'printf "%d ", hex substr $_, 44, 4'
}

b() {
    inside b timeout 20 "$TUNIC" attach "$@"
}
# stream WORD…: in the background, its pid in $replaying; standard input is the caller's.
stream() {
    ip netns exec "tunic-$test_id-b" env --default-signal=INT "$TUNIC" attach "$@" \
        >"$SCRATCH/stream" 2>&1 <&0 &
    replaying=$!
}
# ends WHAT EXIT: what runs in the background, with this code, within 5 seconds.
ends() {
    until_true 5 stream_gone || kill -KILL "$replaying"
    STATUS=0
    wait "$replaying" || STATUS=$?
    check_equal "$1" "$2" "$STATUS"
}
stream_gone() {
    ! kill -0 "$replaying" 2>/dev/null || grep -q '^State:.*Z' "/proc/$replaying/status"
}
taken() { # by the kernel, of t0
    inside b cat /sys/class/net/t0/statistics/rx_packets
}
counted() { # counted NUMBER: whether it has taken so many since $before
    [ "$(taken)" -ge $((before + $1)) ]
}
waits() { # for a descriptor
    grep -q poll "/proc/$replaying/wchan"
}

namespace a
namespace b
for end in a b; do
    inside "$end" sysctl -qw net.ipv6.conf.default.disable_ipv6=1
    inside "$end" "$TUNIC" add t0 mode tun addr 10.77.0.1/24 up
    inside "$end" "$TUNIC" add p0 mode tap addr 10.78.0.1/24 up
done
cd "$SCRATCH" || exit 1

# ---- what was written comes back ----
ping_all() { # ping_all DEVICE HOST
    local size
    for size in 0 1 56 999 1472; do
        inside a ping -q -c 2 -i 0.01 -W 0.01 -s "$size" -I "$1" "$2"
    done
}
for device in t0 p0; do
    host=10.77.0.2
    if [ "$device" = p0 ]; then
        host=10.78.0.2
        ip -n "tunic-$test_id-a" neigh add "$host" lladdr 02:00:00:00:00:99 dev p0 nud permanent
    fi
    ip netns exec "tunic-$test_id-a" timeout 20 "$TUNIC" attach "$device" count 10 write written \
        2>/dev/null &
    writer=$!
    until_true 5 inside a grep -q 1 "/sys/class/net/$device/carrier"
    ping_all "$device" "$host" >/dev/null
    check_true "$device: a file is written" wait "$writer"
    check_equal "$device: of 10 packets" 10 "$(contents written | wc -l)"
    listen "$device"
    check "$device: it is replayed" 0 b "$device" replay written
    check_stderr "$device: and summed up" "10 packets sent
0 packets refused by kernel
0 packets cut short or too long, not sent"
    check_heard "$device: the kernel gets the same packets" written
done

# ---- when ----
# Gaps of 0 to 6 ms, and of each ten packets three at once.
awk 'BEGIN { srand(1); time = 0.123456789
    for (i = 1; i <= 200; i++) {
        if (i % 10 > 2) time += rand() * 0.006
        printf "1700000009.%09d\n", time * 1e9 } }' >gaps
paste -d' ' gaps <(numbered 200 | cut -d' ' -f2) | make timing 101 nano
# late FILE: median and worst milliseconds that those that came are later than the file's, beside
# the one that was least so.
# shellcheck disable=SC2016 # for perl
late() {
    paste -d' ' <(packets "$1") <(packets got) | perl -ane '
        sub parts { my ($s, $n) = split /[.]/, shift; ($s % 100000) * 1e3 + $n / 1e6 }
        push @late, parts($F[2]) - parts($F[0]);
        END { @late = sort { $a <=> $b } @late;
            printf "%.3f %.3f\n", $late[@late / 2] - $late[0], $late[-1] - $late[0] }'
}
listen
check 'in its timing' 0 b t0 replay timing
check_heard 'all of them come, in their order' timing
read -r median worst < <(late timing)
check_true "half of them within 1 ms (median $median ms, worst $worst ms)" \
    awk "BEGIN { exit !($median <= 1) }"

printf '%s\n' "5000.0 $(udp 1)" "4000.9 $(udp 2)" "5000.05 $(udp 3)" "0 $(udp 4)" | make back 101
listen
check 'times that go back' 0 b t0 replay back
heard 4
check_equal 'are sent at once, in their order' '1 2 3 4 ' "$(ports)"
numbered 2 0.06 | make gap 101
listen
check 'three rounds' 0 b t0 replay gap loop 3
heard 6
# shellcheck disable=SC2016 # for awk
check_true 'each in its timing' awk '
    { split($1, parts, "."); time = parts[1] % 100000 + ("0." parts[2]) }
    NR == 1 { first = time } END { exit !(NR == 6 && time - first > 0.179) }' <(packets got)
numbered 3 1000 | make slow 101
listen
check 'fast waits for none' 0 b t0 replay slow fast
heard 3
check_equal 'and they come in their order' '1 2 3 ' "$(ports)"

# ---- which, and how often ----
numbered 5 | make five 101
listen
check 'three times' 0 b t0 replay five loop 3
check_stderr_like 'are summed up' '^15 packets sent'
heard 15
check_equal 'each from the beginning' '1 2 3 4 5 1 2 3 4 5 1 2 3 4 5 ' "$(ports)"
listen
check 'as many as are asked for' 0 b t0 count 7 replay five loop 3
heard 7
check_equal 'over the rounds' '1 2 3 4 5 1 2 ' "$(ports)"
listen
check 'those that fit' 0 b t0 filter 'udp dst port 2 or dst port 4' replay five loop 2
check_stderr_like 'are counted' '^4 packets sent'
heard 4
check_equal 'are sent' '2 4 2 4 ' "$(ports)"
{
    echo "1000 $(udp 1)"
    echo "9000 $(udp 2)"
    echo "9000.001 $(udp 3)"
} | make late 101
check 'the time counts from the first that fits' 0 b t0 filter 'not udp dst port 1' replay late
check 'round about without a packet that fits' 0 b t0 filter tcp replay five loop 2000
check_stderr_like 'sends nothing' '^0 packets sent'

# ---- every form ----
for form in micro nano big ng; do
    numbered 5 0.001 | make "form-$form" 101 "$form"
    listen
    check "$form" 0 b t0 replay "form-$form"
    heard 5
    check_equal "$form: all come" '1 2 3 4 5 ' "$(ports)"
done
for type in 12 14 101 228 229; do
    numbered 2 | make "type" "$type"
    check "link type $type is for a tun" 0 b t0 replay type
    check "link type $type is not for a tap" 1 b p0 replay type
    check_stderr_like "link type $type: why" \
        "^tunic: attach p0: cannot replay 'type': it has IP packets, and a tap takes Ethernet frames \(a tun"
done
echo "1 $(frame 1)" | make ethernet 1
check 'frames are for a tap' 0 b p0 replay ethernet
check_stderr_like 'and sent' '^1 packet sent'
check 'and not for a tun' 1 b t0 replay ethernet
check_stderr_like 'why' "^tunic: attach t0: cannot replay 'ethernet': it has Ethernet frames, and a tun takes IP packets \(a tap"
check_stderr_unlike 'there is nothing to sum up' 'sent'
echo "1 $(udp 1)" | make cooked 113
for device in t0 p0; do
    check "$device: neither takes others" 1 b "$device" replay cooked
    check_stderr_like "$device: they are named" "cannot replay 'cooked': it has packets of type LINUX_SLL"
done

# ---- packets that are none ----
{
    echo "1 $(udp 1)"
    echo "1 $(udp 2) 1500"
    echo "1 $(printf '45%0140000d' 0)"
    echo "1 00$(udp 3)"
    echo "1 $(udp 4)"
} | make bad 101
listen
check 'packets that are none' 0 b t0 replay bad
check_stderr 'are counted' '2 packets sent
1 packet refused by kernel
2 packets cut short or too long, not sent'
heard 2
check_equal 'and the others sent' '1 4 ' "$(ports)"
inside b "$TUNIC" set t0 down
check 'while it is down' 0 b t0 replay five
check_stderr_like 'is told before' 'it is down'
check_stderr_like 'all are refused' '^5 packets refused by kernel'
check_stderr_like 'and none is sent' '^0 packets sent'
inside b "$TUNIC" set t0 up

# ---- files that are none ----
refused() { # refused WHAT FILE REGEX
    check "$1" 1 b t0 replay "$2"
    check_stderr_like "$1: why" "^tunic: attach t0: cannot read '$2': $3"
}
: >empty
echo 'not a capture file, but long enough for the header of one' >text
head -c 10 five >header
head -c 30 five >record
head -c 100 five >data
mkdir -p folder
refused 'no file' nosuch 'No such file'
refused 'a folder' folder 'Is a directory'
refused 'an empty one' empty 'it is empty$'
refused 'a text' text '.*\(pcap and pcapng files are taken'
refused 'half a header' header 'truncated'
refused 'half a record' record 'truncated'
check_stderr_unlike 'nothing was sent of it' 'sent'
refused 'half a packet' data 'truncated'
check_stderr_like 'what came before was sent' '^1 packet sent'
check 'a name that a terminal would obey' 1 b t0 replay $'\x1b'
check_stderr_like 'is escaped' "cannot read '[\\]x1b'"
cp five unreadable
chmod 600 unreadable
ip netns exec "tunic-$test_id-b" "$TUNIC" add u0 mode tun user 1234 up
become 1234:1234
check 'one that the user may not read' 6 inside b "${become[@]}" "$PROGRAM" -f "$NODE" \
    attach u0 replay unreadable
check_stderr_like 'is told' "cannot read 'unreadable': Permission denied"
chmod 644 five
check 'one that he may' 0 inside b "${become[@]}" "$PROGRAM" -f "$NODE" attach u0 replay five

# ---- standard input ----
listen
check 'a pipe' 0 bash -c 'cat five | "$@"' - ip netns exec "tunic-$test_id-b" "$TUNIC" \
    attach t0 replay -
check_heard 'all of it is sent' five
check 'more than once' 2 b t0 replay - loop 2
check_stderr_like 'cannot be' 'standard input is read only once'
check 'an empty one' 1 b t0 replay -
check_stderr_like 'is told' 'cannot read standard input: it is empty'
check 'a terminal' 2 script -qec "ip netns exec tunic-$test_id-b $TUNIC attach t0 replay -" /dev/null
check_stdout_like 'is told' 'a terminal gives no pcap file'

mkfifo pipe
exec 7<>pipe
before=$(taken)
head -c 100 five >&7
stream t0 replay - <&7
check_true 'of a slow one, what is there' until_true 5 counted 1
tail -c +101 five >&7
check_true 'and what comes' until_true 5 counted 5
kill -INT "$replaying"
ends 'a signal ends the wait for more' 0
check_true 'and it is summed up' grep -q '^5 packets sent' stream
head -c 90 five >&7
stream t0 replay - <&7
check_true 'half a packet' until_true 5 waits
kill -TERM "$replaying"
ends 'is waited for, and no longer than a signal' 0
stream t0 replay pipe </dev/null
check_true 'a pipe with a name' until_true 5 waits
kill -INT "$replaying"
ends 'is waited for, and no longer than a signal' 0
exec 7>&-
rm pipe
mkfifo pipe
stream t0 replay pipe </dev/null
check_true 'one without a writer' until_true 5 waits
cat five >pipe
ends 'is replayed when it has one' 0
check_true 'as a whole' grep -q '^5 packets sent' stream

# ---- what ends it ----
before=$(taken)
stream t0 replay slow </dev/null
check_true 'the first is sent at once' until_true 5 counted 1
check_true 'a time that is far away' until_true 5 waits
kill -INT "$replaying"
ends 'is waited for, and no longer than a signal' 0
check_true 'what came before was sent' grep -q '^1 packet sent' stream
before=$(taken)
stream t0 replay five fast loop 4294967295 </dev/null
check_true 'one that goes fast' until_true 5 counted 10000
kill -INT "$replaying"
ends 'ends by a signal too' 0
for what in 'slow' 'five fast loop 4294967295' 'pipe'; do
    inside b "$TUNIC" add d0 mode tun up
    # shellcheck disable=SC2086 # words they are
    stream d0 replay $what </dev/null
    check_true "$what: it runs" until_true 5 inside b grep -q 1 /sys/class/net/d0/carrier
    ip -n "tunic-$test_id-b" link del d0
    ends "$what: it is deleted" 3
    check_true "$what: is told" grep -q '^tunic: attach d0: it was deleted' stream
done
finish
