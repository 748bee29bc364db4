#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# tunic add, attribute by attribute: as netlink shows what was made, and against the same made by
# iproute2, one command against several.
#
#       namespace "ours"                    namespace "theirs"
#     ┌──────────────────────┐            ┌───────────────────────────┐
#     │ tunic add t …        │            │ ip tuntap add t …         │
#     │                      │            │ ip link set x7 …           │
#     │ bridge br  VRF red   │            │ ip addr add … ; ip route … │
#     └──────────────────────┘            │ bridge br  VRF red        │
#               └──── whole states are equal └───────────────────────────┘

# shellcheck source=tests/netns/common
. "$(dirname "$0")/common" "$@"

no_vrf=
for side in ours theirs; do
    namespace "$side"
    inside "$side" ip link add name bridge7 type bridge
    inside "$side" ip link add name vrf7 type vrf table 100 2>/dev/null || no_vrf=1
    inside "$side" ip link set bridge7 up
    [ -n "$no_vrf" ] || inside "$side" ip link set vrf7 up
done
mac=02:00:5e:10:00:01

# ---- the same as iproute2 ----
same() {
    local commands=$1
    shift
    check_like_ip "add $*" "$commands" add "$@"
}
root='user 0'
same "ip tuntap add x7 mode tun $root" x7 mode tun
same "ip tuntap add x7 mode tap $root; ip link set x7 address $mac" x7 mode tap mac "$mac"
same "ip tuntap add x7 mode tun $root; ip link set x7 up" x7 mode tun up
same "ip tuntap add x7 mode tap $root; ip link set x7 address $mac up" x7 mode tap mac "$mac" up
same "ip tuntap add x7 mode tun $root" x7 mode tun down
same "ip tuntap add x7 mode tun" x7 mode tun user any
same "ip tuntap add x7 mode tun group 5" x7 mode tun group 5
same "ip tuntap add x7 mode tun user 1234" x7 mode tun user 1234
same "ip tuntap add x7 mode tun user 1234 group 4" x7 mode tun user 1234 group 4
same "ip tuntap add x7 mode tun user nobody group nogroup" x7 mode tun user nobody group nogroup
same "ip tuntap add x7 mode tun user 1234" x7 mode tun user 1234 group any
same "ip tuntap add x7 mode tun group 4" x7 mode tun user any group 4
same "ip tuntap add x7 mode tun user 4294967294 group 4294967294" \
    x7 mode tun user 4294967294 group 4294967294
same "ip tuntap add x7 mode tun $root pi" x7 mode tun pi
same "ip tuntap add x7 mode tun $root vnet_hdr" x7 mode tun vnet_hdr
same "ip tuntap add x7 mode tun $root multi_queue" x7 mode tun multi_queue
same "ip tuntap add x7 mode tap $root pi vnet_hdr multi_queue; ip link set x7 address $mac" \
    x7 mode tap pi vnet_hdr multi_queue mac "$mac"
same "ip tuntap add x7 mode tun $root; ip link set x7 mtu 1280" x7 mode tun mtu 1280
same "ip tuntap add x7 mode tun $root; ip link set x7 mtu 65535" x7 mode tun mtu 65535
same "ip tuntap add x7 mode tun $root; ip link set x7 mtu 68" x7 mode tun mtu 68
same "ip tuntap add x7 mode tun $root; ip link set x7 txqueuelen 77" x7 mode tun txqueuelen 77
same "ip tuntap add x7 mode tun $root; ip link set x7 txqueuelen 0" x7 mode tun txqueuelen 0
# shellcheck disable=SC1003 # a backslash it is
same "ip tuntap add x7 mode tun $root; ip link set x7 alias 'of Zoë: \"x\" \\'" \
    x7 mode tun alias 'of Zoë: "x" \'
same "ip tuntap add x7 mode tun $root; ip link property add dev x7 altname one altname another-longer-name" \
    x7 mode tun altname one altname another-longer-name
same "ip tuntap add x7 mode tap $root; ip link set x7 address $mac master bridge7" \
    x7 mode tap mac "$mac" master bridge7
same "ip tuntap add x7 mode tap $root; ip link set x7 address $mac master bridge7 up" \
    up master bridge7 x7 mode tap mac "$mac"
if [ -n "$no_vrf" ]; then
    skip 'a VRF as master' 'this kernel has none'
else
    same "ip tuntap add x7 mode tun $root; ip link set x7 master vrf7 up; ip addr add 10.3.0.1/24 dev x7" \
        x7 mode tun master vrf7 up addr 10.3.0.1/24
fi
same "ip tuntap add x7 mode tun $root" x7 mode tun master none

# The addresses come first: on an interface that is up they bring a multicast route too, without a
# carrier already.
new="ip tuntap add x7 mode tun $root"
up="$new; ip link set x7 up"
addr() {
    same "$new; ip addr add $1 dev x7; ip link set x7 up" x7 mode tun up addr "${@:2}"
}
addr 10.1.0.1/24 10.1.0.1/24
addr 10.1.0.1 10.1.0.1
addr 10.1.0.1/32 10.1.0.1
addr '10.1.0.1 peer 10.1.0.2' 10.1.0.1 peer 10.1.0.2
addr '10.1.0.1 peer 10.1.0.2/30' 10.1.0.1/30 peer 10.1.0.2
addr '10.1.0.1/24 broadcast +' 10.1.0.1/24 broadcast +
addr '10.1.0.1/24 broadcast -' 10.1.0.1/24 broadcast -
addr '10.1.0.1/24 broadcast 10.1.0.77' 10.1.0.1/24 broadcast 10.1.0.77
addr '10.1.0.1 peer 10.2.0.2/24 broadcast +' 10.1.0.1/24 peer 10.2.0.2 broadcast +
addr '10.1.0.1 peer 10.2.0.2/24 broadcast +' 10.1.0.1/24 broadcast + peer 10.2.0.2
addr 127.1.2.3/16 127.1.2.3/16
addr 169.254.7.7/16 169.254.7.7/16
addr 0.0.0.1/8 0.0.0.1/8
addr '2001:db8::1/64 nodad' 2001:db8::1/64 nodad
addr '2001:db8::1 nodad' 2001:db8::1 nodad
addr '2001:db8::1/127 nodad' 2001:db8::1/127 nodad
addr 2001:db8::1/64 2001:db8::1/64
# Down: whether one that comes up has the peer's route depends on when a worker of the kernel's runs.
same "$new; ip addr add 2001:db8::1 peer 2001:db8::2/128 nodad dev x7" \
    x7 mode tun addr 2001:db8::1 peer 2001:db8::2 nodad
addr 'fe80::7/64 nodad' fe80::7/64 nodad
addr 'fec0::7/64 nodad' fec0::7/64 nodad
addr '::ffff:10.0.0.1/128 nodad' ::ffff:10.0.0.1/128 nodad
same "$new; ip addr add 10.1.0.1/24 dev x7; ip addr add 10.1.0.2/24 dev x7; ip addr add 10.9.0.1/16 dev x7
    ip addr add 2001:db8::1/64 dev x7 nodad; ip addr add 2001:db8::2/64 dev x7 nodad
    ip link set x7 up" \
    x7 mode tun up addr 10.1.0.1/24 addr 10.1.0.2/24 addr 10.9.0.1/16 \
    addr 2001:db8::1/64 nodad addr 2001:db8::2/64 nodad
same "ip tuntap add x7 mode tun $root; ip addr add 10.1.0.1/24 dev x7" x7 mode tun addr 10.1.0.1/24

routed="$new; ip addr add 10.1.0.1/24 dev x7; ip addr add 2001:db8::1/64 dev x7 nodad; ip link set x7 up"
route() {
    local commands=$1
    shift
    same "$routed; $commands" x7 mode tun up addr 10.1.0.1/24 addr 2001:db8::1/64 nodad "$@"
}
static='dev x7 proto static'
route "ip route add 10.7.0.0/16 $static" route 10.7.0.0/16
route "ip route add 10.7.0.1 $static" route 10.7.0.1
route "ip route add 10.7.0.0/16 via 10.1.0.9 $static" route 10.7.0.0/16 via 10.1.0.9
route "ip route add 10.7.0.0/16 via 10.1.0.9 metric 77 $static" route 10.7.0.0/16 via 10.1.0.9 metric 77
route "ip route add 10.7.0.0/16 metric 4294967295 $static" route 10.7.0.0/16 metric 4294967295
route "ip route add default via 10.1.0.9 $static" route default via 10.1.0.9
route "ip route add default $static" route default
route "ip route add default $static" route 0.0.0.0/0
route "ip -6 route add 2001:db8:7::/48 $static" route 2001:db8:7::/48
route "ip -6 route add 2001:db8:7::/48 via 2001:db8::9 $static" route 2001:db8:7::/48 via 2001:db8::9
route "ip -6 route add 2001:db8:7::/48 metric 5 $static" route 2001:db8:7::/48 metric 5
route "ip -6 route add default via 2001:db8::9 $static" route default via 2001:db8::9
route "ip -6 route add default $static" route ::/0
route "ip -4 route add default via inet6 2001:db8::9 $static" route 0.0.0.0/0 via 2001:db8::9
route "ip -6 route add 2001:db8:7::/48 via fe80::9 $static" route 2001:db8:7::/48 via fe80::9
route "ip route add 10.7.0.0/16 via inet6 fe80::9 $static" route 10.7.0.0/16 via fe80::9
route "ip route add 10.7.0.0/16 $static; ip route add 10.7.0.0/16 metric 5 $static
    ip route add 10.8.0.0/16 via 10.1.0.9 $static; ip -6 route add default $static" \
    route 10.7.0.0/16 route 10.7.0.0/16 metric 5 route 10.8.0.0/16 via 10.1.0.9 route ::/0

same "$up; sysctl -qw net.ipv4.conf.x7.forwarding=1 net.ipv6.conf.x7.forwarding=1" \
    x7 mode tun up forwarding on
same "$up" x7 mode tun up forwarding off
same "$up; sysctl -qw net.ipv4.conf.x7.ignore_routes_with_linkdown=1 \
    net.ipv6.conf.x7.ignore_routes_with_linkdown=1" x7 mode tun up linkdown_routes ignore
same "$up" x7 mode tun up linkdown_routes use
same "ip tuntap add x7 mode tap user 1234 group 4 vnet_hdr multi_queue; \
    ip link set x7 address $mac mtu 1400 txqueuelen 50 alias guest; \
    ip link property add dev x7 altname guest-seven; ip addr add 10.1.0.1/24 broadcast + dev x7; \
    ip addr add 2001:db8::1/64 nodad dev x7; ip link set x7 up; \
    ip route add 10.7.0.0/16 via 10.1.0.9 metric 7 $static" \
    mode tap dev x7 route 10.7.0.0/16 via 10.1.0.9 metric 7 up addr 10.1.0.1/24 broadcast + \
    addr 2001:db8::1/64 nodad altname guest-seven alias guest txqueuelen 50 mtu 1400 mac "$mac" \
    multi_queue vnet_hdr user 1234 group 4

# ---- what iproute2 has no words for ----
flags() {
    cat "/sys/class/net/$1/tun_flags"
}
check 'napi' 0 "$TUNIC" add tapn mode tap napi
check_equal 'is told by the driver' 0x1812 "$(flags tapn)"
check 'napi_frags' 0 "$TUNIC" add tapf napi napi_frags
check_equal 'is told by the driver' 0x1832 "$(flags tapf)"
check 'napi on tun' 0 "$TUNIC" add tunn napi
check_equal 'is told by the driver' 0x1811 "$(flags tunn)"
check 'napi_frags without napi is refused' 2 "$TUNIC" add tapg napi_frags
check_stderr_like 'and why' "^tunic: add: 'napi_frags' needs"
check 'napi_frags on tun is refused' 2 "$TUNIC" add tung napi napi_frags
check_stderr_like 'and why' "'napi_frags' needs 'mode tap'"
check 'one_queue is taken' 0 "$TUNIC" add tapo one_queue
check_equal 'and the kernel knows one_queue no more, or keeps it' 0x1802 \
    "$(printf '0x%x' $(($(flags tapo) & ~0x2000)))"
check 'mac of a tun is refused' 2 "$TUNIC" add tunm mac "$mac"
check_false 'and nothing is made' ip link show tunm
check 'a tap cannot have the largest mtu' 1 "$TUNIC" add tapm mtu 65535
check_stderr_like 'and the kernel says so' "^tunic: add tapm: cannot set mtu 65535: mtu greater than"
check_false 'and nothing is made' ip link show tapm
check 'a route without up is refused' 1 "$TUNIC" add tapr addr 10.1.0.1/24 route 10.7.0.0/16
check_stderr_like 'and why' 'up'
check_false 'and nothing is made' ip link show tapr
check 'a tun in a bridge is refused' 1 inside ours "$TUNIC" add tunb master bridge7
check_stderr_like 'and why' 'a bridge takes tap interfaces'
check 'a master that is missing' 3 "$TUNIC" add tapb master nosuch
check_stderr_like 'is named' "^tunic: add tapb: master 'nosuch': no such interface"
check 'a master that takes no members' 1 "$TUNIC" add tapb master lo
check_stderr_like 'is explained' 'no bridge, bond or VRF'
check_false 'and nothing is made' ip link show tapb
clear_interfaces

# ---- namespaces ----
check 'netns NAME' 0 "$TUNIC" add tap0 netns "tunic-$test_id-ours" mtu 1400 up addr 10.4.0.1/24
check_stdout 'prints nothing' ''
check_false 'is not here' ip link show tap0
check_equal 'but there' '1400 true' "$(space=ours link tap0 '[.mtu, (.flags|index("UP") != null)] | join(" ")')"
check_equal 'with its address' '10.4.0.1 24 global' "$(space=ours addresses tap0)"
check 'again is refused' 4 "$TUNIC" add tap0 netns "tunic-$test_id-ours"
check 'here it can be' 0 "$TUNIC" add tap0
check '-n does the same' 0 "$TUNIC" -n "tunic-$test_id-ours" add tap1
check_equal 'there' tap1 "$(space=ours link tap1 .ifname)"
check 'a namespace that is missing' 1 "$TUNIC" add tap2 netns nosuch
check_stderr_like 'is named' "'nosuch'.*there is none of this name"
check 'a master of that namespace' 0 "$TUNIC" add tap3 netns "tunic-$test_id-ours" master bridge7
check_equal 'is its master' bridge7 "$(space=ours link tap3 .master)"
space=ours clear_interfaces
clear_interfaces

# ---- names ----
check 'a template' 0 "$TUNIC" add vm%d mode tap
check_stdout 'prints the name' vm0
check 'again' 0 "$TUNIC" add vm%d mode tap up
check_stdout 'prints the next' vm1
check 'in the middle' 0 "$TUNIC" add a%db mode tun
check_stdout 'prints the name' a0b
check 'no name, tap' 0 "$TUNIC" add mode tap
check_stdout 'prints the name' tap0
check 'no name, tun' 0 "$TUNIC" add mode tun
check_stdout 'prints the name' tun0
check 'no name and no mode' 2 "$TUNIC" add
check_stderr_like 'says what is missing' 'the mode is missing'
check 'a template is filled where a gap is' 0 ip link del vm0
check 'and' 0 "$TUNIC" add vm%d mode tap
check_stdout 'so' vm0
check 'two templates' 0 "$TUNIC" add x%d y%d mode tun
check_stdout 'print two names' $'x0\ny0'
check 'one template twice' 0 "$TUNIC" add x%d x%d mode tun
check_stdout 'makes two' $'x1\nx2'
for name in '%d%d' 'v%x' 'v%' '100%d%s' abcdefghijklmnop 'abcdefghijklmno%d' . .. a/b a:b 'a b' '' all default; do
    check "the name '$name' is refused" 2 "$TUNIC" add mode tap dev "$name"
done
check 'a name of fifteen bytes' 0 "$TUNIC" add mode tap dev abcdefghijklmno
check 'of UTF-8' 0 "$TUNIC" add mode tap Zoë
check 'of bytes that are none' 0 "$TUNIC" add mode tap dev $'\xff\xfe'
check 'one with a control byte is refused' 2 "$TUNIC" add mode tap dev $'a\eb'
check_stderr_like 'and shown escaped' 'a\\(e|x1b|033)b'
check 'a mode by the name alone' 0 "$TUNIC" add tunnel taproom
check_equal 'is tun' tun "$(link tunnel .linkinfo.info_data.type)"
check_equal 'or tap' tap "$(link taproom .linkinfo.info_data.type)"
check 'names after dev and name' 0 "$TUNIC" add dev mode name user mode tap
check_equal 'may be keywords' 'mode user' "$(link mode .ifname) $(link user .ifname)"
clear_interfaces
check 'a hundred names' 0 "$TUNIC" add vm{0..99} mode tap user 7 mtu 1400
check_stdout 'print nothing' ''
check_equal 'are a hundred' 100 "$(ip -j -d link show | jq '[.[] | select(.mtu == 1400)] | length')"
check 'several, one of which is there' 4 "$TUNIC" add vm{98..102} mode tap
check_equal 'makes the others' '2 3' \
    "$(wc -l <"$STDERR") $(ip -j link | jq '[.[] | select(.ifname | test("^vm10[0-9]$"))] | length')"
check 'a name twice' 2 "$TUNIC" add vm vm mode tap
clear_interfaces

# ---- owner ----
check 'the default owner' 0 "$TUNIC" add tap0
check_equal 'is who makes it' root "$(link tap0 .linkinfo.info_data.user)"
check 'the effective uid counts' 0 setpriv --reuid 1234 --regid 1000 --clear-groups \
    --inh-caps=+net_admin --ambient-caps=+net_admin "$PROGRAM" -f "$NODE" add tap1
check_equal 'and is set' 1234 "$(link tap1 '.linkinfo.info_data.user')"
check 'user any' 0 "$TUNIC" add tap2 user any
check_equal 'leaves it open' 'null null' \
    "$(link tap2 '.linkinfo.info_data | "\(.user) \(.group)"')"
check 'a group alone' 0 "$TUNIC" add tap3 group 4
check_equal 'sets no owner' null "$(link tap3 '.linkinfo.info_data.user')"
check 'an unknown user' 2 "$TUNIC" add tap4 user nosuch
check 'a number that is too large' 2 "$TUNIC" add tap4 user 4294967295
check 'one that wraps' 2 "$TUNIC" add tap4 user 99999999999
check 'a negative one' 2 "$TUNIC" add tap4 user -5
check_false 'and nothing is made' ip link show tap4
check "-1, which is ip's word for any" 0 "$TUNIC" add tap4 user -1
check_equal 'leaves it without an owner' tap4 "$("$TUNIC" -j show tap4 user any | jq -r '.[].ifname')"
check_true 'and it goes' "$TUNIC" del tap4

# ---- what is there already ----
check 'one that exists' 4 "$TUNIC" add tap0
check_stderr 'is described' "tunic: add tap0: already exists (tap, owned by root, free); 'tunic ensure' reuses it"
check 'of the other mode' 4 "$TUNIC" add tap0 mode tun
check_stderr_like 'the same' 'already exists \(tap, owned by root, free\)'
check 'one that is open' 4 "$TUNIC" add tap2
check_stderr_like 'says so' 'open to every user'
ip link add eth type veth peer name other
check 'another kind' 4 "$TUNIC" add eth mode tap
check_stderr_like 'is named' 'taken by another interface: it is a veth'
check 'the loopback' 4 "$TUNIC" add lo mode tap
ip link property add dev tap0 altname second
check 'an altname' 4 "$TUNIC" add second mode tap
check_stderr_like 'is described' '^tunic: add second: already exists \(tap'
ip link property add dev eth altname foreign
check 'an altname of another kind' 4 "$TUNIC" add foreign mode tap
check 'an altname that is taken' 4 "$TUNIC" add tap9 altname second
check_false 'makes nothing' ip link show tap9

# ---- what the system does not have ----
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
check 'IPv6 that is switched off' 1 "$TUNIC" add tap9 addr 2001:db8::1/64
check_stderr_like 'is told, and where' "IPv6 is switched off for this interface \\(the setting disable_ipv6"
check_false 'and nothing is made' ip link show tap9
echo 0 >/proc/sys/net/ipv6/conf/default/disable_ipv6
finish
