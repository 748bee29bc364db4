#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# attach ... print: its lines, its options, how it ends; and opening, as every action does: who may,
# what is told where it cannot be, and what the last user has left. Topology: see capture.

# shellcheck source=tests/netns/capture
. "$(dirname "$0")/capture" "$@"
need ethtool
tries() {
    timeout 20 "$TUNIC" "$@"
}

# ---- lines ----
stamp='[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}'
for name in t0 t1; do
    attach "$name" count 2
    send "$name" 1 3
    send "$name" 1 100
    ended
    check_equal "$name: it is what is done otherwise" 0 "$STATUS"
    check_equal "$name: a line each" 2 "$(grep -Ec "^$stamp .*length [0-9]+$" "$taken")"
    check_equal "$name: and no other" 2 "$(wc -l <"$taken")"
    check_equal "$name: a summary" $'2 packets captured\n2 packets received by filter
0 packets dropped by kernel' "$(cat "$told")"
done
attach t0 -q -x print count 1
send t0 1 20
ended
check_equal 'quiet: no summary' '' "$(cat "$told")"
check_equal '-x: all 48 bytes, 16 a row' $'0x0000: 16\n0x0010: 16\n0x0020: 16' \
    "$(perl -ne 'print "$1 ", length($2 =~ tr/0-9a-f//cdr) / 2, "\n"
        if /^\t(0x00[0-9a-f]0:) ((?: [0-9a-f]{4}){8})  .{16}$/' "$taken")"
check_true '-x: what can be printed is, too' grep -Eq '	0x0000:  45.*  E\..{14}$' "$taken"
attach t0 -x print count 1
send t0 1 3
ended
check_true '-x: the end of a row' grep -Eq \
    '^	0x0010:  0a4d 0002 [0-9a-f]{4} 0009 000b [0-9a-f]{4} 2020 20    \.M.{13}$' "$taken"
attach t1 -d print count 1
send t1 1
ended
check_true '-d: the header of the frame' grep -q '02:00:00:00:00:01 > 02:00:00:00:00:02' "$taken"
attach t1 print count 1
send t1 1
ended
check_false 'which otherwise is not there' grep -q '02:00:00:00:00:01 > ' "$taken"

# ---- how it ends ----
for signal in INT TERM; do
    attach t0 print
    send t0 3
    came() {
        [ "$(wc -l <"$taken")" -eq 3 ]
    }
    check_true "SIG$signal: lines are there at once" until_true 5 came
    stop "$signal"
    check_equal "SIG$signal is a clean end" 0 "$STATUS"
    check_equal "SIG$signal: with a summary" '3 packets captured' "$(head -n 1 "$told")"
done
while send t0 20; do :; done &
flood=$!
head_of() {
    timeout 20 "$TUNIC" attach t0 -x print 2>"$told" | head -c "$1" >"$SCRATCH/head"
    return "${PIPESTATUS[0]}"
}
check 'a reader that goes' 0 head_of 30
check_equal 'is no error' '' "$(grep tunic: "$told")"
# More than can be read in that time: nothing that does not fit is printed, and SIGINT is seen.
attach t0 filter 'port 1'
stop INT
check_equal 'SIGINT among packets that do not fit' 0 "$STATUS"
check_equal 'none of them is shown' '' "$(cat "$taken")"
kill "$flood"
wait "$flood" 2>/dev/null

mkfifo "$SCRATCH/pipe"
exec 8<>"$SCRATCH/pipe"
output=$SCRATCH/pipe attach t0 -x print
stuck() {
    send t0 20 1400
    ! timeout 0.1 dd if=/dev/zero of="$SCRATCH/pipe" bs=4096 count=1 status=none
}
check_true 'a pipe is full' until_true 10 stuck
stop TERM
check_equal 'a reader that does not read: SIGTERM ends it' 0 "$STATUS"
exec 8>&-

output=/dev/full attach t0 print
send t0 1
ended
check_equal 'a full disk' 1 "$STATUS"
check_equal 'is told' 'tunic: attach t0: cannot write the output: No space left on device' \
    "$(grep tunic: "$told")"
attach t1 print
ip link del t1
ended
check_equal 'deleted meanwhile' 3 "$STATUS"
check_equal 'as it is told' 'tunic: attach t1: it was deleted' "$(grep tunic: "$told")"
make_t1 up
attach t0 print
ip link set t0 down
ip link set t0 up
until_true 5 "$TUNIC" wait t0 carrier timeout 1
send t0 1
check_true 'set down and up meanwhile, it goes on' until_true 5 grep -q 'length 3' "$taken"
stop TERM

# ---- what cannot be opened ----
before=$(ip -br link | wc -l)
check 'one that is missing' 3 tries attach t9 print
check_stderr 'is told' 'tunic: attach t9: no such interface'
check 'a mistyped word' 2 tries attach t0 prnt
check_stderr_like 'has its nearest' "'print'"
check 'a name alone that is none' 3 tries attach pirnt
check_equal 'nothing is made of it' "$before" "$(ip -br link | wc -l)"
check 'another kind' 1 tries attach lo print
check_stderr_like 'is told' '^tunic: attach lo: it is not a TUN/TAP interface'
odd=$'x\e;7'
ip tuntap add dev "$odd" mode tun
check 'a name with odd bytes, of one that is down' 1 tries attach "$odd" write /nowhere/file
check_stderr_like 'is told of, escaped' "'tunic set x\\\\x1b;7 up'"
ip link del "$odd"
hold other t0:1001
check 'one that is held' 5 tries attach t0 print
check_stderr_like 'with the holder' "^tunic: attach t0: cannot attach to it: .*held by hold\[${HOLDER[other]}\]"
release other
until_true 5 "$TUNIC" wait t0 free
printf 'attach t0 count 1\n' >"$SCRATCH/batch"
check 'a batch' 2 tries -b "$SCRATCH/batch"
check_stderr_like 'is no place for it' 'it has no place in a batch'
check 'two actions' 2 tries attach t0 print write "$SCRATCH/x"
check 'a count of nothing' 2 tries attach t0 count 0
check 'two queues' 2 tries attach t0 queues 2 print
ip link set t0 down
attach_down() {
    timeout --preserve-status -s TERM 0.5 "$TUNIC" attach t0 print
}
check 'one that is down' 0 attach_down
check_stderr_like 'has a warning' "t0: it is down: no packet comes or goes \('tunic set t0 up'\)"
ip link set t0 up

# ---- ordinary users ----
"$TUNIC" add u0 mode tun user 1234 addr 10.79.0.1/24 up
network[u0]=10.79.0
owner() {
    as 1234:1234 timeout 20 "$PROGRAM" -f "$NODE" "$@"
}
stranger() {
    as 1235:1235 timeout 20 "$PROGRAM" -f "$NODE" "$@"
}
check 'a stranger' 6 stranger attach u0 print
check_stderr_like 'is told' \
    '^tunic: attach u0: cannot attach to it: it belongs to user 1234, and this is user 1235'
become 1234:1234
holding=("${become[@]}")
TUNIC=$PROGRAM attach u0 -f "$NODE" count 1 print
holding=()
send u0 1
ended
check_equal 'the owner may' 0 "$STATUS"
check_equal 'and takes it' 1 "$(wc -l <"$taken")"
mkdir -m 777 "$SCRATCH/own"
check 'a file that he may not write' 6 owner attach u0 write /etc/tunic-test.pcap
check_stderr_like 'is told' '^tunic: attach u0: cannot write to /etc/tunic-test.pcap: Permission denied'

# ---- what the last user left ----
# stale NAME FLAGS: offloads, and headers of another length, of one that is gone.
stale() {
    perl -e '
        open my $tun, "+<", "/dev/net/tun" or die;
        my $request = pack "a16 S x22", $ARGV[0], hex $ARGV[1];
        my $size = pack "i", 12;
        ioctl $tun, 0x400454ca, $request or die "TUNSETIFF: $!";
        ioctl $tun, 0x400454d8, $size or die "TUNSETVNETHDRSZ: $!";
        ioctl $tun, 0x400454d0, 0x0F or die "TUNSETOFFLOAD: $!"' "$1" "$2"
    until_true 5 "$TUNIC" wait "$1" free
}
offloads() {
    ethtool -k "$1" | grep -Ec '^(tx-checksumming|tcp-segmentation-offload): on'
}
stale t0 5001
stale t1 5002
for name in t0 t1; do
    check_equal "$name: offloads are left" 2 "$(offloads "$name")"
    attach "$name" count 4 write "$SCRATCH/$name.pcap"
    until_true 5 [ -s "$SCRATCH/$name.pcap" ]
    send "$name" 3 1000
    timeout 0.1 bash -c ">/dev/tcp/${network[$name]}.2/9" 2>/dev/null
    ended
    check_equal "$name: they do not matter" '4 packets captured' "$(head -n 1 "$told")"
    check_equal "$name: they are packets" 4 \
        "$(tcpdump -n -t -r "$SCRATCH/$name.pcap" 2>/dev/null |
            grep -Ec "^IP ${network[$name]}.1.*(UDP, length 1000|Flags \[S\])")"
    if command -v tshark >/dev/null; then
        check "$name: tshark" 0 tshark -n -r "$SCRATCH/$name.pcap" -o ip.check_checksum:TRUE \
            -o udp.check_checksum:TRUE -o tcp.check_checksum:TRUE -T fields \
            -e ip.checksum.status -e udp.checksum.status -e tcp.checksum.status
        check_equal "$name: with right checksums" '4 1' \
            "$(grep -Ec '^1	(1	|	1)$' "$STDOUT") $(grep -Ec '^1		1$' "$STDOUT")"
    else
        skip "$name: checksums" 'tshark is not installed'
    fi
    check_equal "$name: no offload is left" 0 "$(offloads "$name")"
    check_equal "$name: its flags are as they were" true "$(link "$name" .linkinfo.info_data.vnet_hdr)"
done

finish
