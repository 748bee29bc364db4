#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# attach ... filter: on a tun and a tap, in the kernel and out of it, and tagged frames. Topology: see
# capture; and for tags
#
#     v1 ─── veth ─── v0 ── bridge ── t1      what goes in by v1 has its tag beside it in t1,
#                     packet socket ── t1     and what is put into t1 itself has it inside

# shellcheck source=tests/netns/capture
. "$(dirname "$0")/capture" "$@"
file=$SCRATCH/f.pcap

# ports: those of the file's datagrams, in order, each once in a row.
ports() {
    tcpdump -n -t -r "$file" 2>"$SCRATCH/reader" | sed -n 's/.*\.\([0-9]*\): UDP.*/\1/p' | tr '\n' ' '
}

# ---- which packets ----
for name in t0 t1; do
    attach "$name" filter 'udp dst port 2 or udp dst port 4' count 3 write "$file"
    for port in 1 2 3 4 1 2 4; do
        send "$name" 1 3 "$port"
    done
    ended
    check_equal "$name: those that fit" '2 4 2 ' "$(ports)"
    check_equal "$name: it ends with the last of them" 0 "$STATUS"
    check_equal "$name: how many they were" '3 packets captured' "$(head -n 1 "$told")"
done
attach t0 filter 'port 2' count 1 write "$file"
send t0 5 3 1
send t0 1 3 2
ended
check_equal 'tun: what was passed over is counted' $'1 packet captured\n6 packets received by filter
0 packets dropped by kernel' "$(cat "$told")"
attach t1 filter 'port 2' count 1 write "$file"
send t1 5 3 1
send t1 1 3 2
ended
check_equal 'tap: the kernel did it, and does not tell how many' \
    $'1 packet captured\n1 packet received by filter' "$(cat "$told")"

# ---- where ----
# What is read shows that the kernel holds the others back; on a tun it cannot.
if command -v strace >/dev/null; then
    traced() {
        rm "$file"
        holding=("${tracing[@]}" -o "$SCRATCH/trace" -e 'trace=ioctl,readv')
        attach "$1" filter 'udp dst port 2' count 2 write "$file"
        holding=()
        until_true 10 [ -s "$file" ] # by then the filter is set
        send "$1" 20 3 1
        send "$1" 2 3 2
        ended
        check_equal "$1: traced" '2 2 ' "$(ports)"
        grep -c 'readv(.* = [1-9]' "$SCRATCH/trace"
    }
    check_equal 'tap: only what fits is read' 2 "$(traced t1 | tail -n 1)"
    check_true 'tap: the kernel has the filter' grep -Eq 'TUNATTACHFILTER.* = 0$' "$SCRATCH/trace"
    check_equal 'tap: and has it no more, at the end' TUNDETACHFILTER \
        "$(grep -Eo 'TUN(AT|DE)TACHFILTER' "$SCRATCH/trace" | tail -n 1)"
    check_equal 'tun: all is read' 22 "$(traced t0 | tail -n 1)"
    check_false 'tun: no filter in the kernel' grep -q TUNATTACHFILTER "$SCRATCH/trace"
    "$TUNIC" add m0 mode tap multi_queue up
    holding=("${tracing[@]}" -o "$SCRATCH/trace" -e trace=ioctl)
    attach m0 filter 'udp' write "$file"
    holding=()
    kill -TERM "$(pgrep -P "$attached")"
    ended
    check_false 'several queues: others may have some, so neither' \
        grep -q TUNATTACHFILTER "$SCRATCH/trace"
    "$TUNIC" del m0
else
    skip 'where the filter is' 'strace is not installed'
fi

# ---- what is left ----
# Without IFF_NO_PI, which also means that a filter of before is not taken on, it would be.
dropped() {
    cat /sys/class/net/t1/statistics/tx_dropped
}
attach t1 filter 'port 2' write "$file"
stop TERM
hold next t1:2
before=$(dropped)
send t1 5 3 1
check_equal 'no filter is left to the next user' "$before" "$(dropped)"
release next

# A filter that the last user has left does not matter, nor does what was set for addresses.
until_true 5 "$TUNIC" wait t1 free
ip link del t1
make_t1 up
hold last t1:1002
tell last filter
release last
rm "$file"
attach t1 count 2 write "$file"
until_true 10 [ -s "$file" ]
send t1 2
ended
check_equal 'a filter that was left behind is gone' 2 "$(packets "$file")"

# ---- tags ----
ip link add b0 type bridge mcast_snooping 0
ip link add v0 type veth peer name v1
ip link set v0 master b0
ip link set t1 master b0
for name in b0 v0 v1; do
    ip link set "$name" up
done

to=020000000022
from=020000000011
ip4=4500001d00000000401166320a4e00010a4e0002000900090009000078
padding=$(printf '00%.0s' {1..40})
plain=$to${from}0800$ip4$padding
tagged=$to${from}810000050800$ip4$padding
other=$to${from}810000060800$ip4$padding
double=$to${from}88a80064810000050800$ip4$padding
arp=$to${from}08060001080006040001${from}0a4e00010000000000000a4e0002$padding
last=$to${from}88b5$padding

# kinds: of the file's frames, as letters, sorted: a bridge may be slower with one than with another.
kinds() {
    tcpdump -n -t -e -r "$file" 2>"$SCRATCH/reader" | sed -e 's/.*vlan 100.*/D/' -e 's/.*vlan 5,.*/T/' \
        -e 's/.*vlan 6,.*/O/' -e 's/.*ethertype IPv4.*/P/' -e 's/.*ethertype ARP.*/A/' \
        -e 's/.*0x88b5.*/L/' | grep -E '^[A-Z]$' | sort | tr -d '\n'
}
forwarded() {
    bridge link show dev v0 | grep -q 'state forwarding' && bridge link show dev t1 | grep -q 'state forwarding'
}
# put WAY: one of each kind, and the last again, once the first of it has come.
put() {
    until_true 10 forwarded || fail 'the bridge forwards'
    frames "$1" "$plain" "$tagged" "$other" "$double" "$arp" "$last"
    until_true 5 lasts 1
    frames "$1" "$last"
    until_true 5 lasts 2
}
lasts() {
    [ "$(kinds | tr -cd L | wc -c)" -eq "$1" ]
}
# tags WHAT EXPECTED EXPRESSION: of what is put in on both ways.
tags() {
    local way expression="ether proto 0x88b5 or ($3)" # "vlan" moves what is behind it
    for way in v1 t1; do
        attach t1 filter "$expression" write "$file"
        put "$way"
        stop TERM
        check_equal "$1, by $way" "$2" "$(kinds)"
    done
}
all=$SCRATCH/all.pcap
for way in t1 v1; do
    attach t1 write "$all"
    file=$all put "$way"
    stop TERM
    check_equal "without a filter all come with their tags, by $way" ADLLOPT "$(file=$all kinds)"
done
# As libpcap has it for a file of the same frames.
as_tcpdump() {
    tcpdump -w "$SCRATCH/fit.pcap" -r "$all" "ether proto 0x88b5 or ($1)" 2>/dev/null
    file=$SCRATCH/fit.pcap kinds
}
for expression in 'vlan 5' 'vlan' ip 'not vlan' 'not ip' arp 'vlan 5 and ip' 'vlan 100 and vlan 5' udp \
    'ether src 02:00:00:00:00:11' 'greater 1' 'less 40'; do
    tags "filter '$expression'" "$(as_tcpdump "$expression")" "$expression"
done
check_equal '"not vlan" means what it says' ALLP "$(as_tcpdump 'not vlan')"
check_equal '"ip", too' LLP "$(as_tcpdump ip)"
check_equal 'and "vlan 5"' LLT "$(as_tcpdump 'vlan 5')"

# ---- wrong ones ----
for name in t0 t1; do
    check "$name: no filter at all" 2 timeout 20 "$TUNIC" attach "$name" filter 'tpc port 5' print
    check_stderr_like "$name: libpcap's words" \
        "^tunic: attach $name: the filter is wrong: .*syntax error.* \(filters are as pcap-filter\(7\)"
    check_stdout "$name: nothing else" ''
done
check 'a filter for other frames' 2 timeout 20 "$TUNIC" attach t0 filter 'ether host 02:00:00:00:00:01'
check_stderr_like 'is told' 'the filter is wrong: '
check 'no expression' 2 timeout 20 "$TUNIC" attach t0 filter

finish
