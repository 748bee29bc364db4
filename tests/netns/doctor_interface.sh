#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What `tunic doctor` finds of an interface, each thing made for real, and that it finds nothing else:
# who may attach, who holds it, its flags and state, services that manage it, names.
#
#     root ──────────────────────▶ x7   owner, group, holder, flags, state
#     uid 1234, 1235, daemon ────▶      through a device node that everybody may open
#     NetworkManager, networkd,
#     udevd: sleeping ───────────▶      their files in /run and /etc

# shellcheck source=tests/netns/examination
. "$(dirname "$0")/examination" "$@"
cp "$(command -v sleep)" "$SCRATCH/NetworkManager"
cp "$(command -v sleep)" "$SCRATCH/systemd-network"
cp "$(command -v sleep)" "$SCRATCH/systemd-udevd"

# ---- the interface ----
found 'a missing one' 3 nosuch7 'error: no such interface'
mends 'no such' "'tunic add nosuch7 mode tun user root' makes it; 'tunic show' lists those there are"
attach_agrees nosuch7
type_it 'no such'
until_true 5 carrier_off nosuch7
found 'and made' 0 nosuch7 "$down"
mends 'down' "'tunic set nosuch7 up'"
type_it 'down'
found 'and up' 0 nosuch7 "$no_carrier"
"$TUNIC" del nosuch7
as_user 1234:1234
found 'a missing one, as a user' 3 tap7 'error: no such interface'
mends 'no such' \
    "as root: 'tunic add tap7 user 1234' makes it; 'tunic show' lists those there are"
type_it 'no such'
until_true 5 carrier_off tap7
found 'and made for him' 0 tap7 "$down"
as_root
"$TUNIC" del tap7
found 'another kind' 1 lo 'error: it is not a TUN/TAP interface'
attach_agrees lo
ip link add x7 type bridge
found 'a bridge' 1 x7 'error: it is not a TUN/TAP interface'
because 'not a TUN' 'it is a bridge interface'
attach_agrees x7
ip link del x7

# ---- who may attach ----
both='who attaches must be its owner and in its group'
make x7 mode tun user 1234 up
as_user 1234:1234
found 'the owner' 0 x7 "$no_carrier"
opens 'attaches' x7:1001
as_user 1235:1235
found 'another user' 6 x7 "$refused" "$no_carrier"
because "${refused#*: }" 'it belongs to user 1234, and this is user 1235'
attach_agrees x7
mends "${refused#*: }" "as root: 'tunic set x7 user 1235'"
type_it "${refused#*: }"
found 'who is the owner now' 0 x7 "$no_carrier"
as_root
found 'root may' 0 x7 "$no_carrier"
"$TUNIC" del x7
make x7 mode tun group 4000 up
as_user 1235:1235
found 'not in the group' 6 x7 "$refused" "$no_carrier"
because "${refused#*: }" 'it belongs to group 4000, and user 1235 is not in it'
attach_agrees x7
as_user 1235:1235,4000
found 'in the group' 0 x7 "$no_carrier"
who=(setpriv --reuid 1235 --regid 4000 --clear-groups --inh-caps=-all)
found 'the group is his first one' 0 x7 "$no_carrier"
as_root
"$TUNIC" set x7 user 1234 group 4000
as_user 1234:1234,4000
found 'owner and group' 0 x7 "$no_carrier"
opens 'attaches' x7:1001
as_user 1234:1234
found 'the owner, not in the group' 6 x7 "$refused" "$no_carrier"
because "${refused#*: }" "it belongs to group 4000, and user 1234 is not in it; $both"
attach_agrees x7
mends "${refused#*: }" "as root: 'tunic set x7 group 1234'"
type_it "${refused#*: }"
found 'which is his own now' 0 x7 "$no_carrier"
as_root
"$TUNIC" set x7 user 1234 group 4000
as_user 1235:1235,4000
found 'in the group, not the owner' 6 x7 "$refused" "$no_carrier"
because "${refused#*: }" "it belongs to user 1234, and this is user 1235; $both"
attach_agrees x7
as_user 1235:1235
found 'neither' 6 x7 "$refused" "$refused" "$no_carrier"
attach_agrees x7
as_root

# Users who have names: the group's list is mended, and then the process.
"$TUNIC" del x7
make x7 mode tun group games up
as_user 1:1
found 'a user with a name' 6 x7 "$refused" "$no_carrier"
because "${refused#*: }" 'it belongs to group games, and user daemon is not in it'
mends "${refused#*: }" "as root: 'usermod -a -G games daemon'; it counts from the next login on"
if command -v usermod >/dev/null; then
    type_it "${refused#*: }"
    found 'who is in the group, but his process is not' 6 x7 "$refused" "$no_carrier"
    because "${refused#*: }" \
        'it belongs to group games, and this process of user daemon is not in it'
    mends "${refused#*: }" "'newgrp games', or log in again"
    attach_agrees x7
    who=(setpriv --reuid 1 --regid 1 --init-groups --inh-caps=-all)
    found 'and has logged in again' 0 x7 "$no_carrier"
else
    skip 'who is put into a group' "'usermod' is not installed"
fi
as_root
"$TUNIC" del x7
make x7 mode tun user any up
found 'open to all' 0 x7 "$no_carrier" 'warning: every local user may attach to it'
mends 'every local' "'tunic set x7 user root' (or whose it is to be)"
type_it 'every local'
found 'and root alone' 0 x7 "$no_carrier"

# ---- who holds it ----
hold one x7:1001
found 'a held one' 5 x7 "$busy"
because 'only queue' "held by hold[${HOLDER[one]}]"
mends 'only queue' "stop that process; 'tunic wait x7 free' waits for its end"
attach_agrees x7
as_user 1235:1235
check 'not permitted comes before held' 6 doctor x7
attach_agrees x7
as_root
tell one 'carrier 0'
found 'a held one without carrier' 5 x7 "$busy" "$no_carrier"
because 'no carrier' 'its holder has switched it off'
attach_agrees x7
mends 'no carrier' "'tunic set x7 carrier on'"
type_it 'no carrier'
found 'and with it' 5 x7 "$busy"
release one
until_true 5 carrier_off x7
found 'a free one' 0 x7 "$no_carrier"
because 'no carrier' \
    'no process is seen to hold it: packets are dropped, IPv6 addresses stay tentative'
"$TUNIC" del x7

make x7 mode tun user 1234 up
become 1234:1234
holding=("${become[@]}")
hold one x7:1001
holding=()
as_user 1234:1234
found 'a user who holds it himself' 5 x7 "$busy"
check_stdout_like 'and is told' "because: (probably )?held by hold\\[${HOLDER[one]}\\]"
attach_agrees x7
as_root
release one
# The same name in another namespace is another interface, with or without a holder.
namespace away
ip netns exec "$NAMESPACE" "$TUNIC" add x7 mode tun
holding=(ip netns exec "$NAMESPACE")
hold one x7:1001
holding=()
until_true 5 carrier_off x7
found "another namespace's holder" 0 x7 "$no_carrier"
check 'who is found there' 5 "$TUNIC" -n "$NAMESPACE" doctor x7
release one
"$TUNIC" del x7

hold one y7:1001
found 'one that is not persistent' 5 y7 "$busy" "$down" \
    'warning: every local user may attach to it' 'warning: it is not persistent'
attach_agrees y7
release one

# ---- flags and state ----
# flag WORD FLAGS FINDING: is told, and its command makes the interface again without it.
flag() {
    make x7 mode tap user 1234 addr 10.7.0.1/24 alias 'a pi to 7' "$1" up
    opens "$1: one that asks for it attaches" "x7:$2"
    until_true 5 carrier_off x7
    found "$1" 0 x7 "warning: $3" "$no_carrier"
    type_it "$3"
    until_true 5 carrier_off x7
    found "$1: and without" 0 x7 "$no_carrier"
    opens "$1: one that does not ask attaches" x7:1002
    check_equal "$1: everything else stays" '1234 10.7.0.1 a pi to 7' \
        "$(link x7 .linkinfo.info_data.user) $(addresses x7 | cut -d' ' -f1) $(link x7 .ifalias)"
    "$TUNIC" del x7
}
flag multi_queue 1102 'it is multi_queue'
flag pi 0002 'its packets have a header of packet information'
flag vnet_hdr 5002 'its packets have a virtio-net header'

make x7 mode tun multi_queue user 1234
hold one x7:1101
as_user 1234:1234
found 'one that is held has queues left' 0 x7 'warning: it is multi_queue' "$down"
opens 'as is seen' x7:1101
as_root
release one
"$TUNIC" del x7

# ---- who else manages it ----
# with_service NAME COMMAND…: while a process of this name runs.
with_service() {
    local service
    "$SCRATCH/$1" 1000 &
    service=$!
    until_true 5 grep -qx "$1" "/proc/$service/comm"
    shift
    "$@"
    kill "$service"
    wait "$service" 2>/dev/null
}

make x7 mode tap mac 02:00:00:00:00:07 user 1234 up
index=$(cat /sys/class/net/x7/ifindex)
mkdir -p /run/NetworkManager/devices /run/systemd/netif/links
manages='warning: NetworkManager manages it'
printf '[device]\nmanaged=true\nroute-metric-default-aspired=0\n' >"/run/NetworkManager/devices/$index"
with_service NetworkManager found 'NetworkManager' 0 x7 "$no_carrier" "$manages"
printf '#!/bin/sh\necho "$*" >>"%s/asked"\n' "$SCRATCH" | tee "$SCRATCH/nmcli" >"$SCRATCH/networkctl"
chmod +x "$SCRATCH/nmcli" "$SCRATCH/networkctl"
type_it "${manages#*: }"
check_equal 'is what it is asked' 'device set ifname x7 managed no' "$(cat "$SCRATCH/asked")"
as_user 1234:1234
with_service NetworkManager found 'who may not see in which network it runs' 0 x7 "$no_carrier"
as_root
found 'what it has left behind' 0 x7 "$no_carrier"
# shellcheck disable=SC2317 # called by with_service
elsewhere() {
    check 'in another namespace, where it does not run' 0 "$TUNIC" -n "$NAMESPACE" doctor x7
    check_stdout_unlike 'the number is another interface' 'manages'
}
printf '[device]\nmanaged=true\n' | tee /run/NetworkManager/devices/{1..40} >/dev/null
with_service NetworkManager elsewhere
rm /run/NetworkManager/devices/*
printf '[device]\nmanaged=false\n' >"/run/NetworkManager/devices/$index"
with_service NetworkManager found 'NetworkManager, unmanaged' 0 x7 "$no_carrier"
rm "/run/NetworkManager/devices/$index"

manages='warning: systemd-networkd manages it'
for state in configured configuring failed; do
    printf '# private\nADMIN_STATE=%s\nOPER_STATE=routable\n' $state \
        >"/run/systemd/netif/links/$index"
    with_service systemd-network found "networkd, $state" 0 x7 "$no_carrier" "$manages"
done
rm -rf /etc/systemd/network
mkdir -p /etc/systemd/network
type_it "${manages#*: }"
check_equal 'its file is written' '[Match] Name=x7 [Link] Unmanaged=yes' \
    "$(paste -sd ' ' /etc/systemd/network/05-tunic-x7.network)"
check_equal 'and read again' reload "$(tail -n 1 "$SCRATCH/asked")"
found 'networkd, which does not run' 0 x7 "$no_carrier"
for state in unmanaged pending initialized linger; do
    printf 'ADMIN_STATE=%s\n' $state >"/run/systemd/netif/links/$index"
    with_service systemd-network found "networkd, $state" 0 x7 "$no_carrier"
done
rm "/run/systemd/netif/links/$index"

policy=/etc/systemd/network/99-default.link
printf '[Match]\nOriginalName=*\n[Link]\nMACAddressPolicy=persistent\n' >"$policy"
with_service systemd-udevd found 'a MAC address that was chosen' 0 x7 "$no_carrier"
"$TUNIC" del x7
make x7 mode tap user 1234 up
was=$(cat /sys/class/net/x7/address)
printf -v becomes '%s:%02x' "${was%:*}" $((0x${was##*:} ^ 1))
may_change='warning: udev may change its MAC address'
found 'a random one without udev' 0 x7 "$no_carrier"
with_service systemd-udevd found 'a random one' 0 x7 "$no_carrier" "$may_change"
mends "${may_change#*: }" "'tunic set x7 mac $becomes' chooses one"
printf '[Link]\nMACAddressPolicy=none\n' >"$policy"
with_service systemd-udevd found 'another policy' 0 x7 "$no_carrier"
printf '[Match]\nOriginalName=*\n[Link]\nMACAddressPolicy=persistent\n' >"$policy"
with_service systemd-udevd check 'the first policy again' 0 doctor x7
type_it "${may_change#*: }"
with_service systemd-udevd found 'which is chosen now' 0 x7 "$no_carrier"
check_equal 'and so it is' "$becomes" "$(cat /sys/class/net/x7/address)"
"$TUNIC" del x7
make x7 mode tun user 1234 up
with_service systemd-udevd found 'a tun has none' 0 x7 "$no_carrier"
"$TUNIC" del x7

# ---- several at once, and in which form ----
make x7 mode tap user 1234 group 4000 pi
as_user 1235:1235
found 'several' 6 x7 "$refused" "$refused" 'warning: its packets have a header of packet information' \
    "$down"
attach_agrees x7
check 'JSON' 6 "${who[@]}" "$PROGRAM" -j doctor x7
check_equal 'is valid, and has them all' \
    '[["error","x7",6],["error","x7",6],["warning","x7",null],["warning","x7",null]]' \
    "$(jq -c '[.[] | [.severity, .ifname, .exit_code]]' "$STDOUT")"
check_equal 'its keys' cause,exit_code,finding,ifname,mend,severity \
    "$(jq -r '[.[] | keys[]] | unique | join(",")' "$STDOUT")"
check 'JSON, pretty' 6 "${who[@]}" "$PROGRAM" -j -p doctor x7
check_true 'is valid' jq -e 'length == 4' "$STDOUT"
check 'quiet' 6 "${who[@]}" "$PROGRAM" -q doctor x7
check_stdout 'prints nothing' ''
check 'quiet, and all is well' 0 "$PROGRAM" -q doctor
check_stdout 'prints nothing either' ''
as_root
"$TUNIC" del x7

# ---- names ----
odd=$'x\e;7'
make x7 mode tun user root
ip link set x7 name "$odd"
found 'a name with odd bytes' 0 "$odd" "$down"
check_stdout_like 'which are escaped' '^warning: x\\x1b;7: it is down$'
# shellcheck disable=SC2016 # as it is printed
mends 'down' "'tunic set \$'x\\x1b\\x3b7' up'"
(PATH=$SCRATCH:$PATH && bash -c "$(part down mend | sed "s/^'//; s/'\$//")")
found 'and its command works' 0 "$odd" "$no_carrier"
check 'JSON' 0 "$TUNIC" -j doctor "$odd"
check_equal 'has the name itself' "$odd" "$(jq -r '.[0].ifname' "$STDOUT")"
"$TUNIC" del "$odd"
for odd in up dev; do
    make x7 mode tun user root
    ip link set x7 name $odd
    check "an interface that is called '$odd'" 0 doctor dev $odd
    mends 'down' "'tunic set dev $odd up'"
    type_it 'down'
    check 'again' 0 doctor dev $odd
    check_stdout_unlike 'is up' 'it is down'
    "$TUNIC" del dev $odd
done
make x7 mode tun user root
ip link set x7 name -x
check 'one that looks like an option' 0 "$TUNIC" -- doctor -x
mends 'down' "'tunic set -- -x up'"
type_it 'down'
check 'again' 0 "$TUNIC" -- doctor -x
check_stdout_unlike 'is up' 'it is down'
"$TUNIC" -- del -x

finish
