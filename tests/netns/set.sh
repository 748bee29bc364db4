#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# tunic set: changes what exists, as root and as its owner.
#
#     ┌── the script's namespace ───────────────────────┐      ┌── "away" ──┐
#     │  root ───▶ x7 ◀─── uid 1234, who owns it         │ ───▶ │ x7, moved  │
#     │            ▲                                    │      └────────────┘
#     │            └── hold, a process that has it open │
#     │  bridge7   veth0                                │
#     └─────────────────────────────────────────────────┘

# shellcheck source=tests/netns/common
. "$(dirname "$0")/common" "$@"

ip link add name bridge7 type bridge
ip link add veth0 type veth peer name veth1
mac=02:00:5e:10:00:01

# set_so WORDS LINK-JQ VALUE: set makes it so, without a word.
set_so() {
    # shellcheck disable=SC2086 # words they are
    check "set $1" 0 "$TUNIC" set x7 $1
    check_stdout "set $1: output" ''
    check_equal "set $1: state" "$3" "$(link x7 "$2")"
}

# ---- each of them ----
"$TUNIC" add x7 mode tap
set_so 'mtu 1400' .mtu 1400
set_so 'txqueuelen 17' .txqlen 17
set_so "mac $mac" .address "$mac"
set_so 'alias guest' .ifalias guest
set_so 'altname one altname two' '.altnames | sort | join(" ")' 'one two'
set_so 'altname two' '.altnames | join(" ")' two
set_so 'master bridge7' .master bridge7
set_so 'master none' .master null
set_so 'user 1234' .linkinfo.info_data.user 1234
set_so 'group 4' .linkinfo.info_data.group adm
set_so 'user 1235 group nogroup' '.linkinfo.info_data | "\(.user) \(.group)"' '1235 nogroup'
set_so up '.flags | index("UP") != null' true
set_so down '.flags | index("UP") != null' false
set_so 'vnet_hdr pi' '.linkinfo.info_data | "\(.vnet_hdr) \(.pi)"' 'true true'
set_so 'mtu 1300 up alias other txqueuelen 18' '"\(.mtu) \(.ifalias) \(.txqlen) \(.flags | index("UP") != null)"' \
    '1300 other 18 true'
check 'no alias' 0 "$TUNIC" set x7 alias ''
check_equal 'it is gone' null "$(link x7 .ifalias)"
check 'addr' 0 "$TUNIC" set x7 addr 10.1.0.1/24 addr 2001:db8::1/64 nodad
check_equal 'is there' $'10.1.0.1 24 global\n2001:db8::1 64 global' "$(addresses x7)"
check 'another addr' 0 "$TUNIC" set x7 addr 10.2.0.1/24
check_equal 'replaces them' '10.2.0.1 24 global' "$(addresses x7)"
check 'route' 0 "$TUNIC" set x7 route 10.7.0.0/16
check_equal 'is there' '10.7.0.0/16 static' "$(routes x7)"
check 'forwarding' 0 "$TUNIC" set x7 forwarding on
check_equal 'is on' '1 1' "$(setting ipv4 x7 forwarding) $(setting ipv6 x7 forwarding)"
check 'linkdown_routes' 0 "$TUNIC" set x7 linkdown_routes ignore
check_equal 'are ignored' '1 1' \
    "$(setting ipv4 x7 ignore_routes_with_linkdown) $(setting ipv6 x7 ignore_routes_with_linkdown)"
check 'both back' 0 "$TUNIC" set x7 forwarding off linkdown_routes use
check_equal 'are back' '0 0 0 0' "$(cat /proc/sys/net/ipv{4,6}/conf/x7/{forwarding,ignore_routes_with_linkdown} | paste -sd' ')"
check 'the same mode' 0 "$TUNIC" set x7 mode tap
check 'another mode' 4 "$TUNIC" set x7 mode tun
check 'multi_queue' 4 "$TUNIC" set x7 multi_queue
check_stderr_like 'is fixed' 'this cannot be changed: delete it and add it anew'
check 'user any' 4 "$TUNIC" set x7 user any
check 'by altname' 0 "$TUNIC" set two mtu 1200
check_equal 'it is the same' 1200 "$(link x7 .mtu)"
check 'up and down' 2 "$TUNIC" set x7 up down
check_stderr_like 'contradict each other' "'down' contradicts 'up'"
clear_interfaces

# ---- an IPv6 setting where there is no IPv6 ----
"$TUNIC" add x7 mode tun mtu 1000
check_false 'below 1,280 bytes there is no IPv6' test -e /proc/sys/net/ipv6/conf/x7
check 'forwarding then is that of IPv4' 0 "$TUNIC" set x7 forwarding on linkdown_routes ignore
check_equal 'alone' 1 "$(setting ipv4 x7 forwarding)"
check 'an IPv6 address cannot be' 1 "$TUNIC" set x7 addr 2001:db8::1/64
check_stderr_like 'and is refused, with the reason' \
    '^tunic: set x7: cannot add addr 2001:db8::1/64: .*at least 1280'
clear_interfaces

# ---- what is wrong ----
check 'nothing to set' 2 "$TUNIC" set x7
check_stderr_like 'is told' 'what to set is missing'
check 'no name' 2 "$TUNIC" set mtu 1400
check 'a missing one' 3 "$TUNIC" set x7 mtu 1400
check_stderr_like 'is told' '^tunic: set x7: '
check_false 'and not made' ip link show dev x7
check 'another kind' 4 "$TUNIC" set veth0 mtu 1400
check_stderr_like 'is told' '^tunic: set veth0: it is not a TUN/TAP interface: it is a veth interface'
check 'check belongs to ensure' 2 "$TUNIC" set x7 mtu 1400 check
"$TUNIC" add x7 mode tun
for mtu in 67 65536 -1 1e3 '' 99999999999999999999; do
    check "mtu '$mtu'" 2 "$TUNIC" set x7 mtu "$mtu"
done
check 'a mac that is none' 2 "$TUNIC" set x7 mac 02:00:00:00:00
check 'a multicast mac' 2 "$TUNIC" set x7 mac 01:00:5e:00:00:01
check 'an altname that is taken' 4 "$TUNIC" set x7 altname veth0
check_stderr_like 'is told' "^tunic: set x7: cannot add altname veth0: "
check 'a tun in a bridge' 1 "$TUNIC" set x7 master bridge7
check_stderr_like 'is explained' 'a bridge takes tap interfaces, not tun'
check 'some good, some missing' 3 "$TUNIC" set x7 x8 mtu 1234
check_equal 'the good one is set' 1234 "$(link x7 .mtu)"
clear_interfaces

# ---- carrier ----
"$TUNIC" add x7 mode tun up
check 'carrier on while nobody holds it' 1 "$TUNIC" set x7 carrier on
check_stderr 'is explained' \
    'tunic: set x7: cannot set carrier on: no process has a queue of it in use (the kernel lets the carrier be set only while one does)'
check 'carrier off is so already' 0 "$TUNIC" set x7 carrier off
hold one x7:1001
check 'off while held' 0 "$TUNIC" set x7 carrier off
check_equal 'it is off' 0 "$(cat /sys/class/net/x7/carrier)"
check 'on while held' 0 "$TUNIC" set x7 carrier on
check_equal 'it is on' 1 "$(cat /sys/class/net/x7/carrier)"
tell one 'carrier 0'
check 'on again, after its holder switched it off' 0 "$TUNIC" set x7 carrier on
check_equal 'it is on' 1 "$(cat /sys/class/net/x7/carrier)"
check 'off while it is down' 0 "$TUNIC" set x7 down carrier off
check 'and on' 0 "$TUNIC" set x7 carrier on up
check_equal 'it is on' 1 "$(cat /sys/class/net/x7/carrier)"
release one
clear_interfaces
check 'carrier belongs to set' 2 "$TUNIC" add x7 mode tun carrier on
check 'alone' 2 "$TUNIC" ensure x7 mode tun carrier on

# ---- while held ----
"$TUNIC" add x7 mode tun
hold one x7:1001
check 'user while held' 5 "$TUNIC" set x7 user 1234
check_stderr 'names the holder' \
    "tunic: set x7: owner, group, pi and vnet_hdr change only while it is free: held by hold[${HOLDER[one]}]"
check 'group while held' 5 "$TUNIC" set x7 group 4
check 'vnet_hdr while held' 5 "$TUNIC" set x7 vnet_hdr
check 'mtu while held' 0 "$TUNIC" set x7 mtu 1400
check 'user, but unchanged' 0 "$TUNIC" set x7 user 0
release one
clear_interfaces
"$TUNIC" add x7 mode tun multi_queue
hold one x7:1101
check 'the owner of one with several queues may change while it is held' 0 "$TUNIC" set x7 user 1234
check_equal 'it is so' 1234 "$(link x7 .linkinfo.info_data.user)"
release one
clear_interfaces

# ---- by its owner ----
"$TUNIC" add x7 mode tun user 1234
owner() {
    as 1234:1236 "$PROGRAM" -f "$NODE" "$@"
}
check 'its owner gives it a group' 0 owner set x7 group 1236
check_equal 'it is so' 1236 "$(link x7 .linkinfo.info_data.group)"
check 'its owner cannot set the mtu' 6 owner set x7 mtu 1400
check_stderr_like 'and why' '^tunic: set x7: cannot set mtu 1400: .*it needs root, or CAP_NET_ADMIN'
check 'nor set it up' 6 owner set x7 up
check 'nor its address' 6 owner set x7 addr 10.1.0.1/24
check 'nor forwarding' 6 owner set x7 forwarding on
check 'what is so already needs no privilege' 0 owner set x7 mtu 1500 user 1234 down
check 'its owner gives it away' 0 owner set x7 user 1235
check_equal 'it is so' 1235 "$(link x7 .linkinfo.info_data.user)"
check 'and has lost it' 6 owner set x7 user 1234
check_stderr_like 'for the reason' 'it belongs to user 1235, and this is user 1234'
check_equal 'flags stayed as they were' 0x1801 "$(cat /sys/class/net/x7/tun_flags)"
clear_interfaces

# ---- netns ----
namespace away
"$TUNIC" add x7 mode tap mtu 1400
check 'netns moves it' 0 "$TUNIC" set x7 netns "$NAMESPACE" mtu 1300
check_false 'not here' ip link show dev x7
check_equal 'there, and set' 1300 "$(space=away link x7 .mtu)"
check 'again: it is there' 0 "$TUNIC" set x7 netns "$NAMESPACE" mtu 1300
check 'a missing one' 3 "$TUNIC" set x9 netns "$NAMESPACE"
check_equal 'one message' 1 "$(wc -l <"$STDERR")"
check 'with -n' 0 "$TUNIC" -n "$NAMESPACE" set x7 mtu 1200
check_equal 'is set there' 1200 "$(space=away link x7 .mtu)"
"$TUNIC" add x8 mode tap
ip -n "$NAMESPACE" link add x8 type dummy 2>/dev/null || ip -n "$NAMESPACE" link add name x8 type bridge
check 'the name is taken there' 4 "$TUNIC" set x8 netns "$NAMESPACE" mtu 1300
check_equal 'and it stays here' 1500 "$(link x8 .mtu)"

finish
