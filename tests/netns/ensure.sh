#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# tunic ensure: what is named is made exactly so, what is not named is left alone, and nothing is
# done twice.
#
#     ┌── the script's namespace ─────────────┐      ┌── namespace "away" ──┐
#     │ x7  …the interface that is made so     │      │                      │
#     │ bridge7, bridge8   veth0  macvtap0     │ ───▶ │ x7, moved            │
#     │ x8  …that nobody names                 │      │                      │
#     └───────────────────────────────────────┘      └──────────────────────┘

# shellcheck source=tests/netns/common
. "$(dirname "$0")/common" "$@"
need strace

ip link add name bridge7 type bridge
ip link add name bridge8 type bridge
ip link set bridge7 up
ip link set bridge8 up
mac=02:00:5e:10:00:01

# Everything in the namespace, at rest: nothing that the kernel still changes of itself.
settled_state() {
    local before='' now
    now=$(whole)
    for _ in {1..100}; do
        [ "$before" != "$now" ] || break
        before=$now
        now=$(whole)
    done
    printf '%s\n' "$now"
}

# unchanging WHAT WORDS…: ensure with them changes nothing, and asks the kernel for nothing.
unchanging() {
    local what=$1 before
    shift
    before=$(settled_state)
    check "$what: exit code" 0 requests "$TUNIC" ensure "$@"
    check_stdout "$what: output" ''
    check_equal "$what: state" "$before" "$(whole)"
    check_equal "$what: requests" '' "$REQUESTS"
    check "$what: check" 0 "$TUNIC" ensure "$@" check
    check_stdout "$what: check tells nothing" ''
}

# differing WHAT DIFFERENCES WORDS…: check tells the differences (lines without the name) and
# changes nothing; then ensure makes it so, and a second time there is nothing to do.
differing() {
    local what=$1 differences=$2 before
    shift 2
    before=$(settled_state)
    check "$what: check" 4 "$TUNIC" ensure x7 "$@" check
    check_stdout "$what: check tells" "x7: ${differences//$'\n'/$'\nx7: '}"
    check_stderr "$what: check has no messages" ''
    check_equal "$what: check changes nothing" "$before" "$(whole)"
    check "$what: ensure" 0 "$TUNIC" ensure x7 "$@"
    check_stdout "$what: ensure prints nothing" ''
    unchanging "$what, again" x7 "$@"
}

# ---- creating ----
check 'check of a missing one' 4 "$TUNIC" ensure x7 mode tap check
check_stdout 'tells it' 'x7: missing -> created'
check_false 'and makes nothing' ip link show dev x7
all=(mode tap user 1234 group 4 multi_queue vnet_hdr mac "$mac" mtu 1400 txqueuelen 50 alias guest
    altname guest7 altname guest-seven master bridge7 addr 10.1.0.1/24 broadcast +
    addr '2001:db8::1/64' nodad linkdown_routes ignore forwarding on up
    route 10.7.0.0/16 via 10.1.0.9 route 2001:db8:7::/48 metric 5)
check 'a missing one is made' 0 "$TUNIC" ensure x7 "${all[@]}"
check_stdout 'without a word' ''
unchanging 'a second run' x7 "${all[@]}"
check 'one without attributes' 0 "$TUNIC" ensure x7
check 'the mode is missing' 2 "$TUNIC" ensure nomode
check_stderr_like 'is told' 'the mode is missing'
check 'by check too' 2 "$TUNIC" ensure nomode check
check_stdout 'which tells of no interface to come' ''
check_stderr_like 'but why' 'the mode is missing'
check 'nor is a mac for tun promised' 2 "$TUNIC" ensure tun7 mac "$mac" check
check_stderr_like 'as told' "'mac' belongs to tap"
check 'a template names none' 2 "$TUNIC" ensure vm%d mode tap
check 'a name is needed' 2 "$TUNIC" ensure mode tap

# ---- one thing after the other; all else is left alone ----
differing user $'user 1234 -> nobody' user nobody
differing group $'group adm -> nogroup' group nogroup
differing mtu 'mtu 1400 -> 1300' mtu 1300
differing txqueuelen 'txqueuelen 50 -> 60' txqueuelen 60
differing mac "mac $mac -> 02:00:5e:10:00:02" mac 02:00:5e:10:00:02
differing alias "alias 'guest' -> 'host'" alias host
differing 'no alias' "alias 'host' -> ''" alias ''
differing 'an alias of UTF-8' "alias '' -> 'Zoë \"7\"'" alias 'Zoë "7"'
differing altname $'altname - guest-seven\naltname + eight' altname guest7 altname eight
differing master 'master bridge7 -> bridge8' master bridge8
differing 'no master' 'master bridge8 -> none' master none
differing 'a master again' 'master none -> bridge7' master bridge7
differing forwarding 'forwarding on -> off' forwarding off
differing linkdown_routes 'linkdown_routes ignore -> use' linkdown_routes use
differing pi 'pi off -> on' pi
check_equal 'and what was not named stayed' '1300 60 nobody nogroup bridge7 true' \
    "$(link x7 '[.mtu, .txqlen, .linkinfo.info_data.user, .linkinfo.info_data.group, .master,
        .linkinfo.info_data.vnet_hdr] | map(tostring) | join(" ")')"
check_equal 'addresses too' $'10.1.0.1 24 10.1.0.255 global\n2001:db8::1 64 global' "$(addresses x7)"
check_equal 'routes too' $'10.7.0.0/16 10.1.0.9 static\n2001:db8:7::/48 5 static' "$(routes x7)"

# IPv6 addresses and routes go when an interface goes down, and routes of IPv4: a kernel's matter.
differing down 'up -> down' down
differing up 'down -> up' up
check 'all of it again' 0 "$TUNIC" ensure x7 "${all[@]}"
unchanging 'and settled' x7 "${all[@]}"
clear_interfaces

# Settings of one family alone differ as a whole.
"$TUNIC" add x7 mode tun up forwarding on
echo 0 >/proc/sys/net/ipv4/conf/x7/forwarding
differing 'forwarding of IPv4 alone' 'forwarding off -> on' forwarding on
echo 0 >/proc/sys/net/ipv6/conf/x7/forwarding
differing 'forwarding of IPv6 alone' 'forwarding off -> on' forwarding on
clear_interfaces
"$TUNIC" add x7 mode tun
differing vnet_hdr 'vnet_hdr off -> on' vnet_hdr
unchanging 'one_queue is no difference' x7 one_queue
clear_interfaces

# ---- addresses ----
"$TUNIC" add x7 mode tun up addr 10.1.0.1/24 addr 10.1.0.2/24 addr 10.2.0.1/16 \
    addr 2001:db8::1/64 nodad addr fe80::7/64 nodad
ip addr add 10.9.0.1/24 dev x7 valid_lft 3000 preferred_lft 3000
ip addr add 2001:db8:9::1/64 dev x7 valid_lft 3000 preferred_lft 3000 nodad
ip addr add 127.9.0.1/24 dev x7 scope host
others=$'10.9.0.1 24 global\n127.9.0.1 24 host\n2001:db8:9::1 64 global\nfe80::7 64 link'
# has ADDRESS…: these, and those that are others' matter.
has() {
    check_equal "addresses: $*" "$(printf '%s\n' "$@" "$others" | sed '/^$/d' | sort)" "$(addresses x7)"
}
has '10.1.0.1 24 global' '10.1.0.2 24 global' '10.2.0.1 16 global' '2001:db8::1 64 global'
differing 'the primary goes, its secondary stays' \
    $'addr - 2001:db8::1/64\naddr - 10.2.0.1/16\naddr - 10.1.0.1/24' addr 10.1.0.2/24
has '10.1.0.2 24 global'
differing 'prefix' $'addr + 10.1.0.2/16\naddr - 10.1.0.2/24' addr 10.1.0.2/16
has '10.1.0.2 16 global'
differing 'a peer comes' $'addr + 10.1.0.2/32 peer 10.1.0.3\naddr - 10.1.0.2/16' addr 10.1.0.2 peer 10.1.0.3
has '10.1.0.2 32 10.1.0.3 global'
differing 'another peer' $'addr - 10.1.0.2/32 peer 10.1.0.3\naddr + 10.1.0.2/32 peer 10.1.0.4' \
    addr 10.1.0.2 peer 10.1.0.4
differing 'the peer goes' $'addr + 10.1.0.2/24\naddr - 10.1.0.2/32 peer 10.1.0.4' addr 10.1.0.2/24
differing 'broadcast comes' $'addr - 10.1.0.2/24\naddr + 10.1.0.2/24' addr 10.1.0.2/24 broadcast +
has '10.1.0.2 24 10.1.0.255 global'
differing 'another broadcast' $'addr - 10.1.0.2/24\naddr + 10.1.0.2/24' addr 10.1.0.2/24 broadcast 10.1.0.7
has '10.1.0.2 24 10.1.0.7 global'
unchanging 'broadcast unnamed' x7 addr 10.1.0.2/24
differing 'IPv6 instead' $'addr + 2001:db8::5/64\naddr - 10.1.0.2/24' addr 2001:db8::5/64 nodad
has '2001:db8::5 64 global'
differing 'its prefix' $'addr - 2001:db8::5/64\naddr + 2001:db8::5/128' addr 2001:db8::5 nodad
has '2001:db8::5 128 global'
differing 'more of them' $'addr + 10.1.0.1/24\naddr + 10.1.0.2/24\naddr + 10.1.0.3/24\naddr - 2001:db8::5/128' \
    addr 10.1.0.1/24 addr 10.1.0.2/24 addr 10.1.0.3/24
has '10.1.0.1 24 global' '10.1.0.2 24 global' '10.1.0.3 24 global'
check 'the one between' 0 "$TUNIC" ensure x7 addr 10.1.0.1/24 addr 10.1.0.3/24
has '10.1.0.1 24 global' '10.1.0.3 24 global'
check 'primary and one secondary are replaced' 0 "$TUNIC" ensure x7 addr 10.1.0.3/24 addr 10.1.0.4/24
has '10.1.0.3 24 global' '10.1.0.4 24 global'
unchanging 'a link-local one that is there' x7 addr 10.1.0.3/24 addr 10.1.0.4/24 addr fe80::7/64
check 'a link-local one alone' 0 "$TUNIC" ensure x7 addr fe80::7/64
has
unchanging 'a dynamic one that is named' x7 addr 10.9.0.1/24
ip link property add dev x7 altname seven
check 'two names of one interface' 0 "$TUNIC" ensure x7 seven addr 10.1.0.9/24
has '10.1.0.9 24 global'
unchanging 'two names again' seven x7 addr 10.1.0.9/24
clear_interfaces

# ---- routes ----
"$TUNIC" add x7 mode tun up addr 10.1.0.1/24 addr 2001:db8::1/64 nodad
"$TUNIC" add x8 mode tun up route 10.8.0.0/16
ip route add 10.3.0.0/16 dev x7
ip route add 10.4.0.0/16 dev x7 proto static
ip route add 10.5.0.0/16 dev x7 proto bird
ip route add 10.6.0.0/16 dev x7 table 77
ip -6 route add 2001:db8:3::/48 dev x7
ip -6 route add 2001:db8:5::/48 dev x7 proto bird
ip -6 route add 2001:db8:6::/48 dev x7 proto ra
differing 'routes' $'route - 10.3.0.0/16\nroute - 10.4.0.0/16\nroute - 2001:db8:3::/48\nroute + 10.7.0.0/16' \
    route 10.7.0.0/16
check_equal 'of daemons and routers stay' $'10.5.0.0/16 bird\n10.7.0.0/16 static\n2001:db8:5::/48 1024 bird\n2001:db8:6::/48 1024 ra' \
    "$(routes x7)"
check_equal 'and those of other tables' 1 "$(ip -j route show table 77 | jq length)"
check_equal 'and those of other interfaces' '10.8.0.0/16 static' "$(routes x8)"
differing 'a gateway' $'route - 10.7.0.0/16\nroute + 10.7.0.0/16 via 10.1.0.9' route 10.7.0.0/16 via 10.1.0.9
differing 'another gateway' $'route - 10.7.0.0/16 via 10.1.0.9\nroute + 10.7.0.0/16 via 10.1.0.8' \
    route 10.7.0.0/16 via 10.1.0.8
differing 'a metric' $'route - 10.7.0.0/16 via 10.1.0.8\nroute + 10.7.0.0/16 via 10.1.0.8 metric 7' \
    route 10.7.0.0/16 via 10.1.0.8 metric 7
differing 'IPv6' $'route - 10.7.0.0/16 via 10.1.0.8 metric 7\nroute + 2001:db8:7::/48 via 2001:db8::9' \
    route 2001:db8:7::/48 via 2001:db8::9
differing 'default' $'route - 2001:db8:7::/48 via 2001:db8::9\nroute + 0.0.0.0/0' route default
unchanging 'a route of a daemon that is named' x7 route 10.5.0.0/16 route default
check 'a route of another interface' 4 "$TUNIC" ensure x7 route 10.8.0.0/16
check_stderr_like 'says whose' 'there is this route already'
check_equal 'and leaves that one' '10.8.0.0/16 static' "$(routes x8)"
check 'a gateway out of reach' 1 "$TUNIC" ensure x7 route 10.7.0.0/16 via 192.0.2.1
check_stderr_like 'is explained' 'the gateway must lie in a network'
# With its last IPv4 address the kernel drops all IPv4 routes: those that nobody named must stay.
"$TUNIC" ensure x7 addr 10.1.0.1/24 route 10.7.0.0/16
before=$(routes x7)
check 'another network' 0 "$TUNIC" ensure x7 addr 10.2.0.1/24
check_equal 'leaves the routes alone' "$before" "$(routes x7)"
check 'another address of this network' 0 "$TUNIC" ensure x7 addr 10.2.0.2/24
check_equal 'leaves the routes alone, too' "$before" "$(routes x7)"
check_equal 'and how secondary addresses are treated' 0 \
    "$(cat /proc/sys/net/ipv4/conf/x7/promote_secondaries)"
# A route and its address at once: the kernel drops the route with the address.
check 'address and route' 0 "$TUNIC" ensure x7 addr 10.1.0.1/24 route 10.7.0.0/16 via 10.1.0.9
check 'both are replaced' 0 "$TUNIC" ensure x7 addr 10.2.0.1/24 route 10.7.0.0/16 via 10.2.0.9
check_equal 'both are there' $'10.2.0.1 24 global\n10.7.0.0/16 10.2.0.9 static' \
    "$(addresses x7; routes x7 | grep 10.7)"
check 'an address on which a kept route leans' 0 "$TUNIC" ensure x7 addr 10.3.0.1/24 \
    addr 10.2.0.2/24 route 10.7.0.0/16 via 10.2.0.9
check_equal 'the route is there' '10.7.0.0/16 10.2.0.9 static' "$(routes x7 | grep 10.7)"
clear_interfaces

# ---- what cannot be changed ----
"$TUNIC" add x7 mode tap group 4
differing_never() {
    local what=$1 message=$2 before
    shift 2
    before=$(settled_state)
    check "$what" 4 "$TUNIC" ensure x7 "$@"
    check_stderr_like "$what: why" "$message"
    check "$what: check" 4 "$TUNIC" ensure x7 "$@" check
    check_stdout "$what: check tells no more" ''
    check_equal "$what: nothing changed" "$before" "$(whole)"
}
differing_never 'another mode' '^tunic: ensure x7: it is a tap interface, not a tun interface' mode tun mtu 1400
differing_never 'multi_queue' 'it is single-queue, not multi_queue' multi_queue mtu 1400
differing_never 'group any' 'it is bound to a group, not open to any' group any mtu 1400
check 'an owner' 0 "$TUNIC" ensure x7 user 1234
differing_never 'user any' 'it is owned by a user, not open to any' user any mtu 1400
clear_interfaces
"$TUNIC" add x7 mode tun
check 'mac of a tun' 2 "$TUNIC" ensure x7 mac "$mac"
check_stderr_like 'is explained' "'mac' belongs to tap, and it is a tun interface"
clear_interfaces

# ---- held ----
"$TUNIC" add x7 mode tun user 1234
hold one x7:1001
check 'what needs no descriptor' 0 "$TUNIC" ensure x7 mtu 1400 user 1234
check 'the owner of one that is held' 5 "$TUNIC" ensure x7 user 1235
check_stderr_like 'names the holder' "owner, group, pi and vnet_hdr change only while it is free: held by hold\[${HOLDER[one]}\]"
check 'pi of one that is held' 5 "$TUNIC" ensure x7 pi
release one
until_true 5 "$TUNIC" wait x7 free timeout 5
check 'and when it is free' 0 "$TUNIC" ensure x7 user 1235 pi
check_equal 'it is so' '1235 true' "$(link x7 '.linkinfo.info_data | "\(.user) \(.pi)"')"
clear_interfaces

# ---- other kinds ----
ip link add veth0 type veth peer name veth1
ip link add link veth0 name macvtap0 type macvtap 2>/dev/null
for kind in veth0:veth bridge7:bridge lo:; do
    check "${kind%:*} is refused" 4 "$TUNIC" ensure "${kind%:*}" mtu 1400
    check_stderr_like 'by its kind' "^tunic: ensure ${kind%:*}: it is not a TUN/TAP interface: it is a ${kind#*:}"
    check 'and in a check' 4 "$TUNIC" ensure "${kind%:*}" mtu 1400 check
done
if ip link show macvtap0 >/dev/null 2>&1; then
    check 'macvtap is refused' 4 "$TUNIC" ensure macvtap0 mtu 1400
    check_stderr_like 'and explained' "macvtap.*/dev/tap$(ip -j link show macvtap0 | jq '.[0].ifindex')"
else
    skip 'macvtap is refused' 'this kernel has none'
fi

# ---- several ----
"$TUNIC" add a1 a3 mode tap
"$TUNIC" add a2 mode tun
check 'several, one of which is bad' 4 "$TUNIC" ensure a1 a2 a3 a4 mode tap mtu 1400
check_equal 'one message' 1 "$(wc -l <"$STDERR")"
check_equal 'the others are so' '1400 1500 1400 1400' \
    "$(for name in a{1..4}; do link "$name" .mtu; done | paste -sd' ')"
check 'the first failure counts' 4 "$TUNIC" ensure veth0 a2 a1 mode tap
check 'check of several' 4 "$TUNIC" ensure a1 a3 a5 mode tap mtu 1300 check
check_stdout 'tells of each' $'a1: mtu 1400 -> 1300\na3: mtu 1400 -> 1300\na5: missing -> created'
check 'twenty' 0 "$TUNIC" ensure b{1..20} mode tap addr 10.1.0.1/24
check 'twenty again' 0 "$TUNIC" ensure b{1..20} mode tap addr 10.1.0.1/24 check
clear_interfaces

# ---- by altname ----
"$TUNIC" add x7 mode tap altname second
check 'an altname means it' 0 "$TUNIC" ensure second mtu 1300
check_equal 'and it is changed' 1300 "$(link x7 .mtu)"
clear_interfaces

# ---- another namespace ----
namespace away
"$TUNIC" add x7 mode tap mtu 1400 alias guest user 1234 up addr 10.1.0.1/24
moved=(x7 mode tap netns "$NAMESPACE" addr 10.2.0.1/24 up)
check 'check of a move' 4 "$TUNIC" ensure "${moved[@]}" check
check_stdout_like 'tells it' '^x7: netns: moved'
check_equal 'and moves nothing' x7 "$(link x7 .ifname)"
check 'a move' 0 "$TUNIC" ensure "${moved[@]}"
check_false 'is not here' ip link show dev x7
check_equal 'but there, with all that is named and what the kernel keeps' '1400 guest 1234 UP' \
    "$(space=away link x7 '"\(.mtu) \(.ifalias) \(.linkinfo.info_data.user) \(.flags[] | select(. == "UP"))"')"
check_equal 'the addresses too' '10.2.0.1 24 global' "$(space=away addresses x7)"
before=$(space=away whole)
check 'a second run' 0 "$TUNIC" ensure "${moved[@]}"
check_equal 'changes nothing' "$before" "$(space=away whole)"
check 'nor has check anything to tell' 0 "$TUNIC" ensure "${moved[@]}" check
check_stdout 'nothing' ''
check 'what is missing is made there' 0 "$TUNIC" ensure x9 mode tap netns "$NAMESPACE"
check_equal 'there' x9 "$(space=away link x9 .ifname)"
# An altname of a stranger's is taken too, as the kernels from 6.6 on have it.
ip -n "$NAMESPACE" tuntap add x8 mode tap
ip -n "$NAMESPACE" link property add dev x8 altname taken
"$TUNIC" add x6 mode tap altname taken
if ip link set dev x6 netns "$NAMESPACE" 2>/dev/null; then
    skip 'a move that the kernel refuses' 'this kernel does not'
else
    check 'a move that the kernel refuses' 4 "$TUNIC" ensure x6 mode tap netns "$NAMESPACE" mtu 1300
    check_stderr_like 'is told' '^tunic: ensure x6: cannot move it to the network namespace .*taken there'
    check_equal 'and all is as it was' 1500 "$(link x6 .mtu)"
fi
check 'into a namespace that is missing' 1 "$TUNIC" ensure x9 mode tap netns nosuch
check_stderr_like 'is told' "there is none of this name"
"$TUNIC" add x7 mode tap
check 'one here and one there: the one there is meant' 0 "$TUNIC" ensure "${moved[@]}"
check_equal 'the one here stays' 1500 "$(link x7 .mtu)"
clear_interfaces

# ---- something else manages it ----
# It puts the MTU back all the time, and is given the time to: each request comes late.
"$TUNIC" add x7 mode tun mtu 1500
yes 'link set dev x7 mtu 1500' | ip -batch - &
manager=$!
check 'a manager that interferes' 1 "${tracing[@]}" -o /dev/null -e trace=sendto \
    -e inject=sendto:delay_enter=50000 "$TUNIC" ensure x7 mtu 1400
check_stderr 'is suspected' \
    'tunic: ensure x7: it does not stay as it was set: mtu 1500 -> 1400 (does something else manage it?)'
kill "$manager"
wait "$manager" 2>/dev/null
check 'and when it is gone' 0 "$TUNIC" ensure x7 mtu 1400

finish
