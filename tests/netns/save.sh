#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# tunic save: what it prints, applied, changes nothing where it was saved, and makes the same
# interfaces where there are none.
#
#     ┌── the script's namespace ──┐           ┌── "empty" ────┐
#     │ x1 … x9  bridge7  red      │ ─▶ save ─▶ │ bridge7  red  │
#     └────────────────────────────┘   apply    └───────────────┘

# shellcheck source=tests/netns/common
. "$(dirname "$0")/common" "$@"
need perl strace

namespace empty
for place in "$$" "$NAMESPACE"; do
    ip_there=(ip)
    [ "$place" = "$$" ] || ip_there=(ip -n "$place")
    "${ip_there[@]}" link add name bridge7 type bridge
    vrf=yes
    "${ip_there[@]}" link add name red type vrf table 10 2>/dev/null || vrf=
done
cd "$SCRATCH" || exit 1

# All that show tells, but numbers, counters, and what the kernel makes of itself or notices later.
state() {
    here "$TUNIC" -j show | jq -Sc 'sort_by(.ifname)[] |
        del(.ifindex, .carrier, .operstate, .flags, .addr_info[]?.tentative,
            (.addr_info[]? | select(.scope == "link"))) |
        if .addr_info == [] then del(.addr_info) else . end'
}

# saves WHAT [LINE]: it is saved (as LINE, "…" standing for an address drawn by lot), applying that
# changes nothing, and on an empty machine makes the same.
saves() {
    local what=$1
    check "$what: save" 0 "$TUNIC" save
    cp "$STDOUT" saved
    check_equal "$what: no message" '' "$(cat "$STDERR")"
    [ "$#" -lt 2 ] || check_equal "$what: the line" "$2" \
        "$(sed -E 's/ mac [0-9a-f:]+/ mac …/' saved)"
    until_true 5 settled
    listen
    check "$what: applied where it was saved" 0 requests "$TUNIC" apply saved
    check_equal "$what: no event" '' "$(heard)"
    check_equal "$what: no request" '' "$REQUESTS"
    check "$what: nor is there a difference" 0 "$TUNIC" apply check saved
    check_equal "$what: no word" '' "$(cat "$STDOUT" "$STDERR")"
    check "$what: applied elsewhere" 0 inside empty "$TUNIC" apply "$SCRATCH/saved"
    check_equal "$what: no word there" '' "$(cat "$STDOUT" "$STDERR")"
    state >here
    check_equal "$what: each has its line" "$(grep -vc '^#' saved)" "$(wc -l <here)"
    check_equal "$what: the same there" "$(cat here)" "$(space=empty state)"
    check "$what: save there" 0 inside empty "$TUNIC" save
    check_stdout_file "$what: the same words" saved
    space=empty clear_interfaces
}

# shellcheck disable=SC2317 # called by until_true
settled() {
    local before
    before=$(whole)
    [ "$before" = "$(whole)" ]
}

# one WHAT LINE WORDS…: an interface made with these words is saved as this line.
one() {
    local what=$1 line=$2
    shift 2
    "$TUNIC" add "$@" || fail "$what: add"
    saves "$what" "$line"
    clear_interfaces
}

# What the kernel gives: kernels differ.
"$TUNIC" add x1 mode tun
tun_sizes="mtu 1500 txqueuelen $(link x1 .txqlen)"
clear_interfaces

# ---- nothing, and what ip tuntap makes ----
check 'nothing' 0 "$TUNIC" save
check_stdout 'prints nothing' ''
ip tuntap add x1 mode tap
ip tuntap add x2 mode tun user 1234
ip tuntap add x3 mode tap group 4 multi_queue
ip tuntap add x4 mode tun user 0 group nogroup pi vnet_hdr one_queue
ip tuntap add dev mode mode tun
saves 'of ip tuntap' "x1 mode tap user any mac … mtu 1500 txqueuelen 1000 down
x2 mode tun user 1234 $tun_sizes down
x3 mode tap group adm multi_queue mac … mtu 1500 txqueuelen 1000 down
x4 mode tun user root group nogroup pi one_queue vnet_hdr $tun_sizes down
dev mode mode tun user any $tun_sizes down"
clear_interfaces

# ---- each attribute ----
tap='mode tap user root'
tun='mode tun user root'
sizes='mtu 1500 txqueuelen 1000'
one napi "x1 $tap napi mac … $sizes down" x1 mode tap napi
one napi_frags "x1 $tap napi napi_frags mac … $sizes down" x1 mode tap napi napi_frags
one 'mtu, txqueuelen' "x1 $tun mtu 68 txqueuelen 0 down" x1 mode tun mtu 68 txqueuelen 0
one 'too small for IPv6' "x1 $tun mtu 576 txqueuelen 7 linkdown_routes ignore forwarding on up" \
    x1 mode tun mtu 576 txqueuelen 7 forwarding on linkdown_routes ignore up
one up "x1 $tun $tun_sizes up" x1 mode tun up
one 'both families forward' "x1 $tun $tun_sizes forwarding on down" x1 mode tun forwarding on
one linkdown_routes "x1 $tun $tun_sizes linkdown_routes ignore up" x1 mode tun up \
    linkdown_routes ignore
one altnames "x1 $tun $tun_sizes altname one altname mode altname \"a#\\\\\" down" x1 mode tun \
    altname one altname mode altname "a#\\"
one 'a bridge' "x1 $tap mac … $sizes master bridge7 down" x1 mode tap master bridge7
[ -z "$vrf" ] || one 'a VRF' "x1 $tun $tun_sizes master red addr 10.1.0.1/24 up" x1 mode tun \
    master red addr 10.1.0.1/24 up
one 'quotes, blanks, a backslash' "x1 $tun $tun_sizes alias \" say \\\"hi\\\" \\\\ # \" down" \
    x1 mode tun alias ' say "hi" \ # '
one 'an alias that ends in a backslash' "x1 $tun $tun_sizes alias \"back\\\\\" down" x1 mode tun \
    alias "back\\"
one 'UTF-8' "x1 $tun $tun_sizes alias Zoë→東 down" x1 mode tun alias 'Zoë→東'
one 'an alias that is a keyword' "x1 $tun $tun_sizes alias up down" x1 mode tun alias up
one 'addresses, in order' "x1 $tun $tun_sizes addr 10.3.0.1/24 addr 10.1.0.1/16 addr 10.2.0.1/32\
 addr 10.3.0.2/24 addr 2001:db8:2::1/64 nodad addr 2001:db8:1::1/128 nodad addr fd00::1/64 nodad up" \
    x1 mode tun up addr 10.3.0.1/24 addr 10.3.0.2/24 addr 10.1.0.1/16 addr 10.2.0.1 \
    addr 2001:db8:2::1/64 nodad addr 2001:db8:1::1 nodad addr fd00::1/64 nodad
one 'broadcast and peer' "x1 $tun $tun_sizes addr 10.1.0.1/24 broadcast 10.1.0.255\
 addr 10.2.0.1/32 peer 10.2.0.2 addr 10.4.0.1/24 peer 10.5.0.1 broadcast 10.5.0.0\
 addr 2001:db8::1/128 peer 2001:db8::2 nodad up" x1 mode tun up \
    addr 10.1.0.1/24 broadcast + addr 10.2.0.1 peer 10.2.0.2 \
    addr 10.4.0.1/24 peer 10.5.0.1 broadcast - addr 2001:db8::1 peer 2001:db8::2 nodad
one 'a gateway by a route of its own' "x1 $tap mac … $sizes addr 10.1.0.1/32\
 addr 2001:db8::1/128 nodad up route 10.9.9.9/32 route 2001:db8:9::9/128\
 route 0.0.0.0/0 via 10.9.9.9 route ::/0 via 2001:db8:9::9" x1 mode tap up addr 10.1.0.1 \
    addr 2001:db8::1 nodad route 10.9.9.9 route 2001:db8:9::9 route default via 10.9.9.9 \
    route ::/0 via 2001:db8:9::9
one 'metrics' "x1 $tun $tun_sizes addr 10.1.0.1/24 up route 0.0.0.0/0 route 10.5.0.0/16 metric 7\
 route 10.5.0.0/16 metric 8 route ::/0 metric 9 route ::/0\
 route 10.6.0.0/16 via 10.1.0.9 metric 4294967295" x1 mode tun up addr 10.1.0.1/24 \
    route default route 10.5.0.0/16 metric 7 route 10.5.0.0/16 metric 8 \
    route 10.6.0.0/16 via 10.1.0.9 metric 4294967295 route ::/0 route ::/0 metric 9
one 'one of the kernel'"'"'s own words' "dev up $tun $tun_sizes up" dev up mode tun up
one 'names that need quotes' "\"#\" $tun $tun_sizes down
\"a\\\"b\\\\\" $tun $tun_sizes down
-x $tun $tun_sizes down" '#' "a\"b\\" -- -x mode tun

# ---- which ones ----
"$TUNIC" add x1 mode tap
"$TUNIC" add x2 mode tun altname second
hold one x3:1001
ip link add veth0 type veth peer name veth1
check 'one of them' 0 "$TUNIC" save x2
check_stdout 'is printed' "x2 $tun $tun_sizes altname second down"
check 'by another name' 0 "$TUNIC" save second x1
check_equal 'as those that are named, in that order' 'x2 x1' "$(cut -d' ' -f1 "$STDOUT" | paste -sd' ')"
check 'transient ones' 0 "$TUNIC" save
check_stdout_unlike 'are left out' '^x3'
check 'unless they are named' 0 "$TUNIC" save x3
check_stdout 'then they are printed' "x3 mode tun user any $tun_sizes down"
check 'one that is missing' 3 "$TUNIC" save x1 nosuch x2
check_stderr 'is told' 'tunic: save nosuch: no such interface'
check_equal 'the others are printed' 'x1 x2' "$(cut -d' ' -f1 "$STDOUT" | paste -sd' ')"
check 'one of another kind' 4 "$TUNIC" save veth0
check_stderr 'is told' 'tunic: save veth0: it is not a TUN/TAP interface: it is a veth interface'
check 'no interface name' 2 "$TUNIC" save a/b
inside empty "$TUNIC" add y1 mode tun
check 'of another namespace' 0 "$TUNIC" -n "$NAMESPACE" save
check_stdout 'those there' "y1 $tun $tun_sizes down"
check 'an ordinary user' 0 as 1234:1234 "$PROGRAM" save x1
check_stdout_like 'may save' '^x1 mode tap user root '
"$TUNIC" save >/dev/full 2>full
check_equal 'a full disk' 1 "$?"
check_true 'is told' grep -q 'No space left' full
release one
space=empty clear_interfaces
clear_interfaces

# ---- what others manage ----
"$TUNIC" add x1 mode tap up addr 10.1.0.1/24
ip addr add 10.9.0.1/24 dev x1 valid_lft 3000 preferred_lft 3000
ip addr add 2001:db8:9::1/64 dev x1 valid_lft 3000 preferred_lft 3000 nodad
ip addr add fe80::7/64 dev x1 nodad
ip addr add 127.9.0.1/24 dev x1 scope host
ip route add 10.7.0.0/16 dev x1 proto bird
ip route add 10.8.0.0/16 dev x1 table 77
ip route add 10.6.0.0/16 dev x1 proto boot
ip route add 10.6.0.0/16 dev x1 tos 8
check 'of others' 0 "$TUNIC" save x1
check_equal 'nothing is told, and nothing twice' \
    "x1 $tap mac … $sizes addr 10.1.0.1/24 up route 10.6.0.0/16" \
    "$(sed -E 's/ mac [0-9a-f:]+/ mac …/' "$STDOUT")"
cp "$STDOUT" saved
before=$(whole)
check 'applied' 0 "$TUNIC" apply saved
check_equal 'it changes nothing of that' "$before" "$(whole)"
check 'check' 0 "$TUNIC" apply saved check
clear_interfaces

# ---- what no line can say ----
cat >altname <<'PERL'
# altname IFINDEX NAME: gives an interface another name, whatever bytes it has (RTM_NEWLINKPROP).
my ($index, $name) = @ARGV;
socket(my $socket, 16, 3, 0) or die "socket: $!";
my $value = "$name\0";
my $inner = pack("S S a*", 4 + length $value, 53, $value);
$inner .= "\0" x (-length($inner) & 3);
my $body = pack("C x S l L L", 0, 0, $index, 0, 0) . pack("S S", 4 + length $inner, 0x8034) . $inner;
send($socket, pack("L S S L L", 16 + length $body, 108, 0x605, 1, 0) . $body, 0) or die "send: $!";
recv($socket, my $answer, 4096, 0);
my $error = unpack("x16 l", $answer);
die "refused: $error\n" if $error;
PERL
# noted WHAT LINES: they are saved, and applied change nothing.
noted() {
    check "$1: save" 0 "$TUNIC" save
    check_stdout "$1: told in a comment" "$2"
    cp "$STDOUT" saved
    check "$1: applied" 0 requests "$TUNIC" apply saved
    check_equal "$1: no request" '' "$REQUESTS"
    clear_interfaces
}
"$TUNIC" add x1 mode tun
ip link set x1 alias $'line\nx9 mode tap'
noted 'a line break in an alias' "# x1: its alias is left out: it contains control bytes
x1 $tun $tun_sizes down"
"$TUNIC" add x1 mode tun altname fine
if perl altname "$(link x1 .ifindex)" $'a\nx9 mode tap' 2>/dev/null; then
    noted 'a line break in an altname' "# x1: its altnames are left out: it contains '/', ':', '%', white space or control bytes
x1 $tun $tun_sizes down"
else
    skip 'a line break in an altname' 'this kernel refuses it'
    clear_interfaces
fi
"$TUNIC" add x1 x2 mode tun
ip addr add 224.0.0.5/32 dev x1
noted 'an address that is none' "# x1: it is left out: addr '224.0.0.5/32': a multicast address cannot be an interface's own
x2 $tun $tun_sizes down"
"$TUNIC" add x1 mode tun
ip link set x1 name "$(printf 'b\001d')"
noted 'a name that cannot be typed' "# b\\x01d: it is left out: 'b\\x01d' is no interface name: it contains control bytes"
ip link add name none type bridge
"$TUNIC" add x1 mode tap mac 02:00:5e:10:00:01
ip link set x1 master none
noted 'a bridge of the name none' "# x1: its master is left out: one of the name 'none' cannot be named
x1 $tap mac 02:00:5e:10:00:01 $sizes down"

# Accounts whose names are read as others.
{ cat /etc/passwd && printf '%s\n' 'any:x:4001:4001::/:/bin/false' '77:x:4002:4002::/:/bin/false' \
    'two words:x:4003:4003::/:/bin/false' 'back\slash:x:4004:4004::/:/bin/false'; } >passwd
{ cat /etc/group && printf '%s\n' 'any:x:4001:' 'two words:x:4003:'; } >group
chmod 644 passwd group
mount --bind passwd /etc/passwd
mount --bind group /etc/group
for id in 4001 4002 4003 4004; do
    ip tuntap add "x$id" mode tun user "$id" group "$id"
done
saves 'accounts' "x4001 mode tun user 4001 group 4001 $tun_sizes down
x4002 mode tun user 4002 group 4002 $tun_sizes down
x4003 mode tun user \"two words\" group \"two words\" $tun_sizes down
x4004 mode tun user 4004 group 4004 $tun_sizes down"
clear_interfaces

finish
