#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# attach ... respond: a host with every address, at the other end of an interface.
#
#     ping, arping, ask ── t0  tun  10.1.0.1/24 fd01::1/64 ──▶ respond
#                       └─ t1  tap  10.2.0.1/24 fd02::1/64 ──▶ respond
#
# TUNIC_FLOOD says how many echo requests without a pause, 100000 otherwise.

# shellcheck disable=SC2016 # for perl and jq
# shellcheck source=tests/netns/common
. "$(dirname "$0")/common" "$@"
need perl ping arping
flood=${TUNIC_FLOOD:-100000}
ASK=$SCRATCH/ask
TAG=$SCRATCH/tag
for program in ask tag; do
    "${CC:-cc}" -O2 -std=c11 -D_GNU_SOURCE -o "$SCRATCH/$program" "$ROOT/tests/netns/$program.c" ||
        skip_all 'nothing can be compiled'
done

log=$SCRATCH/log
responder=
responding=()
# respond NAME [WORD…]: begins, and waits until the interface has a carrier.
respond() {
    "${responding[@]}" "$TUNIC" attach "$@" respond 2>"$log" &
    responder=$!
    "$TUNIC" wait "$1" carrier timeout 10 || fail "the carrier of $1" "$(cat "$log")"
}
# ended: waits for its end; $STATUS is its exit code.
ended() {
    until_true 10 test ! -d "/proc/$responder" || kill -KILL "$responder"
    STATUS=0
    wait "$responder" || STATUS=$?
}
stop() {
    kill -s "$1" "$responder"
    ended
}
# Of that many bytes of data.
pings() {
    ping -q -c 3 -i 0.01 -W 5 -s "$2" "${@:3}" "$1" | grep -q ' 3 received'
}
no_answer() {
    ! ping -q -c 2 -i 0.01 -W 0.3 "$@" >/dev/null 2>&1
}
# Whether duplicate address detection is over, and found nothing.
settled() {
    ip -j -6 addr show dev "$1" | jq -e '[.[].addr_info[]] | length > 0 and
        (any(.tentative or .dadfailed) | not)'
}
neighbour() {
    ip -j neigh show "$1" dev "$2" | jq -r ".[0].$3"
}
reachable() {
    [ "$(ip -j neigh show "$1" dev t1 | jq -r '.[0].state[0]')" = REACHABLE ]
}

# ---- ping, of every size, whatever flags the interface has ----
for flags in '' pi vnet_hdr multi_queue; do
    for mode in tun tap; do
        what="$mode${flags:+ $flags}"
        # shellcheck disable=SC2086 # words they are
        "$TUNIC" add h0 mode $mode $flags up addr 10.3.0.1/24 addr fd03::1/64 nodad
        respond h0
        check_true "$what: ping" pings 10.3.0.99 56
        check_true "$what: ping -6" pings fd03::99 56
        stop TERM
        check_equal "$what: SIGTERM is a clean end" 0 "$STATUS"
        "$TUNIC" del h0
    done
done
"$TUNIC" add t0 mode tun up addr 10.1.0.1/24 addr fd01::1/64
"$TUNIC" add t1 mode tap up addr 10.2.0.1/24 addr fd02::1/64
for number in 1 2; do
    device=t$((number - 1))
    for mtu in 1500 1280 9001 65521; do
        ip link set "$device" mtu "$mtu"
        respond "$device"
        until_true 10 settled "$device" || fail "$device: duplicate address detection"
        for size in 0 1 2 15 16 17 1000 "$((mtu - 28))"; do
            check_true "$device, MTU $mtu: $size bytes" pings "10.$number.0.7" "$size" -M "do"
        done
        for size in 0 1 17 1000 "$((mtu - 48))"; do
            check_true "$device, MTU $mtu: $size bytes, IPv6" pings "fd0$number::7" "$size"
        done
        check_true "$device, MTU $mtu: none to fragments" \
            no_answer -s "$((mtu - 27 < 65507 ? mtu - 27 : 65507))" "10.$number.0.7"
        stop TERM
    done
    ip link set "$device" mtu 1500
done

# ---- many ----
for number in 1 2; do
    device=t$((number - 1))
    respond "$device"
    until_true 10 settled "$device"
    run ping -q -f -w 120 -c "$flood" "10.$number.0.9"
    check_stdout_like "$device: a flood is answered without loss" "^$flood .* $flood received, 0% "
    run ping -q -f -w 120 -c "$((flood / 4))" "fd0$number::9"
    check_stdout_like "$device: of IPv6 too" ", $((flood / 4)) received, 0% "
    # Here the last ones are not waited for.
    check "$device: many at a time" 0 ping -q -f -l 64 -w 120 -c "$flood" "10.$number.0.9"
    stop TERM
    for what in received answered; do
        check_true "$device: it tells how many were $what" \
            test "$(sed -n "s/ packets $what\$//p" "$log")" -ge "$((flood * 9 / 4))"
    done
    check_equal "$device: none was lost" '0 packets dropped by kernel' "$(tail -n 1 "$log")"
done

# ---- neighbours ----
respond t1
until_true 10 settled t1
check_true 'ARP for any address' pings 10.2.0.77 56
mac=$(neighbour 10.2.0.77 t1 lladdr)
check_true 'its MAC is local, and of one host' test "$(((16#${mac:0:2} & 3) == 2))" = 1
check_false "and not the interface's" test "$mac" = "$(link t1 .address)"
pings fd02::77 56
check_equal 'the same for IPv6' "$mac" "$(neighbour fd02::77 t1 lladdr)"
stop TERM
respond t1
check 'arping' 0 arping -c 3 -w 10 -I t1 10.2.0.123
check_stdout_like 'the same after a restart' "$mac|${mac^^}"
for address in 10.2.0.77 fd02::77; do
    ip neigh replace "$address" dev t1 lladdr "$mac" nud probe
    check_true "$address is there when it is probed" until_true 10 reachable "$address"
done
ip addr add fd02::50/64 dev t1
check_true 'an address can be added' until_true 10 settled t1
check_equal 'which is found to be free' 'null null' \
    "$(ip -j -6 addr show dev t1 | jq -r '.[].addr_info[] | select(.local == "fd02::50") |
        "\(.tentative) \(.dadfailed)"')"
stop TERM

# ---- VLAN ----
respond t1
"$TAG" t1 42 v42 &
tag=$!
until_true 5 ip link show v42
ip addr add 10.42.0.1/24 dev v42
ip addr add fd42::1/64 dev v42
ip link set v42 up
check_true 'tagged' until_true 5 pings 10.42.0.7 100
check_true 'an address in a VLAN' until_true 10 settled v42
check_true 'tagged, IPv6' until_true 5 pings fd42::7 100
kill "$tag"
wait "$tag" 2>/dev/null
stop TERM

# ---- what has no answer ----
library='use strict; use Socket qw(:DEFAULT inet_pton);
    my ($here, $there, $all) = map { pack("H*", $_ =~ tr/://dr) } ($ENV{HERE}, $ENV{THERE}, "f" x 12);
    sub sum { my $s = 0; $s += $_ for unpack("n*", $_[0] . (length($_[0]) % 2 ? "\0" : ""));
        $s = ($s & 65535) + ($s >> 16) while $s >> 16; return ~$s & 65535; }
    sub echo { my ($mark, $damage) = @_; my $body = pack("CCnnna8a8", 8, 0, 0, 7, 7, "", $mark);
        substr($body, 2, 2) = pack("n", sum($body) ^ ($damage // 0)); return $body; }
    sub ip { my ($body, %with) = @_; my $net = $ENV{NET};
        my $head = pack("CCnnnCCna4a4", 69, 0, 20 + length $body, 1, $with{fragment} // 0, 64, 1, 0,
            inet_aton($with{from} // "$net.1"), inet_aton($with{to} // "$net.7"));
        substr($head, 10, 2) = pack("n", sum($head) ^ ($with{damage} // 0)); return $head . $body; }
    sub frame { my ($packet, $to, $type) = @_; return $packet if $ENV{HERE} eq "";
        return ($to // $there) . $here . pack("n", $type // 0x0800) . $packet; }
    sub arp { my ($from, $for) = @_; return frame(pack("nnCCna6a4a6a4", 1, 0x0800, 6, 4, 1, $here,
            inet_aton($from), "", inet_aton($for)), $all, 0x0806); }
    sub solicit { my ($from, $for) = map { inet_pton(AF_INET6, $_) } @_;
        my $body = pack("CCnNa16", 135, 0, 0, 0, $for) . ($_[0] eq "::" ? "" : "\1\1$here");
        my $head = $from . inet_pton(AF_INET6, "ff02::1:ff00:0"); substr($head, 29) = substr($for, 13);
        substr($body, 2, 2) = pack("n", sum($head . pack("NN", length $body, 58) . $body));
        return frame(pack("NnCC", 6 << 28, length $body, 58, 255) . $head . $body,
            "\x33\x33\xff" . substr($for, 13), 0x86DD); }
    print join " ", map { my $made = eval $_; die $@ if $@; unpack("H*", $made) } @ARGV;'
# check_answers WHAT COUNT HEX FRAME…: how many frames come that hold these bytes, on $device.
check_answers() {
    local what=$1 count=$2 bytes=$3 frames
    shift 3
    frames=$(perl -e "$library" "$@" 'frame(ip(echo("the last")))')
    # shellcheck disable=SC2086 # words they are
    run "$ASK" "$device" $frames
    [ "$STATUS" -eq 0 ] || fail "$device: what is asked last" "$(test_output)"
    check_equal "$device: $what" "$count" "$(grep -c "$bytes" "$STDOUT")"
}
# "anything"
word=616e797468696e67
for device in t0 t1; do
    respond "$device"
    export HERE='' THERE='' NET=10.1.0
    if [ "$device" = t1 ]; then
        HERE=$(link t1 .address) THERE=$mac NET=10.2.0
    fi
    check_answers 'a request' 1 $word 'frame(ip(echo("anything")))'
    check_answers 'two of them' 2 $word 'frame(ip(echo("anything")))' 'frame(ip(echo("anything"), to => "9.9.9.9"))'
    check_answers 'a wrong checksum' 0 $word 'frame(ip(echo("anything", 1)))'
    check_answers "a wrong checksum of IPv4's" 0 $word 'frame(ip(echo("anything"), damage => 256))'
    check_answers 'a first fragment' 0 $word 'frame(ip(echo("anything"), fragment => 0x2000))'
    check_answers 'a later fragment' 0 $word 'frame(ip(echo("anything"), fragment => 1))'
    check_answers 'to the broadcast address' 0 $word 'frame(ip(echo("anything"), to => "$ENV{NET}.255"))'
    check_answers 'from it' 0 $word 'frame(ip(echo("anything"), from => "$ENV{NET}.255"))'
    check_answers 'to all' 0 $word 'frame(ip(echo("anything"), to => "255.255.255.255"))'
    check_answers 'to a group' 0 $word 'frame(ip(echo("anything"), to => "224.0.0.1"))'
    check_answers 'to oneself' 0 $word 'frame(ip(echo("anything"), to => "$ENV{NET}.1"))'
    check_true "$device: ping of the broadcast address" no_answer -b "$NET.255"
    run ping -q -c 2 -i 0.01 -W 0.3 "ff02::1%$device"
    check_stdout_unlike "$device: ping of all nodes" 'duplicates'
    # The broadcast addresses are those that there are now.
    check_answers 'no broadcast address yet' 1 $word 'frame(ip(echo("anything"), to => "10.8.3.255"))'
    ip addr add 10.8.0.1/22 broadcast 10.8.2.255 dev "$device"
    check_answers 'the one that is set' 0 $word 'frame(ip(echo("anything"), to => "10.8.2.255"))'
    check_answers "and the subnet's last" 0 $word 'frame(ip(echo("anything"), to => "10.8.3.255"))'
    check_answers 'but not another' 1 $word 'frame(ip(echo("anything"), to => "10.8.1.255"))'
    ip addr del 10.8.0.1/22 dev "$device"
    check_answers 'nor where it is gone' 1 $word 'frame(ip(echo("anything"), to => "10.8.3.255"))'
    ip addr add 10.8.0.0/31 dev "$device"
    check_answers 'two alone have none' 1 $word 'frame(ip(echo("anything"), to => "10.8.0.1"))'
    ip addr del 10.8.0.0/31 dev "$device"
    if [ "$device" = t1 ]; then
        check_answers 'of another MAC' 0 $word 'frame(ip(echo("anything")), "\2\2\2\2\2\2")'
        check_answers 'of all MACs' 0 $word 'frame(ip(echo("anything")), $all)'
        check_answers 'ARP' 1 0a020063 'arp("10.2.0.1", "10.2.0.99")'
        check_answers 'whether an address is free, by ARP' 0 0a020063 'arp("0.0.0.0", "10.2.0.99")'
        check_answers 'that it is taken' 0 0a020063 'arp("10.2.0.99", "10.2.0.99")'
        check_answers 'ARP for the broadcast address' 0 0a0200ff 'arp("10.2.0.1", "10.2.0.255")'
        check_answers 'a solicitation' 1 000000000000abcd 'solicit("fd02::1", "fd02::abcd")'
        check_answers 'whether an address is free' 0 000000000000abcd 'solicit("::", "fd02::abcd")'
    fi
    stop TERM
done

# ---- its end ----
responding=(env --default-signal=INT)
respond t0 filter icmp
stop INT
check_equal 'SIGINT is a clean end' 0 "$STATUS"
check_equal 'with its three lines' '0 packets received
0 packets answered
0 packets dropped by kernel' "$(cat "$log")"
responding=()
respond t0 filter icmp count 3
check_true 'a count' pings 10.1.0.7 56
ended
check_equal 'ends it' 0 "$STATUS"
check_equal 'which it tells' '3 packets received
3 packets answered
0 packets dropped by kernel' "$(cat "$log")"
respond t0 filter 'icmp and dst 10.1.0.8'
check_true 'what the filter wants' pings 10.1.0.8 56
check_true 'and nothing else' no_answer 10.1.0.7
stop TERM
"$TUNIC" add h0 mode tap up
respond h0
"$TUNIC" del h0 force
ended
check_equal 'deleted: absent' 3 "$STATUS"
check_true 'and why' grep -q '^tunic: attach h0: it was deleted' "$log"
check 'one that is missing' 3 "$TUNIC" attach h0 respond

# ---- whose it is ----
"$TUNIC" add h0 mode tap user 1234 up addr 10.3.0.1/24
become 1234:1234
"${become[@]}" "$PROGRAM" -f "$NODE" attach h0 respond 2>"$log" &
responder=$!
"$TUNIC" wait h0 carrier timeout 10
check_true 'an ordinary user answers' pings 10.3.0.5 56
stop TERM
check_equal 'cleanly' 0 "$STATUS"
check 'a stranger may not' 6 as 1235:1235 "$PROGRAM" -f "$NODE" attach h0 respond

# ---- a port of a bridge ----
if ip link add br0 type bridge 2>/dev/null; then
    ip link set h0 master br0
    check 'the port of a bridge' 1 timeout 10 "$TUNIC" attach h0 respond
    check_stderr_like 'is refused' \
        "^tunic: attach h0: it belongs to br0: it would answer .* \('tunic set h0 master none' takes it out\)"
    ip link set h0 nomaster
    # No address comes or goes with it then.
    echo 1 >/proc/sys/net/ipv6/conf/h0/disable_ipv6
    respond h0
    until_true 5 pings 10.3.0.5 56
    ip link set h0 master br0
    ended
    check_equal 'one that becomes it ends' 1 "$STATUS"
    check_true 'and says why' grep -q 'it belongs to br0' "$log"
    ip link del br0
else
    skip 'the port of a bridge' 'this kernel has no bridges'
fi
if ip link add vrf0 type vrf table 100 2>/dev/null; then
    ip link set vrf0 up
    ip link set h0 master vrf0
    respond h0
    check_true 'in a VRF' until_true 5 pings 10.3.0.5 56 -I vrf0
    stop TERM
else
    skip 'in a VRF' 'this kernel has none'
fi
finish
