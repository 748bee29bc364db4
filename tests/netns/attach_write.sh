#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# attach ... write: files and pipes that other programs read, however it ends; and filters, in the
# kernel and out of it. Topology: see capture; and for tags
#
#     v1 ─── veth ─── v0 ── bridge ── t1      what comes in by v0 has its tag beside it in t1

# shellcheck source=tests/netns/capture
. "$(dirname "$0")/capture" "$@"
full=$SCRATCH/full
mkdir "$full"

# whole_file WHAT FILE COUNT: tcpdump reads so many packets and finds no fault.
whole_file() {
    check_equal "$1" "$3" "$(packets "$2")"
    check_equal "$1: it is whole" '' "$(grep -v '^reading from' "$SCRATCH/reader")"
}

# ---- files ----
declare -A type=([t0]='RAW (Raw IP)' [t1]='EN10MB (Ethernet)')
for name in t0 t1; do
    attach "$name" count 3 write "$SCRATCH/$name.pcap"
    send "$name" 2 100
    send "$name" 1 1400
    ended
    check_equal "$name: three packets" 0 "$STATUS"
    whole_file "$name: as many in the file" "$SCRATCH/$name.pcap" 3
    check_true "$name: of the right kind" grep -qF "link-type ${type[$name]}" "$SCRATCH/reader"
    check_equal "$name: nothing on standard output" '' "$(cat "$taken")"
    check_equal "$name: a summary" $'3 packets captured\n3 packets received by filter
0 packets dropped by kernel' "$(cat "$told")"
    check_equal "$name: what tcpdump reads of the last" \
        "IP ${network[$name]}.1.PORT > ${network[$name]}.2.9: UDP, length 1400" \
        "$(tcpdump -n -t -r "$SCRATCH/$name.pcap" 2>/dev/null | tail -n 1 | sed 's/1\.[0-9]* >/1.PORT >/')"
    age=$(($(date +%s) - $(tcpdump -n -tt -r "$SCRATCH/$name.pcap" 2>/dev/null |
        tail -n 1 | cut -d. -f1)))
    check_equal "$name: its time is now" yes "$([ "$age" -ge 0 ] && [ "$age" -lt 60 ] && echo yes)"
    if command -v tshark >/dev/null; then
        run tshark -n -r "$SCRATCH/$name.pcap" -o ip.check_checksum:TRUE \
            -o udp.check_checksum:TRUE -T fields -e frame.cap_len -e ip.checksum.status \
            -e udp.checksum.status -e udp.length
        overhead=$([ "$name" = t0 ] && echo 28 || echo 42)
        check_stdout "$name: tshark, with right checksums" "$((overhead + 100))	1	1	108
$((overhead + 100))	1	1	108
$((overhead + 1400))	1	1	1408"
    else
        skip "$name: tshark" 'it is not installed'
    fi
done
printf 'something longer than that was there before, and is not there any more\n' >"$SCRATCH/t0.pcap"
attach t0 -q count 1 write "$SCRATCH/t0.pcap"
send t0 1
ended
whole_file 'a file that is there is replaced' "$SCRATCH/t0.pcap" 1
check_equal 'quiet: no summary' '' "$(cat "$told")"

# ---- pipes ----
# Each packet is read before the next is sent.
pipe=$SCRATCH/pipe
mkfifo "$pipe"
readers=('tcpdump -n -t -l -r -')
if command -v tshark >/dev/null; then
    readers+=('tshark -n -l -i - -T fields -e udp.length')
else
    skip 'tshark at the end of a pipe' 'it is not installed'
fi
for name in t0 t1; do
    for reader in "${readers[@]}"; do
        # shellcheck disable=SC2086 # words they are
        $reader <"$pipe" >"$SCRATCH/read" 2>"$SCRATCH/errors" &
        reading=$!
        output=$pipe attach "$name" write -
        for i in 1 2 3; do
            send "$name" 1 "$((100 + i))"
            check_true "$name: packet $i is at once at the other end, ${reader%% *}" \
                until_true 10 grep -Eq "(length 10$i|^$((108 + i)))$" "$SCRATCH/read"
        done
        stop TERM
        check_equal "$name: SIGTERM ends it" 0 "$STATUS"
        wait "$reading"
        check_equal "$name: it was whole, says ${reader%% *}" 0 $?
        check_equal "$name: and nothing more was there" 3 "$(wc -l <"$SCRATCH/read")"
    done
    # The descriptor's flags are the reader's too, and stay.
    output=$SCRATCH/shell.pcap attach "$name" count 1 write -
    send "$name" 1
    ended
    whole_file "$name: standard output is a file" "$SCRATCH/shell.pcap" 1
done

# ---- how it ends ----
for signal in INT TERM; do
    attach t1 write "$SCRATCH/$signal.pcap"
    send t1 5
    came() {
        [ "$(packets "$SCRATCH/$signal.pcap")" -ge 5 ]
    }
    check_true "SIG$signal: packets are in the file before" until_true 5 came
    stop "$signal"
    check_equal "SIG$signal is a clean end" 0 "$STATUS"
    whole_file "SIG$signal: of a file" "$SCRATCH/$signal.pcap" 5
done
while send t1 20 1000; do :; done &
flood=$!
for signal in INT TERM; do
    attach t1 write "$SCRATCH/$signal.pcap"
    until_true 5 came
    stop "$signal"
    check_equal "SIG$signal among many packets" 0 "$STATUS"
    whole_file "SIG$signal: among many packets" "$SCRATCH/$signal.pcap" \
        "$(sed -n 's/ packets captured//p' "$told")"
done
# What the filter passes over keeps nobody waiting either.
attach t0 filter 'port 1' write "$SCRATCH/none.pcap"
stop INT
check_equal 'SIGINT among packets that do not fit' 0 "$STATUS"

head_of() {
    timeout 20 "$TUNIC" attach t1 write - 2>"$told" | head -c "$1" >"$SCRATCH/head"
    return "${PIPESTATUS[0]}"
}
check 'a reader that takes 30 bytes' 0 head_of 30
check_equal 'is a clean end' '' "$(grep tunic: "$told")"
check_equal 'he has them' 30 "$(wc -c <"$SCRATCH/head")"
kill "$flood"
wait "$flood" 2>/dev/null
check 'a reader that goes while there are no packets' 0 head_of 24

# A reader that has stopped reading.
exec 8<>"$pipe"
output=$pipe attach t1 write -
stuck() {
    send t1 20 1400
    [ "$(cat "/proc/$attached/wchan")" = pipe_write ] ||
        ! timeout 0.1 dd if=/dev/zero of="$pipe" bs=4096 count=1 status=none
}
check_true 'a pipe is full' until_true 10 stuck
stop TERM
check_equal 'a reader that does not read: SIGTERM ends it' 0 "$STATUS"
exec 8>&-

attach t1 write "$SCRATCH/lost.pcap"
send t1 2
came() {
    [ "$(packets "$SCRATCH/lost.pcap")" -eq 2 ]
}
until_true 5 came
ip link del t1
ended
check_equal 'deleted meanwhile' 3 "$STATUS"
check_equal 'as it is told' 'tunic: attach t1: it was deleted' "$(grep tunic: "$told")"
whole_file 'deleted meanwhile: the file' "$SCRATCH/lost.pcap" 2
make_t1 up

# ---- where it cannot be written ----
# A file system of so many kilobytes, and datagrams of so many bytes; of large ones the end of the
# file is pages before what was written last.
ip link set t0 mtu 9000
while read -r size bytes; do
    mount -t tmpfs -o "size=${size}k" tmpfs "$full"
    attach t0 write "$full/f.pcap"
    running() {
        send t0 10 "$bytes"
        ! kill -0 "$attached"
    }
    check_true "a disk of $size kB that is full ends it" until_true 20 running
    ended
    check_equal "$size kB: an error" 1 "$STATUS"
    check_equal "$size kB: which is told" \
        "tunic: attach t0: cannot write to $full/f.pcap: No space left on device" \
        "$(grep tunic: "$told")"
    # 24 bytes at the file's beginning; 16 before each packet, which has 28 of headers.
    whole_file "$size kB: as many as there is room for" "$full/f.pcap" \
        "$(((size * 1024 - 24) / (bytes + 44)))"
    umount "$full"
done <<'disks'
4 1400
64 1400
68 1400
12 8000
40 8900
64 3
disks
mount -t tmpfs -o size=4k tmpfs "$full"
attach t0 count 3 write "$full/f.pcap"
send t0 3 1400
ended
check_equal 'the last packet does not fit' 1 "$STATUS"
whole_file 'the last packet does not fit: the others' "$full/f.pcap" 2
printf 'kept\n' >"$full/f.pcap"
head -c 4091 /dev/zero >>"$full/f.pcap"
before=$(sha256sum <"$full/f.pcap")
append() {
    timeout 20 "$TUNIC" attach t0 write - >>"$full/f.pcap"
}
check 'behind the end of a file on a full disk' 1 append
check_equal 'what was there is there' "$before" "$(sha256sum <"$full/f.pcap")"
umount "$full"
check 'a device that is full' 1 timeout 20 "$TUNIC" attach t0 write /dev/full
check_stderr_like 'is told' '^tunic: attach t0: cannot write to /dev/full: No space left on device$'
check 'a folder that is not there' 1 timeout 20 "$TUNIC" attach t0 write "$SCRATCH/none/f.pcap"
check_stderr_like 'is told' "cannot write to $SCRATCH/none/f.pcap: No such file or directory"
check 'a folder' 1 timeout 20 "$TUNIC" attach t0 write "$SCRATCH"
check_stderr_like 'is told' "cannot write to $SCRATCH: Is a directory"
closed() {
    timeout 20 "$TUNIC" attach t0 write - >&-
}
check 'no standard output' 1 closed
if command -v script >/dev/null; then
    check 'a terminal' 2 script -qec "timeout 20 '$TUNIC' attach t0 write -" /dev/null
    check_stdout_like 'is refused' \
        'a terminal takes no pcap file \(.write FILE., or .\| wireshark -k -i -. behind it\)'
else
    skip 'a terminal' "'script' is not installed"
fi
mkfifo "$SCRATCH/fifo"
attach t0 write "$SCRATCH/fifo"
stop INT
check_equal 'a pipe that nobody opens: SIGINT ends it' 0 "$STATUS"

finish
