#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# How `attach NAME stdio` ends: whatever ends its streams, at any byte, under load too, and what it
# leaves. The topology is that of tests/netns/joined, where there are two ends; most have one:
#
#     ┌── "a" ───────────────────┐
#     │ t0  10.77.0.1  fd77::1   │
#     │ tunic attach t0 stdio ───┼── files, pipes, a terminal
#     └──────────────────────────┘

# shellcheck disable=SC2016 # dollars are perl's
# shellcheck source=tests/netns/joined
. "$(dirname "$0")/joined" "$@"
need socat
ends
mode=tun mtu=9000
interfaces a b
attached a

# ---- standard input, cut at every byte ----
requests 29 40 33 >"$SCRATCH/three" # frames of 31, 42 and 35 bytes
# given COMMAND…: how many packets the kernel is given meanwhile, and the exit code.
given() {
    local before
    before=$(statistic a rx_packets)
    run "$@"
    printf '%s given, exit code %s\n' "$(($(statistic a rx_packets) - before))" "$STATUS"
}
from_pipe() {
    head -c "$1" "$SCRATCH/three" | "${attached[@]}" 2>"$errors/a" | cat >"$SCRATCH/went"
    return "${PIPESTATUS[1]}"
}
for ((cut = 0; cut <= 108; cut++)); do
    count=$(((cut >= 31) + (cut >= 73) + (cut >= 108)))
    code=1
    [[ ' 0 31 73 108 ' != *" $cut "* ]] || code=0
    printf '%s: %s given, exit code %s\n' "$cut" "$count" "$code" >&3
    printf '%s: %s\n' "$cut" "$(given from_pipe "$cut")"
done >"$SCRATCH/found" 3>"$SCRATCH/expected"
check_equal 'cut at every byte: what is whole is given, and 1 is returned inside a frame' \
    "$(cat "$SCRATCH/expected")" "$(cat "$SCRATCH/found")"
from_pipe 30
check_equal 'with the reason' \
    'tunic: attach t0: standard input ended inside a frame: the other end is gone' \
    "$(cat "$errors/a")"
from_pipe 31
check_equal 'and none where there is none' '' "$(cat "$errors/a")"

# ---- what is no frame ----
printf '\0\0' | cat "$SCRATCH/three" - "$SCRATCH/three" >"$SCRATCH/broken"
broken() {
    "${attached[@]}" <"$SCRATCH/broken"
}
check_equal 'an empty frame: all before it is given' '3 given, exit code 1' "$(given broken)"
run broken
check_stderr_like 'and it is told' \
    '^tunic: attach t0: what came on standard input is no frame \(nothing but'

# ---- files ----
from_file() {
    "${attached[@]}" <"$1"
}
requests $(seq 28 2000) >"$SCRATCH/many"
check_equal 'a file' '3 given, exit code 0' "$(given from_file "$SCRATCH/three")"
check_equal 'a large file' '1973 given, exit code 0' "$(given from_file "$SCRATCH/many")"
head -c 100000 "$SCRATCH/many" >"$SCRATCH/half"
check_equal 'half of one' "$(frames "$SCRATCH/half" 2>/dev/null | wc -l) given, exit code 1" \
    "$(given from_file "$SCRATCH/half")"
check_equal 'none' '0 given, exit code 0' "$(given from_file /dev/null)"
check 'a folder' 1 from_file "$SCRATCH"
check_stderr_like 'is refused' 'cannot read standard input: Is a directory'
run from_file "$SCRATCH/many"
cp "$STDOUT" "$SCRATCH/answers"
check_true 'a file of what goes is whole' frames "$SCRATCH/answers"
# The kernel's queue has room for 500, and the last may come when all is over.
check_true 'and has the answers' test "$(frames "$SCRATCH/answers" | grep -c ' 45$')" -gt 1900
to_full() {
    "${attached[@]}" <"$SCRATCH/many" >/dev/full
}
check 'a full disk' 1 to_full
check_stderr_like 'is told' 'cannot write to standard output: No space left on device'

# ---- no streams ----
no_input() {
    "${attached[@]}" <&-
}
no_output() {
    "${attached[@]}" >&-
}
check 'without standard input' 1 no_input
check_stderr_like 'is refused' 'cannot use standard input'
check 'without standard output' 1 no_output
check_stderr_like 'is refused' 'cannot use standard output'
{
    printf '#!/bin/sh\n'
    printf '%q ' "${attached[@]}"
    # shellcheck disable=SC2016 # for the shell in the terminal
    printf '<%s >%s 2>%q; echo $? >%q\n' "\${INPUT:-/dev/tty}" "\${OUTPUT:-/dev/tty}" \
        "$errors/a" "$SCRATCH/code"
} >"$SCRATCH/terminal"
chmod +x "$SCRATCH/terminal"
for kind in 'INPUT=/dev/null' 'OUTPUT=/dev/null' ''; do
    # shellcheck disable=SC2086 # a word or none
    env $kind socat -u EXEC:"$SCRATCH/terminal",pty,setsid,ctty OPEN:/dev/null </dev/null
    check_equal "a terminal is refused, $kind" 2 "$(cat "$SCRATCH/code")"
    check_equal 'with a way' yes \
        "$(grep -q "a terminal is no other end (socat EXEC:'tunic" "$errors/a" && echo yes)"
done

# ---- standard output ----
# one_end WHEN WHAT, with perl's words for both: runs the end at a with pipes, of which its output
# takes 4,096 bytes, and prints its exit code. What was read goes to $SCRATCH/went.
one_end() {
    perl -e 'use strict;
        my ($when, $what, $file, @words) = @ARGV;
        pipe(my $in, my $give) && pipe(my $take, my $out) or die "pipe: $!\n";
        fcntl($out, 1031, 4096) or die "F_SETPIPE_SZ: $!\n";
        my $pid = fork() // die "fork: $!\n";
        if (!$pid) {
            open(STDIN, "<&", $in) && open(STDOUT, ">&", $out) or die "open: $!\n";
            exec(@words) or die "exec: $!\n";
        }
        close($in);
        close($out);
        my $went = "";
        sub waits { my $left = pack("L", 0); ioctl($take, 0x541b, $left); return unpack("L", $left) }
        sub take { sysread($take, $went, $_[0], length $went) }
        sub reach {
            for (;;) {
                open(my $stat, "<", "/proc/$pid/stat") or return;
                return if <$stat> =~ /\) [Z$_[0]] /;
                select(undef, undef, undef, 0.001);
            }
        }
        sub halt { kill("STOP", $pid); reach("T") }
        my $tries = 0;
        while (!eval($when)) {
            die $@ if $@;
            $tries++ < 5000 or kill("KILL", $pid), die "it never came so far\n";
            select(undef, undef, undef, 0.002);
        }
        eval($what);
        die $@ if $@;
        1 while defined(fileno($take)) && take(65536);
        waitpid($pid, 0);
        open(my $to, ">", $file) or die "open: $!\n";
        print $to $went;
        print $? & 127 ? 128 + ($? & 127) : $? >> 8, "\n"' "$1" "$2" "$SCRATCH/went" \
        "${attached[@]}" 2>"$errors/a"
}
# pings SIZE: until the end of the script, as the neighbour is not there.
pings() {
    kill "${pinging:-}" 2>/dev/null
    ip netns exec "tunic-$test_id-a" ping -q -i 0.01 -W 0.01 -s "$1" 10.77.0.2 >/dev/null 2>&1 &
    pinging=$!
}
# A frame of 5,030 bytes; of small ones a pipe takes all or nothing.
pings 5000
check_equal 'its reader ends inside a frame' 1 "$(one_end 'waits() == 4096' 'close($take)')"
check_equal 'with the reason' \
    'tunic: attach t0: standard output ended inside a frame: the other end is gone' \
    "$(cat "$errors/a")"
check_equal 'stopped inside a frame that nobody takes' 0 \
    "$(one_end 'waits() == 4096' 'kill("TERM", $pid); reach("Z")')"
check_false 'it is cut off' frames "$SCRATCH/went"
check_equal 'stopped inside one that is taken' 0 \
    "$(one_end 'waits() == 4096' 'halt(); take(4096); kill("INT", $pid); kill("CONT", $pid)')"
check_true 'it is whole' frames "$SCRATCH/went"
check_equal 'ended by something else inside one that is taken' 1 \
    "$(one_end 'waits() == 4096' \
        'halt(); syswrite($give, "\0\0"); take(4096); kill("CONT", $pid)')"
check_true 'it is whole' frames "$SCRATCH/went"
check_equal 'standard input ends meanwhile' 0 "$(one_end 'waits() == 4096' 'close($give)')"
check_true 'all that was to go has gone' frames "$SCRATCH/went"
check_equal 'inside a frame' 1 \
    "$(one_end 'waits() == 4096' 'syswrite($give, "\0"); close($give)')"
check_equal 'deleted while nobody takes anything' 3 \
    "$(one_end 'waits() == 4096' 'system("ip", "-n", "tunic-'"$test_id"'-a", "link", "del", "t0"); reach("Z")')"
check_equal 'as it says' 'tunic: attach t0: it was deleted' "$(cat "$errors/a")"
interfaces a
pings 994
check_equal 'its reader ends between frames' 0 "$(one_end 'waits() >= 3072' \
    'halt(); take(4096); close($take); kill("CONT", $pid)')"
check_equal 'without a word' '' "$(cat "$errors/a")"
check_true 'what went was whole' frames "$SCRATCH/went"
check_equal 'with half a frame that has come' 1 \
    "$(one_end 'waits() > 0' 'halt(); syswrite($give, "\0"); close($take); kill("CONT", $pid)')"

# ---- at any moment, under load ----
# The other end gives and takes until so many bytes have moved. What both had of each stream when it
# went is known exactly, as this one does nothing meanwhile: the code follows from that.
pings 5000
moment() {
    one_end '1' 'srand('"$1"'); my $eager = rand() < 0.5; my $aligned = rand() < 0.5;
        open(my $many, "<", "'"$SCRATCH/many"'"); binmode($many); local $/; my $frames = <$many>;
        my ($at, $moved, $until) = (0, 0, 1000 + rand(2000000));
        $SIG{PIPE} = "IGNORE";
        sub inside {
            my ($stream, $at) = ($_[0], 0);
            $at += 2 + unpack("n", substr($stream, $at)) while $at + 2 <= length $stream;
            return $at != length $stream;
        }
        my ($end, %whole) = (0);
        while ($end < length $frames) {
            $whole{$end} = 1;
            $end += 2 + unpack("n", substr($frames, $end));
        }
        use Fcntl; fcntl($give, F_SETFL, O_NONBLOCK);
        while ($moved < $until) {
            time() < $^T + 30 or kill("KILL", $pid), die "it does not go on\n";
            my $next = substr($frames, $at % length $frames, 1 + rand(20000));
            my $given = syswrite($give, $next) // 0;
            $at += $given;
            my $left = waits();
            $moved += $given + ($left ? take($eager ? $left : 1 + rand($left)) : 0);
        }
        while ($aligned && !$whole{$at % length $frames}) {
            $at += syswrite($give, substr($frames, $at % length $frames, 1)) // 0;
            take(waits());
        }
        halt();
        take(waits());
        my $cut = !$whole{$at % length $frames} || inside($went) ? 1 : 0;
        close($_) for rand() < 0.5 ? ($give, $take) : ($take, $give);
        print "$cut ";
        kill("CONT", $pid)'
}
for ((moment = 1; moment <= 30; moment++)); do
    result=$(moment "$moment")
    printf '%s: %s\n' "$moment" "$result" >&3
    [[ $result == '0 0' || $result == '1 1' ]] || printf '%s: %s\n' "$moment" "$result"
done >"$SCRATCH/wrong" 3>"$SCRATCH/found"
check_equal 'the other end goes at any moment: 1 where it was inside a frame, and only there' '' \
    "$(cat "$SCRATCH/wrong")"
check_true 'there were such' grep -q ': 1 1' "$SCRATCH/found"
check_true 'and others' grep -q ': 0 0' "$SCRATCH/found"
kill "$pinging"

# killed_at NUMBER: both ends of this program, one of which is killed once so many packets went.
flood() {
        ip netns exec "tunic-$test_id-$1" perl -e 'use IO::Socket::INET; my $socket =
        IO::Socket::INET->new(Proto => "udp", PeerAddr => "$ARGV[0]:9") or die;
        for (;;) { $socket->send("x" x rand(8900)) for 1 .. 20; select(undef, undef, undef, 0.001) }' \
        "$2" >/dev/null 2>&1 &
    flooding+=($!)
}
went() {
    [ "$(statistic a tx_packets)" -ge "$1" ]
}
for kind in pipes socket; do
    for number in 1 10 500 2000 3333 5000 7000; do
        joined "$kind" || continue
        flooding=()
        flood a 10.77.0.2
        flood b 10.77.0.1
        until_true 20 went $(($(statistic a tx_packets) + number))
        kill -KILL "${END[b]}"
        ended_joined
        kill "${flooding[@]}"
        wait "${flooding[@]}" 2>/dev/null
        said=$(cat "$errors/a")
        [[ ${CODE[a]}:$said = 0: || ${CODE[a]}:$said =~ ^1:.*ended\ inside\ a\ frame ]] ||
            fail "$kind, killed after $number packets: what the other end makes of it" \
                "${CODE[a]} $said"
        check_equal "$kind, killed after $number packets" 137 "${CODE[b]}"
    done
done

# ---- what is left of its streams ----
# Descriptors that this shell has, too.
mkfifo "$SCRATCH/one" "$SCRATCH/two"
exec {one}<>"$SCRATCH/one" {two}<>"$SCRATCH/two"
nonblocking() {
    (($(awk '$1 == "flags:" {print "0" $2}' "/proc/$$/fdinfo/$1") & 04000))
}
# left WHAT CODE INPUT OUTPUT COMMAND…: what ends it is done while it runs.
left() {
    local what=$1 code=$2 input=$3 output=$4 status=0
    shift 4
    "${attached[@]}" <&"$input" >&"$output" 2>"$errors/a" &
    running=$!
    check_true "$what: nothing blocks meanwhile" until_true 5 nonblocking "$input"
    check_true "$what: either way" nonblocking "$output"
    "$@"
    check_true "$what: it ends" until_true 10 relay_gone "$running"
    wait "$running" || status=$?
    check_equal "$what: its code" "$code" "$status"
    check_false "$what: standard input blocks again" nonblocking "$input"
    check_false "$what: standard output, too" nonblocking "$output"
}
# shellcheck disable=SC2317 # called by name
stopped() {
    kill "$running"
}
# shellcheck disable=SC2317
hung_up() {
    kill -s HUP "$running"
}
# shellcheck disable=SC2317
no_frame() {
    printf '\0\0' >&"$one"
}
# shellcheck disable=SC2317
deleted() {
    ip -n "tunic-$test_id-a" link del t0
}
left 'stopped' 0 "$one" "$two" stopped
left 'hung up' 0 "$one" "$two" hung_up
left 'both are one' 0 "$one" "$one" stopped
left 'no frame' 1 "$one" "$two" no_frame
left 'deleted' 3 "$one" "$two" deleted
interfaces a
check_equal 'what did not block before does not afterwards' '1 nonblocking' \
    "$(perl -e 'use Fcntl; sysopen(my $fifo, shift, O_RDWR | O_NONBLOCK) or die;
        syswrite($fifo, "\0\0"); open(STDIN, "<&", $fifo); open(my $kept, ">&", *STDOUT);
        open(STDOUT, ">&", $fifo); open(STDERR, ">", "/dev/null");
        my $code = system(@ARGV) >> 8;
        print $kept "$code ", fcntl($fifo, F_GETFL, 0) & O_NONBLOCK ? "nonblocking" : "blocking"' \
        "$SCRATCH/one" "${attached[@]}")"
check_equal 'its interface is as it was' 't0: tun persist user 1234' \
    "$(inside a "$TUNIC" -o show t0 | sed 's/one_queue //')"

finish
