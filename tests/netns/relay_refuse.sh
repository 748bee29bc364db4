#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What a relay must not take: words that would make it unsafe, datagrams of strangers, and bytes that
# are no packets.
#
#     ┌── "a" ──────────────────────────┐          ┌── "b" ───────────────────────────┐
#     │ under  10.99.0.1: the peer      │          │ relay listens, from 10.99.0.1    │
#     │        10.99.0.3: a stranger ───┼── veth ──┼─ under 10.99.0.2                 │
#     └─────────────────────────────────┘          └──────────────────────────────────┘
#
# TUNIC_GARBAGE says how many malformed datagrams, 20000 otherwise.

# shellcheck disable=SC2016 # for perl
# shellcheck source=tests/netns/tunnel
. "$(dirname "$0")/tunnel" "$@"
need perl
ends
ip -n "tunic-$test_id-a" addr add 10.99.0.3/24 dev under
garbage=${TUNIC_GARBAGE:-20000}

# ---- words ----
check 'without keys and without insecure' 2 inside b "$TUNIC" relay t0 mode tun listen 55555 from any
check_stderr_like 'says why' 'insecure'
check 'a listener without from' 2 inside b "$TUNIC" relay t0 mode tun insecure listen 55555
check_stderr_like 'says why' 'from'
check 'nobody to speak with' 2 inside b "$TUNIC" relay t0 mode tun insecure
check 'a port that is none' 2 inside b "$TUNIC" relay t0 mode tun insecure listen 65536 from any
check_false 'and nothing is made' ip -n "tunic-$test_id-b" link show t0
ip netns exec "tunic-$test_id-b" "$DATAGRAMS" answer 10.99.0.2 55555 &
holder=$!
until_true 5 inside b grep -q :D903 /proc/net/udp
check 'a port that is taken' 1 \
    inside b "$TUNIC" relay t0 mode tun insecure listen 10.99.0.2:55555 from any
check_stderr_like 'is told' '55555'
check_false 'and nothing is left' ip -n "tunic-$test_id-b" link show t0
kill "$holder"
wait "$holder" 2>/dev/null

# What the interface has been given: packets and errors.
taken() {
    inside b cat /sys/class/net/t0/statistics/rx_packets
}
rejected() {
    inside b bash -c 'cd /sys/class/net/t0/statistics; echo $(($(cat rx_errors) + $(cat rx_frame_errors) +
        $(cat rx_length_errors)))'
}
# A ping, to 10.77.0.2 from 10.77.0.1, in the program that sends it: perl.
library='use strict; use IO::Socket::INET;
    sub sum { my $s = 0; $s += $_ for unpack("n*", $_[0] . (length($_[0]) % 2 ? "\0" : ""));
        $s = ($s & 65535) + ($s >> 16) while $s >> 16; return ~$s & 65535; }
    sub ip { my ($protocol, $body) = @_;
        my $head = pack("CCnnnCCna4a4", 69, 0, 20 + length $body, 1, 0, 64, $protocol, 0,
            "\x0a\x4d\0\1", "\x0a\x4d\0\2");
        substr($head, 10, 2) = pack("n", sum($head));
        return $head . $body; }
    sub icmp { my $body = pack("CCnnn", 8, 0, 0, 7, $_[0]) . "x" x 56;
        substr($body, 2, 2) = pack("n", sum($body));
        return ip(1, $body); }
    my ($proto, $from, $count, $seed) = @ARGV;
    my $socket = IO::Socket::INET->new(Proto => $proto, LocalAddr => $from,
        PeerAddr => "10.99.0.2:55555") or die "connect: $!\n";
    srand($seed // 1);
    sub random { return join "", map { chr int rand 256 } 1 .. $_[0]; }
'
throw() {
    local program=$1
    shift
    inside a perl -e "$library $program" "$@"
}

# ---- strangers ----
mode=tun mtu=1400
# shellcheck disable=SC2046 # words they are
relay b $(attributes b) insecure listen 55555 from 10.99.0.1
pings='send($socket, icmp($_), 0) for 1 .. $count;'
check 'the peer sends packets' 0 throw "$pings" udp 10.99.0.1 20
check_true 'which are taken' until_true 5 counts b device_out 20
before=$(taken)
check 'a stranger sends some' 0 throw "$pings" udp 10.99.0.3 30
check_true 'which are counted' until_true 5 counts b refused 30
check_equal 'and dropped' "$before" "$(taken)"
check_equal 'he is not answered either' 20 "$(counter b device_out)"

# ---- garbage ----
# Random bytes; packets cut off; lengths and versions that lie. None of them is a packet.
bad='for my $i (1 .. $count) {
        my $good = icmp($i); my $kind = $i % 8; my $bad;
        if ($kind == 0) { $bad = random(1 + int rand 1400); vec($bad, 0, 8) = 0x70 | int rand 16; }
        elsif ($kind == 1) { $bad = substr($good, 0, 1 + int rand(length($good) - 1)); }
        elsif ($kind == 2) { $bad = $good; vec($bad, 0, 8) = 0x40 | int rand 5; }
        elsif ($kind == 3) { $bad = $good; substr($bad, 2, 2) = pack "n", 85 + int rand 60000; }
        elsif ($kind == 4) { $bad = $good; substr($bad, 2, 2) = pack "n", int rand 20; }
        elsif ($kind == 5) { $bad = pack("NnCC", 6 << 28, 41 + int rand 60000, 17, 64) . random(72); }
        elsif ($kind == 6) { $bad = pack("NnCC", 6 << 28, 0, 17, 64) . random(int rand 32); }
        else { $bad = substr($good, 0, 1); }
        send($socket, $bad, 0); select undef, undef, undef, 0.01 if $i % 500 == 0; }'
check "$garbage malformed datagrams" 0 throw "$bad" udp 10.99.0.1 "$garbage"
check_true 'are counted' until_true 10 counts b malformed "$garbage"
check_equal 'and not given to the interface' "$before" "$(taken)"
check_equal 'which complains of nothing' '0 0' "$(rejected) $(counter b device_refused)"
# IP that is whole, and in it TCP and UDP that is not: the kernel's to judge, one by one.
odd='for my $i (1 .. $count) {
        my $body = random(int rand 100);
        send($socket, ip($i % 2 ? 6 : 17, $body), 0); select undef, undef, undef, 0.01 if $i % 500 == 0; }'
check 'packets with odd contents' 0 throw "$odd" udp 10.99.0.1 5000
check_true 'are given to it' until_true 10 counts b device_out 5020
check_equal 'which complains of nothing' '0 0' "$(rejected) $(counter b device_refused)"
check 'an empty datagram' 0 throw 'send($socket, "", 0);' udp 10.99.0.1
check_true 'it lives' relay_works "${RELAY[b]}"
stop_relay b
check_equal 'and ends well' 0 "$STATUS"

# Frames that are shorter than their own header.
mode=tap
# shellcheck disable=SC2046
relay b $(attributes b) insecure listen 55555 from 10.99.0.1
check 'frames cut in their headers' 0 throw 'send($socket, random($_), 0) for 1 .. 13;' udp 10.99.0.1
check_true 'are counted' until_true 5 counts b malformed 13
check_equal 'and not given to the interface' '0 0 0' \
    "$(rejected) $(counter b device_out) $(counter b device_refused)"
stop_relay b
mode=tun

# ---- the stream ----
# shellcheck disable=SC2046 # words they are
relay b $(attributes b) proto tcp insecure listen 55555 from 10.99.0.1
# The connection is closed: what is read then is its end.
closed='my $end = ""; local $SIG{ALRM} = sub { die "still open\n" }; alarm 5;
    1 while sysread($socket, $end, 1000);'
# Whoever closes with an answer unread resets the connection, and what was sent may be lost.
frame='END { if ($socket) { shutdown $socket, 1; my $rest; 1 while sysread $socket, $rest, 65536; } }
    sub frame { return pack("n", length $_[0]) . $_[0]; }'
check 'a frame of no bytes closes the connection' 0 \
    throw 'syswrite $socket, "\0\0";'"$closed" tcp 10.99.0.1 1
check_true 'it is counted' until_true 5 counts b received_malformed 1
check 'the next connection is taken' 0 \
    throw "$frame"'syswrite $socket, frame(icmp($_)) for 1 .. 5;' tcp 10.99.0.1 1
check_true 'and its packets' until_true 5 counts b device_out 5
check 'in one write, and byte by byte' 0 throw "$frame"'
    syswrite $socket, join "", map { frame(icmp($_)) } 1 .. 200;
    $socket->setsockopt(6, 1, 1);
    for my $byte (split //, join "", map { frame(icmp($_)) } 1 .. 5) { syswrite $socket, $byte; }' \
    tcp 10.99.0.1 1
check_true 'they are taken' until_true 5 counts b device_out 210
before=$(taken)
check 'the end inside a frame' 0 throw 'syswrite $socket, pack("n", 1000) . "xxx";' tcp 10.99.0.1 1
check 'frames of garbage' 0 throw "$frame"'
    for my $i (1 .. $count) { my $bad = random(1 + int rand 1999);
        vec($bad, 0, 8) = 0x70 | int rand 16; syswrite $socket, frame($bad); }' tcp 10.99.0.1 2000
check_true 'are counted' until_true 10 counts b malformed 2000
check_equal 'and not given to the interface' "$before 0" "$(taken) $(rejected)"
check 'a stream of garbage, until it is closed' 0 throw '$SIG{PIPE} = "IGNORE";
    for (1 .. $count) { last unless syswrite $socket, random(1000); }' tcp 10.99.0.1 300
check 'a stranger is not listened to' 0 throw "$closed" tcp 10.99.0.3 1
check_true 'and counted' until_true 5 counts b refused 1
check 'the peer is, still' 0 \
    throw "$frame"'syswrite $socket, frame(icmp($_)) for 1 .. 5;' tcp 10.99.0.1 1
check_true 'as ever' until_true 5 counts b device_out 215
stop_relay b
check_equal 'it ends well' 0 "$STATUS"

finish
