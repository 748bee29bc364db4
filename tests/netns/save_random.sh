#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# 200 interfaces with attributes drawn by lot: saved, applied and saved again they are the same,
# where they were saved and where there are none. TUNIC_SEED chooses others.
#
#     ┌── the script's namespace ──┐           ┌── "empty" ────┐
#     │ r0 … r199  bridge7         │ ─▶ save ─▶ │ bridge7       │
#     └────────────────────────────┘   apply    └───────────────┘

# shellcheck source=tests/netns/common
. "$(dirname "$0")/common" "$@"
need perl strace

namespace empty
ip link add name bridge7 type bridge
ip -n "$NAMESPACE" link add name bridge7 type bridge
cd "$SCRATCH" || exit 1
seed=${TUNIC_SEED:-1}

# shellcheck disable=SC2317 # called by until_true
equal() {
    [ "$(whole)" = "$(space=empty whole)" ]
}

cat >draw <<'PERL'
use strict;
srand($ARGV[0]);
my @pieces = ('a', 'Z', '0', ' ', '#', '"', '\\', "'", '$x', 'up', "\xc3\xa9", '-', '%', ';', '{', '=');
my @names = ('up', 'mode', 'dev', 'route', 'n#', 'n"', 'n\\', '-n', "\xc3\xa9", '#', '"');
sub maybe { rand() < 0.5 }
sub one { $_[int rand @_] }
sub text { join '', map { one(@pieces) } 1 .. 1 + rand $_[0] }
sub quoted { my $text = shift; $text =~ s/(["\\])/\\$1/g; "\"$text\"" }
for my $i (0 .. 199) {
    my $tap = maybe();
    my $name = $i < @names ? $names[$i] : "r$i";
    my @words = ('dev', quoted($name), 'mode', $tap ? 'tap' : 'tun');
    my $up = maybe();
    my $inet6 = rand() < 0.8; # it needs an MTU of 1280
    push @words, 'user', one('any', 0, 1234, 'root') if maybe();
    push @words, 'group', one(0, 4, 4000) if maybe();
    push @words, $_ for grep { maybe() } qw(pi one_queue vnet_hdr multi_queue napi);
    push @words, 'mac', sprintf('02:00:5e:10:%02x:%02x', $i, rand 256) if $tap && maybe();
    push @words, 'mtu', one($inet6 ? (1280, 1400, 1500, 9000) : (68, 576)) if maybe();
    push @words, 'txqueuelen', int rand 2000 if maybe();
    push @words, 'alias', quoted(text(40)) if maybe();
    push @words, 'altname', quoted("alt$i-$_" . one('', '"', '\\', '#', "\xc3\xa9")) for 1 .. rand 3;
    push @words, 'master', 'bridge7' if $tap && maybe();
    for my $k (1 .. rand 4) {
        push @words, 'addr', sprintf('10.%d.%d.1/%d', $i, $k, one(8, 16, 24, 31, 32));
        my $more = int rand 4;
        push @words, 'broadcast', "10.$i.$k.255" if $more == 1;
        push @words, 'peer', "10.$i.$k.77" if $more == 2;
    }
    for my $k (1 .. ($inet6 ? rand 4 : 0)) {
        push @words, 'addr', sprintf('2001:db8:%x:%x::1/%d', $i, $k, one(64, 112, 128));
        push @words, 'nodad' if maybe();
    }
    push @words, 'linkdown_routes', one('use', 'ignore') if maybe();
    push @words, 'forwarding', one('on', 'off') if maybe();
    push @words, $up ? 'up' : 'down' if $up || maybe();
    for my $k (1 .. ($up ? rand 4 : 0)) {
        push @words, 'route', one("172.16.$i.0/24", "10.250.$i.$k/32",
            $inet6 ? sprintf('2001:db8:f%d:%x::/64', $k, $i) : 'default');
        push @words, 'metric', 1000 * $i + $k;
    }
    if ($up && maybe()) {
        push @words, 'route', "10.249.$i.9", 'route', "10.248.$i.0/24", 'via', "10.249.$i.9";
    }
    print "@words\n";
}
PERL
perl draw "$seed" >drawn

check "drawn with $seed: apply" 0 "$TUNIC" apply drawn
check_equal 'no word' '' "$(cat "$STDOUT" "$STDERR")"
check 'save' 0 "$TUNIC" save
cp "$STDOUT" saved
check_equal 'all of them' 200 "$(grep -vc '^#' saved)"
check 'what was drawn is so' 0 "$TUNIC" apply check drawn
check_stdout 'to the last' ''
listen
check 'applied where it was saved' 0 requests "$TUNIC" apply saved
check_equal 'it asks for nothing' '' "$REQUESTS"
check_equal 'it changes nothing' '' "$(heard)"
check 'in another namespace' 0 inside empty "$TUNIC" apply "$SCRATCH/saved"
check_equal 'no word there' '' "$(cat "$STDOUT" "$STDERR")"
check 'save there' 0 inside empty "$TUNIC" save
check_stdout_file 'the same words' saved
check 'what was drawn is so there' 0 inside empty "$TUNIC" apply check "$SCRATCH/drawn"
check_stdout 'to the last, too' ''
until_true 5 equal || fail 'what ip tells of both is the same' \
    "$(diff <(whole) <(space=empty whole))"

finish
