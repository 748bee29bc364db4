#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What a relay finds where it starts, what it makes of it, and how it leaves it; and a peer whose
# name means another address one day. The topology is that of tests/netns/tunnel; the user is 1234.

# shellcheck source=tests/netns/tunnel
. "$(dirname "$0")/tunnel" "$@"
need ethtool perl script
ends
a() {
    ip -n "tunic-$test_id-a" "$@"
}
tunic() {
    inside a timeout 10 "$TUNIC" "$@"
}
become 1234:1234
user() {
    inside a timeout 10 "${become[@]}" "$PROGRAM" -f "$NODE" "$@"
}

# ---- a name that changes its meaning ----
# It takes half a minute of silence, so it goes on while the others are tried.
own_etc
mkdir -p "/etc/netns/tunic-$test_id-a"
hosts=/etc/netns/tunic-$test_id-a/hosts
printf '10.99.0.2 peer.test\n' >"$hosts"
# heard NAME ADDRESS: whatever comes there is written down.
heard() {
    # shellcheck disable=SC2016 # for perl
    ip netns exec "tunic-$test_id-b" perl -e 'use strict; use IO::Socket::INET;
        my $socket = IO::Socket::INET->new(Proto => "udp", LocalAddr => $ARGV[0]) or die "bind: $!\n";
        $| = 1; print "ready\n"; my $bytes;
        print "datagram\n" while defined $socket->recv($bytes, 65536);' "$2:55555" >"$SCRATCH/$1" &
    until_true 5 grep -q ready "$SCRATCH/$1" || fail "somebody listens at $2"
}
ip -n "tunic-$test_id-b" addr add 10.99.0.7/24 dev under
heard old 10.99.0.2
heard new 10.99.0.7
relay a mode tun addr 10.77.0.1/24 up insecure connect peer.test
speaks_to() {
    inside a ping -q -c 1 -W 0.05 10.77.0.2
    grep -q datagram "$SCRATCH/$1"
}
check_true 'a name is found' until_true 5 speaks_to old
moved_at=$SECONDS
printf '10.99.0.7 peer.test\n' >"$hosts"

# ---- what is not there ----
wait_named() {
    name=$(a -o link show type tun | sed -n 's/^[0-9]*: \(vm[0-9]*\):.*/\1/p')
    [ -n "$name" ]
}
ip netns exec "tunic-$test_id-a" "$TUNIC" relay vm%d mode tun insecure connect 10.99.0.2 \
    >"$SCRATCH/named" 2>&1 </dev/null &
named=$!
check_true 'a template makes one' until_true 5 wait_named
check_true 'and its name is printed' until_true 5 grep -qx "$name" "$SCRATCH/named"
kill "$named"
check_true 'it ends well' wait "$named"
check_false 'and it is gone' a link show "$name"
check 'a missing one, unprivileged' 6 user relay t9 mode tun insecure connect 10.99.0.2
check 'a name that says nothing of a mode' 2 tunic relay x9 insecure connect 10.99.0.2
check 'a host that is not known' 1 tunic relay t9 mode tun insecure connect nosuch.invalid
check_stderr_like 'is told' 'nosuch.invalid'
check 'an underlay that is not there' 3 tunic relay t9 mode tun insecure connect 10.99.0.2 underlay nosuch
check_stderr_like 'is told' 'nosuch'
check_stderr_unlike 'and is not said to be deleted' 'it was deleted'
check_false 'nothing of it was left' a link show t9

# ---- what is there, and is another ----
check 'one that is' 0 tunic add t1 mode tun user 1234 mtu 1300 up
check 'what differs, of its owner' 4 user relay t1 mtu 1400 addr 10.1.1.1/24 insecure connect 10.99.0.2
check_stderr_like 'is named' 'mtu 1300 -> 1400, addr \+ 10.1.1.1/24'
check 'another mode' 4 tunic relay t1 mode tap insecure connect 10.99.0.2
check 'another kind' 4 tunic relay under mode tun insecure connect 10.99.0.2
check_stderr_like 'is named' 'veth'
check 'of somebody else' 6 inside a "${become[@]/1234/1235}" "$PROGRAM" -f "$NODE" relay t1 \
    insecure connect 10.99.0.2
check 'a differing one, as root' 0 tunic set t1 mtu 1300

# ---- how it is left ----
relay_at() {
    name=$1
    shift
    ip netns exec "tunic-$test_id-a" "$@" >"$SCRATCH/at" 2>&1 </dev/null &
    at=$!
    until_true 5 relay_works "$at" || fail "the relay of $name is set up" "$(cat "$SCRATCH/at")"
}
state() {
    tunic -j -d show t1 | jq -S '.[0] | del(.flags, .carrier, .operstate, .processes, .addr_info, .queues)'
    # What was never switched on may differ in that it was asked for.
    inside a ethtool -k t1 | sed 's/ \[requested on\]//'
}
before=$(state)
relay_at t1 "$TUNIC" relay t1 insecure connect 10.99.0.2
check_true 'while it runs its offloads are on' \
    grep -q 'tcp-segmentation-offload: on' <(inside a ethtool -k t1)
check 'another relay' 5 tunic relay t1 insecure connect 10.99.0.2
check_stderr_like 'is told by whom it is held' 'tunic\['
kill "$at"
check_true 'it ends well' wait "$at"
check_equal 'what was there is as it was' "$before" "$(state)"
# A killed one leaves its offloads on: whoever comes next without a header must not get them.
relay_at t1 "$TUNIC" relay t1 insecure connect 10.99.0.2
kill -KILL "$at"
wait "$at" 2>/dev/null
hold plain t1:1001
release plain
relay_at t1 "$TUNIC" relay t1 offload off insecure connect 10.99.0.2
check_equal 'offloads of somebody before are off' "$before" "$(state)"
kill "$at"
wait "$at"
relay_at t1 "$TUNIC" relay t1 insecure connect 10.99.0.2
a link del t1
check_true 'deleted while it runs' until_true 5 relay_gone "$at"
STATUS=0
wait "$at" || STATUS=$?
check_equal 'ends it' 3 "$STATUS"
check_true 'and is told' grep -q 'it was deleted' "$SCRATCH/at"

# ---- the ready notification ----
notified() {
    # shellcheck disable=SC2016 # for perl
    ip netns exec "tunic-$test_id-a" perl -e 'use strict; use Socket;
        my $path = $ARGV[0]; $path =~ s/^@/\0/;
        socket(my $socket, AF_UNIX, SOCK_DGRAM, 0); bind($socket, pack_sockaddr_un($path)) or die;
        $| = 1; print "listens\n"; recv($socket, my $bytes, 100, 0); print "$bytes\n";' \
        "$1" >"$SCRATCH/notified" &
    until_true 5 grep -q listens "$SCRATCH/notified"
    relay_at t2 env NOTIFY_SOCKET="$1" "$TUNIC" relay t2 mode tun insecure connect 10.99.0.2
    check_true "who started it is told at $1" until_true 5 grep -qx 'READY=1' "$SCRATCH/notified"
    kill "$at"
    wait "$at"
}
notified "$SCRATCH/notify"
notified "@tunic-$test_id"

# ---- the way to the peer ----
# Our address, and the route, come to be after the relay, and become others while it runs.
stranger=10.99.0.2
a addr del 10.99.0.1/24 dev under
relay_at t3 "$TUNIC" relay t3 mode tun addr 10.78.0.1/24 up insecure listen 55556 connect "$stranger:55557"
# shellcheck disable=SC2016 # for perl
ip netns exec "tunic-$test_id-b" perl -e 'use strict; use IO::Socket::INET; $| = 1;
    my $socket = IO::Socket::INET->new(Proto => "udp", LocalAddr => "10.99.0.2:55557") or die; my $bytes;
    while (defined $socket->recv($bytes, 65536)) { print $socket->peerhost, "\n"; }' >"$SCRATCH/from" &
gone() {
    ! a link show dev "$1"
}
comes_from() {
    inside a ping -q -c 1 -W 0.05 10.78.0.2
    grep -qx "$1" "$SCRATCH/from"
}
a addr add 10.99.0.5/24 dev under
check_true 'a route that came later is used' until_true 15 comes_from 10.99.0.5
a addr del 10.99.0.5/24 dev under
a addr add 10.99.0.1/24 dev under
check_true 'and another address of ours' until_true 15 comes_from 10.99.0.1
kill "$at"
wait "$at"

# ---- on a terminal ----
TERM=xterm ip netns exec "tunic-$test_id-a" script -qfec \
    "$TUNIC relay t4 mode tun addr 10.79.0.1/24 up insecure listen 55558 connect 10.99.0.2:55558" \
    "$SCRATCH/terminal" >/dev/null 2>&1 </dev/null &
terminal=$!
check_true 'a line tells how it goes, again and again' until_true 15 \
    grep -aq 't4: out .*peer 10.99.0.2:55558.*t4: out ' "$SCRATCH/terminal"
kill "$terminal"
wait "$terminal"
check_true 'and the relay goes with its terminal' until_true 10 gone t4

# ---- the name again ----
check_true 'after silence it is looked up again' until_true $((moved_at + 60 - SECONDS)) speaks_to new
check_true 'and the relay lives' relay_works "${RELAY[a]}"
stop_relay a
check_equal 'it ends well' 0 "$STATUS"
rm -r "/etc/netns/tunic-$test_id-a"
finish
