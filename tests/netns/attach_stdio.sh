#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Packets as frames on standard input and output: two ends of an ordinary user make a tunnel, and
# what speaks as simpletun does is understood. The topology is that of tests/netns/joined.

# shellcheck source=tests/netns/joined
. "$(dirname "$0")/joined" "$@"
need socat od
ends
megabytes=${TUNIC_TRANSFER_MB:-100}

# ---- a tunnel ----
# traffic WHAT MEGABYTES: in packets of every size, the largest among them.
traffic() {
    local what=$1 largest=$((mtu - 28))
    [ "$largest" -lt 65507 ] || largest=65507
    check "$what: pings" 0 inside a ping -q -c 20 -i 0.002 -W 2 10.77.0.2
    check "$what: pings of IPv6" 0 inside a ping -6 -q -c 20 -i 0.002 -W 2 fd77::2
    check "$what: pings of $largest bytes, whole" 0 \
        inside a ping -q -c 5 -i 0.01 -W 2 -M 'do' -s "$largest" 10.77.0.2
    check "$what: and the other way" 0 \
        inside b ping -q -c 5 -i 0.01 -W 2 -M 'do' -s "$largest" 10.77.0.1
    transfer "$what" "$2" 10.77.0.2
    transfer "$what" 4 fd77::2 small urgent
    sizes "$what" 10.77.0.2 0 3000 37
}
# try MODE MTU MEGABYTES KIND [SIZE]
try() {
    local what="$1, mtu $2, by $4${5:+ of $5 bytes}"
    mode=$1 mtu=$2
    interfaces a b
    joined "${@:4}" || return
    traffic "$what" "$3"
    stop_joined "$what"
}
try tun 1400 "$megabytes" pipes
try tap 1500 "$megabytes" socket
try tun 1280 8 pipes 4096
try tun 9000 8 socket
try tun 65535 8 pipes
try tap 65521 8 pipes 4096

# ---- every form of an interface that an owner may have ----
mtu=1400
for flags in pi vnet_hdr 'pi multi_queue vnet_hdr'; do
    for mode in tun tap; do
        interfaces a
        ip -n "tunic-$test_id-b" link del t0
        # shellcheck disable=SC2046,SC2086 # words they are
        inside b "$TUNIC" add t0 user 1234 $flags $(attributes b)
        joined pipes || continue
        transfer "$mode $flags" 4 10.77.0.2
        stop_joined "$mode $flags"
        check_equal "$mode: its flags are as they were" "t0: $mode $flags persist user 1234" \
            "$(inside b "$TUNIC" -o show t0 | sed 's/one_queue //')"
    done
done

# ---- the bytes of it ----
mode=tun mtu=1400
interfaces a b
attached a
mkfifo -m 666 "$SCRATCH/in"
exec {hold}<>"$SCRATCH/in" # standard input goes on as long as it is wanted
: >"$SCRATCH/went"
"${attached[@]}" <"$SCRATCH/in" >"$SCRATCH/went" 2>"$errors/a" &
pid=$!
# in_stream COUNT REGEX: that many frames, or more, of what has come are like this.
in_stream() {
    [ "$(frames "$SCRATCH/went" | grep -c -e "$2")" -ge "$1" ]
}
pinged() {
    inside a ping -q -c 1 -W 0.01 -p 5a -s 20 10.77.0.2
    in_stream 1 '^48 45$'
}
check_true 'a packet becomes a frame' until_true 10 pinged
check_equal 'its length in two bytes, big endian, then the packet' \
    '00 30 45 00 00 30 | 5a' "$(perl -0777 -ne 'my $at = index($_, "\0\x30\x45");
        print join(" ", map {sprintf "%02x", ord} split //, substr($_, $at, 6)),
            sprintf(" | %02x", ord substr($_, $at + 49, 1))' "$SCRATCH/went")"
requests 33 >"$SCRATCH/request"
check_equal 'a frame made by hand' '00 21 45 00 00 21' \
    "$(od -An -tx1 -N6 "$SCRATCH/request" | sed 's/^ *//')"
head -c 7 "$SCRATCH/request" >&"$hold"
taken() {
    # shellcheck disable=SC2016 # for perl
    perl -e 'my $left = pack "L", 0;
        open my $in, "+<", $ARGV[0] or die; ioctl($in, 0x541b, $left) or die;
        exit(unpack("L", $left) > 0)' "$SCRATCH/in"
}
check_true 'half of it is taken' until_true 5 taken
check_false 'and nothing is answered' in_stream 1 '^33 45$'
tail -c +8 "$SCRATCH/request" >&"$hold"
check_true 'the whole is' until_true 5 in_stream 1 '^33 45$'
# What is no IP packet a tun does not take; it goes on.
printf '\0\5hello\0\1x' | cat - "$SCRATCH/request" >&"$hold"
check_true 'what the kernel refuses does not matter' until_true 5 in_stream 2 '^33 45$'
kill "$pid"
check_true 'it is stopped' wait "$pid"
check_true 'the stream is whole' frames "$SCRATCH/went"
check_equal 'nothing was complained of' '' "$(cat "$errors/a")"
exec {hold}>&-

# ---- what goes can be chosen ----
interfaces a b
attached a
mkfifo -m 666 "$SCRATCH/filtered"
exec {hold}<>"$SCRATCH/filtered"
"${attached[@]::${#attached[@]}-1}" filter 'icmp[0] == 8' stdio \
    <"$SCRATCH/filtered" 2>"$errors/a" >"$SCRATCH/went" &
pid=$!
check_true 'with a filter' until_true 10 pinged
requests 100 >&"$hold"
requests 101 >&"$hold"
taken_all() {
    [ "$(statistic a rx_packets)" -ge 2 ] && pinged
}
check_true 'what comes is all taken' until_true 5 taken_all
check_equal 'only what fits goes' '48 45' "$(frames "$SCRATCH/went" | sort -u)"
kill "$pid"
wait "$pid"
exec {hold}>&-

# ---- a relay over TCP, as simpletun has it ----
interfaces a
attached a
ip -n "tunic-$test_id-b" link del t0
# shellcheck disable=SC2046 # words they are
relay b $(attributes b) proto tcp insecure listen 55555 from 10.99.0.1
ip netns exec "tunic-$test_id-a" socat TCP:10.99.0.2:55555 EXEC:"${attached[*]:4}" \
    2>"$errors/a" </dev/null &
pid=$!
check_true 'a relay understands it, through socat' until_true 10 reaches 10.77.0.2
transfer 'with a relay' 16 10.77.0.2
transfer 'with a relay' 4 fd77::2
stop_relay b
check_true 'it ends with the relay' until_true 5 relay_gone "$pid"
wait "$pid"
check_equal 'well' '0 ' "$? $(cat "$errors/a")"

# ---- a reader that pauses ----
# Through two that copy, of which one is stopped.
interfaces a b
mkfifo -m 666 "$SCRATCH/"{ab,copy,ba}
attached a
"${attached[@]}" >"$SCRATCH/ab" <"$SCRATCH/ba" 2>"$errors/a" &
pid=$!
cat <"$SCRATCH/ab" >"$SCRATCH/copy" &
copy=$!
attached b
"${attached[@]}" <"$SCRATCH/copy" >"$SCRATCH/ba" 2>"$errors/b" &
other=$!
check_true 'through a copier' until_true 10 reaches 10.77.0.2
# Each packet that was sent has come.
settled() {
    local first
    first=$(statistic a tx_packets)
    [ "$first" -eq "$(statistic b rx_packets)" ]
}
check_true 'all that went has come' until_true 5 settled
# flood COUNT: datagrams of 1,000 bytes to nobody.
flood() {
    # shellcheck disable=SC2016 # for perl
    inside a perl -e 'use IO::Socket::INET; my $socket = IO::Socket::INET->new(Proto => "udp",
        PeerAddr => "10.77.0.2:9", LocalAddr => "10.77.0.1"); 
        for (1 .. $ARGV[0]) { $socket->send("x" x 972) // $socket->send("x" x 972) }' "$1"
}
before=$(statistic a tx_dropped)
kill -STOP "$copy"
flood 400
check_equal 'a short pause: nothing is dropped' "$before" "$(statistic a tx_dropped)"
kill -CONT "$copy"
check_true 'and all of it comes' until_true 10 settled
kill -STOP "$copy"
flood 3000
check_true 'a long one: what is too much, the kernel drops' \
    test "$(statistic a tx_dropped)" -gt "$((before + 1000))"
check_false 'but some waits' settled
kill -CONT "$copy"
check_true 'and nothing else is lost' until_true 10 settled
transfer 'after it' 4 10.77.0.2
kill "$pid"
check_true 'the end that is stopped ends well' wait "$pid"
check_true 'the copier, too' wait "$copy"
check_true 'and the other end' wait "$other"
check_equal 'without a word' '' "$(cat "$errors/a" "$errors/b")"

finish
