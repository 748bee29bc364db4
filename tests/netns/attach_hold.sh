#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# attach ... hold: the carrier stays, whoever comes and goes, and nobody is disturbed.
#
#     t0  its only queue ─────────▶ hold                  which reads nothing
#     m0  a detached queue ───────▶ hold
#         every other queue ──────▶ whoever reads packets

# shellcheck source=tests/netns/common
. "$(dirname "$0")/common" "$@"
need perl ethtool strace

log=$SCRATCH/log
keeper=
# keep WORD…: begins a hold, and waits until its interface, the first word, has a carrier.
keep() {
    "${keeping[@]}" "$TUNIC" attach "$@" hold 2>"$log" &
    keeper=$!
    "$TUNIC" wait "$1" carrier timeout 10 || fail "the carrier of $1" "$(cat "$log")"
}
keeping=()
# ended: waits for its end; $STATUS is its exit code.
ended() {
    until_true 10 test ! -d "/proc/$keeper" || kill -KILL "$keeper"
    STATUS=0
    wait "$keeper" || STATUS=$?
}
stop() {
    kill -s "$1" "$keeper"
    ended
}
has_carrier() {
    [ "$(link "$1" '.flags | index("LOWER_UP") != null')" = true ]
}
queues() {
    link "$1" '.linkinfo.info_data | "\(.numqueues) \(.numdisabled)"'
}

# ---- the carrier ----
for kind in tun tap 'tun multi_queue' 'tap multi_queue' 'tap pi' 'tun vnet_hdr'; do
    # shellcheck disable=SC2086 # words they are
    "$TUNIC" add h0 mode $kind up
    before=$(link h0 .linkinfo.info_data.pi,.linkinfo.info_data.vnet_hdr)
    keep h0
    pass "$kind: the carrier comes"
    check_true "$kind: it is seen to hold it" sh -c "'$TUNIC' -d show h0 | grep -q 'tunic\\[$keeper\\]'"
    stop TERM
    check_equal "$kind: SIGTERM is a clean end" 0 "$STATUS"
    check_equal "$kind: nothing was said" '' "$(cat "$log")"
    check_true "$kind: the carrier goes" until_true 5 eval '! has_carrier h0'
    check_equal "$kind: its flags stay" "$before" \
        "$(link h0 .linkinfo.info_data.pi,.linkinfo.info_data.vnet_hdr)"
    "$TUNIC" del h0
done
"$TUNIC" add t0 mode tap user 1234 up
"$TUNIC" add m0 mode tap multi_queue vnet_hdr user 1234 up
# A shell's job in the background ignores SIGINT, and would hand that on.
keeping=(env --default-signal=INT)
keep t0
stop INT
check_equal 'SIGINT is a clean end' 0 "$STATUS"
keeping=()

"$TUNIC" set t0 down
"$TUNIC" attach t0 hold 2>"$log" &
keeper=$!
check_true 'one that is down is told of' until_true 5 grep -q "it is down: .*'tunic set t0 up'" "$log"
"$TUNIC" set t0 up
check 'and held all the same' 0 "$TUNIC" wait t0 carrier timeout 5
check 'an only queue is taken' 5 "$TUNIC" attach t0 hold
check_stderr_like 'and by whom' "held by tunic\[$keeper\]"
stop TERM

# Its output has no reader, which is none of its business.
mkfifo "$SCRATCH/pipe"
exec 8<>"$SCRATCH/pipe"
exec 9>"$SCRATCH/pipe"
"$TUNIC" attach t0 hold >&9 8>&- 9>&- 2>"$log" &
keeper=$!
exec 8>&- 9>&-
check 'without a reader of its output' 0 "$TUNIC" wait t0 carrier timeout 5
check_true 'it goes on' kill -0 "$keeper"
stop TERM
check_equal 'until it is stopped' 0 "$STATUS"

for words in 'count 3' 'filter icmp' 'queues 2'; do
    # shellcheck disable=SC2086 # words they are
    check "'$words' means nothing to it" 2 "$TUNIC" attach m0 $words hold
done
check 'what is not there' 3 "$TUNIC" attach nothing hold

# ---- readiness ----
# shellcheck disable=SC2016 # for perl
perl -e 'use IO::Socket::UNIX; alarm 20;
    my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die;
    $socket->recv(my $text, 100); open my $link, "-|", qw(ip -o link show m0); print $text, " ", <$link>' \
    "$SCRATCH/notify" >"$SCRATCH/notified" &
listener=$!
until_true 5 test -S "$SCRATCH/notify" || fail 'a service manager listens'
NOTIFY_SOCKET=$SCRATCH/notify "$TUNIC" attach m0 hold &
keeper=$!
wait "$listener"
check_true 'a service manager is told' grep -q '^READY=1 ' "$SCRATCH/notified"
check_true 'once the carrier is there' grep -q LOWER_UP "$SCRATCH/notified"

# ---- others of a multi_queue one ----
check_equal 'it has a queue, and takes no part' '0 1' "$(queues m0)"
ip addr add 10.9.0.1/24 dev m0
ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev m0
# Each to another port: another flow, and another queue of those that there are.
# shellcheck disable=SC2016 # for perl
flows='use IO::Socket::INET; my $from = shift;
    for my $port ($from .. $from + 63) {
        my $socket = IO::Socket::INET->new(Proto => "udp", PeerAddr => "10.9.0.2:$port") or die;
        $socket->send("x");
    }'
perl -e "$flows" 2000
timeout 20 "$TUNIC" attach m0 count 64 filter 'udp and dst host 10.9.0.2' write "$SCRATCH/file" \
    2>"$log" &
reader=$!
reads() {
    [ "$(queues m0)" = '1 1' ]
}
check_true 'another user attaches' until_true 5 reads
check 'and more of them' 0 perl -e "$flows" 3000
check_true 'gets every packet' wait "$reader"
check_equal 'of each flow' 64 "$(($(stat -c %s "$SCRATCH/file") / (16 + 14 + 20 + 8 + 1)))"
check_true 'the carrier stays' has_carrier m0
carriers=$(cat /sys/class/net/m0/carrier_changes)
for _ in 1 2 3; do
    "$TUNIC" attach m0 queues 2 exec true
done
check_equal 'as long as it holds' "$carriers" "$(cat /sys/class/net/m0/carrier_changes)"
stop TERM
check_true 'and falls with it' until_true 5 eval '! has_carrier m0'

# What another has set is left alone: offloads, and which frames it wants.
# shellcheck disable=SC2016 # for perl
perl -e 'open my $tun, "+<", "/dev/net/tun" or die;
    my $request = pack "a16 S x22", "m0", 0x5102;
    ioctl $tun, 0x400454ca, $request or die "TUNSETIFF: $!";
    ioctl $tun, 0x400454d0, 3 or die "TUNSETOFFLOAD: $!";
    my $filter = pack "S S C6", 0, $ARGV[0], 2, 0, 0, 0, 9, 9;
    ioctl $tun, 0x400454d1, $filter or die "TUNSETTXFILTER: $!";
    $| = 1; print "ready\n"; sleep 1000' 1 >"$SCRATCH/other" &
other=$!
until_true 5 grep -q ready "$SCRATCH/other" || fail 'another user with offloads'
offloads() {
    ethtool -k m0 | grep -E '^(tx-checksumming|tcp-segmentation-offload):'
}
before=$(offloads)
check_equal 'another user has offloads' \
    $'tx-checksumming: on\ntcp-segmentation-offload: on' "$before"
"$TUNIC" attach m0 hold &
keeper=$!
beside() {
    [ "$(queues m0)" = '1 1' ]
}
check_true 'a hold beside it' until_true 5 beside
stop TERM
check_equal 'changes nothing of it' "$before" "$(offloads)"
filtered() {
    local dropped
    dropped=$(cat /sys/class/net/m0/statistics/tx_dropped)
    perl -e "$flows" 4000
    [ "$(cat /sys/class/net/m0/statistics/tx_dropped)" -ge $((dropped + 64)) ]
}
check_true 'its filter neither' filtered
kill "$other"
wait "$other" 2>/dev/null

# ---- the end of the interface ----
namespace away
for kind in '' multi_queue; do
    # shellcheck disable=SC2086 # words they are
    "$TUNIC" add h0 mode tun $kind up addr 10.8.0.1/24
    keeping=("${tracing[@]}" -o "$SCRATCH/trace" -e 'trace=epoll_wait,epoll_pwait')
    keep h0
    ping -q -c 5 -i 0.01 -W 0.01 10.8.0.2 >/dev/null
    ip link set h0 down
    ip link set h0 name h1
    ip link set h1 up
    check "${kind:-single}: a new name" 0 "$TUNIC" wait h1 carrier timeout 5
    ip link set h1 netns "$NAMESPACE"
    space=away
    here ip link set h1 up
    check "${kind:-single}: another namespace" 0 "$TUNIC" -n "$NAMESPACE" wait h1 carrier timeout 5
    here ip link del h1
    space=
    ended
    check_equal "${kind:-single}: its end is one of ours" 3 "$STATUS"
    check_equal "${kind:-single}: which is told" 'tunic: attach h0: it was deleted' "$(cat "$log")"
    waits=$(grep -c epoll "$SCRATCH/trace")
    check_true "${kind:-single}: it slept all the time ($waits waits)" [ "$waits" -le 4 ]
done
keeping=()

# ---- an ordinary user ----
become 1234:1234
for name in t0 m0; do
    "${become[@]}" "$PROGRAM" -f "$NODE" attach "$name" hold &
    keeper=$!
    check "the owner holds $name" 0 "$TUNIC" wait "$name" carrier timeout 5
    stop TERM
    check_equal 'and lets it go' 0 "$STATUS"
done
check 'a stranger does not' 6 as 1235:1235 "$PROGRAM" -f "$NODE" attach m0 hold

finish
