#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Command lines that are wrong: options, names, numbers, values. See tests/cli/bad.

# shellcheck source=tests/cli/bad
. "$(dirname "$0")/bad" "$@"

# ---- commands and options ----

bad 2 "'frobnicate'" frobnicate
bad 2 "did you mean 'ensure'?" ensrue tap9
bad 2 "did you mean 'show'?" shwo
bad 2 "did you mean 'wait'?" wiat tap0
bad 2 "''" ''
bad 2 '\x1b[31m' "$esc" tap9
bad 2 "$cut" "$long"
bad 2 "'ADD'" ADD tap9
bad 2 "'--frobnicate'" --frobnicate show
bad 2 "did you mean '--json'?" --jsno show
bad 2 "'-Z'" -Z show
bad 2 "'-jZ'" -jZ show
bad 2 '\x1b[31m' "-$esc"
bad 2 "$cut" "--$long"
bad 2 'netns' -n
bad 2 'netns' --netns
bad 2 'netns' add tap9 -n
bad 2 'netns' --netns= show
bad 2 'batch' --batch
bad 2 'device-node' add tap9 --device-node
bad 2 'device-node' -f '' add tap9
bad 2 '--json=yes' --json=yes show
bad 2 'color' --color=blue show
bad 2 'netns' -n '' show
bad 2 "'..'" -n .. show
bad 1 "'nowhere'" -n nowhere show
bad 1 "'/proc/self/status'" -n /proc/self/status show
bad 1 '\x1b[31m' -n "$esc" show
bad 2 "$cut" -n "$long" show
bad 1 "'/nowhere/batch'" --batch /nowhere/batch
bad 1 '\x1b[31m' --batch "$esc"
bad 1 "$cut" --batch "$long"
bad 1 "$SCRATCH" --batch "$SCRATCH"
bad 2 'batch' --batch /dev/null show
bad 7 "'/nowhere/tun'" -f /nowhere/tun add tap9
bad 7 '/dev/null' -f /dev/null add tap9
bad 7 "$SCRATCH" -f "$SCRATCH" add tap9
bad 7 '\x1b[31m' -f "/nowhere/$esc" add tap9
bad 1 "$cut" -f "$long" add tap9

# ---- names ----

for verb in add ensure; do
    bad 2 'empty' "$verb" '' mode tap
    bad 2 "'abcdefghijklmnop'" "$verb" abcdefghijklmnop mode tap
    bad 2 "'.'" "$verb" . mode tap
    bad 2 "'..'" "$verb" .. mode tap
    bad 2 "'a/b'" "$verb" a/b mode tap
    bad 2 "'../tap9'" "$verb" ../tap9 mode tap
    bad 2 "'a:b'" "$verb" a:b mode tap
    bad 2 "'a b'" "$verb" 'a b' mode tap
    bad 2 "'tap9 '" "$verb" 'tap9 ' mode tap
    bad 2 "'\\x09tap9'" "$verb" $'\ttap9' mode tap
    bad 2 "'tap9\\x0a'" "$verb" $'tap9\n' mode tap
    bad 2 "'a\\x1b[31mb'" "$verb" "a${esc}b" mode tap
    bad 2 "'a\\x7fb'" "$verb" $'a\x7fb' mode tap
    bad 2 "'a\\x01b'" "$verb" $'a\x01b' mode tap
    bad 2 "'a\\xa0b'" "$verb" $'a\xa0b' mode tap
    bad 2 "'%s'" "$verb" %s mode tap
    bad 2 "'%n'" "$verb" %n mode tap
    bad 2 "'%d%d'" "$verb" %d%d mode tap
    bad 2 "'50%'" "$verb" 50% mode tap
    bad 2 "'vm%05d'" "$verb" vm%05d mode tap
    bad 2 "'all'" "$verb" dev all mode tap
    bad 2 "'default'" "$verb" default mode tap
    bad 2 "'日本語日本語'" "$verb" 日本語日本語 mode tap
    bad 2 "$cut" "$verb" "$long" mode tap
    bad 2 "'tap9'" "$verb" tap9 tap9 mode tap
    bad 2 "'b'" "$verb" tap9 mode tap b
    bad 2 "'b'" "$verb" dev tap9 b mode tap
    bad 2 "'dev'" "$verb" dev
    bad 2 "'name'" "$verb" tap9 name
    bad 2 "''" "$verb" dev '' mode tap
    bad 2 'mode is missing' "$verb" vm9
done
for name in '' abcdefghijklmnop . .. a/b a:b 'a b' %s %d%d all "$long"; do
    bad 2 "'${name:0:40}" relay dev "$name" connect 127.0.0.1 insecure
done
bad 2 "'vm%d'" ensure vm%d mode tap
bad 2 "'%'" ensure NAME% d mode tap
bad 2 'a name is missing' ensure
bad 2 'a name is missing' ensure mode tap
bad 2 'a name is missing' set
bad 2 'a name is missing' set mtu 1400
bad 2 'a name is missing' del
bad 2 'a name is missing' del force
bad 2 'a name is missing' wait
bad 2 'a name is missing' relay
bad 2 'a name is missing' relay connect 127.0.0.1 insecure
bad 2 'what to set is missing' set tap0
bad 2 "'vm%d'" set vm%d up
bad 2 "'a/b'" set a/b up
bad 2 "'a:b'" del a:b
bad 2 "''" del ''
bad 2 "'tap0'" del tap0 tap0
bad 2 'tap\x1b[31m' del "tap$esc" "tap$esc"
bad 2 "$cut" del "$long"
bad 2 "$cut" show "$long"
bad 2 "$cut" wait "$long"
bad 2 "'tun0'" wait tap0 tun0
bad 3 'tap9' set tap9 up
bad 3 'tap9' del tap9
bad 3 'tap9' show tap9
bad 3 'a\x1b[31mb' del "a${esc}b"
bad 3 'a\x1b[31mb' show "a${esc}b"

# ---- what is there, and is another thing ----

bad 4 'tap0' add tap0 mode tap
bad 4 'tap0' add tap0 mode tun
bad 4 'tun0' add tun0
bad 4 'veth0' add veth0 mode tap
bad 4 'kept-too' add kept-too mode tap
bad 4 'tap0' ensure tap0 mode tun
bad 4 'tap0' ensure tap0 multi_queue
bad 4 'tap0' ensure tap0 user any
bad 4 'veth' ensure veth0 mode tap
bad 4 'bridge' ensure br0 mode tap
bad 4 'veth' set veth0 up
bad 4 'br0' set br0 mtu 1400
bad 4 'veth' del veth0
bad 4 'br0' del br0 force
bad 4 'lo' del lo
bad 4 'lo' show lo
bad 4 'tap' del tap0 mode tun
bad 4 'multi_queue' del tap0 multi_queue
bad 4 'pi' del tap0 pi
bad 4 'vnet_hdr' del tap0 vnet_hdr
bad 2 'mac' set tun0 mac 02:00:00:00:00:01

# ---- numbers ----

for number in '' 0x600 -1 +1400 1e3 1400.0 ' 1400' '1400 ' 1400k 67 65536 99999 4294967296 4294968796 \
    18446744073709551616 18446744073709553016 $'1400\n' ١٤٠٠; do
    printf -v shown '%s' "${number//$'\n'/\\x0a}"
    bad 2 "mtu '$shown'" set tap0 mtu "$number"
done
bad 2 'mtu' add tap9 mtu "$long_digits"
bad 2 'mtu' add tap9 mtu "$long"
bad 1 '65535' add tap9 mtu 65535
bad 1 '65535' set tap0 mtu 65535
for number in '' -1 +5 1e3 0x10 2147483648 4294967296 18446744073709551616 x; do
    bad 2 "txqueuelen '$number'" set tap0 txqueuelen "$number"
done
for account in user group; do
    for number in '' -2 +5 0x10 4294967295 4294967296 99999999999 18446744073709551616 nobody-at-all \
        'root ' 'root:x'; do
        bad 2 "$account '$number'" add tap9 "$account" "$number"
    done
    bad 2 'root\x1b[31m' add tap9 "$account" "root$esc"
    bad 2 "$cut" add tap9 "$account" "$long"
done
for number in '' -1 1.5.5 1e3 18446744073709551616 soon; do
    bad 2 "timeout '$number'" wait tap0 timeout "$number"
done
bad 2 'timeout' wait tap0 timeout "$long_digits"

# ---- values ----

bad 2 "mode 'top'" add tap9 mode top
bad 2 "mode 'TAP'" add tap9 mode TAP
bad 2 "mode ''" add tap9 mode ''
bad 2 "$cut" add tap9 mode "$long"
bad 2 "forwarding 'yes'" set tap0 forwarding yes
bad 2 "linkdown_routes 'on'" set tap0 linkdown_routes on
bad 2 "carrier 'up'" set tap0 carrier up
for mac in '' 02:00:00:00:00 02:00:00:00:00:00:01 02-00-00-00-00-01 0200.0000.0001 02:00:00:00:00:0g \
    2:0:0:0:0:1 02:00:00:00:00:01: ' 02:00:00:00:00:01' 01:00:5e:00:00:01 ff:ff:ff:ff:ff:ff \
    00:00:00:00:00:00; do
    bad 2 "mac '$mac'" add tap9 mac "$mac"
done
bad 2 "$cut" add tap9 mac "$long"
bad 2 "'mac'" add tun9 mac 02:00:00:00:00:01
bad 2 "'mac'" add vm9 mode tun mac 02:00:00:00:00:01
bad 2 "'mac'" add tap8 tap9 mac 02:00:00:00:00:01
bad 2 "'altname'" add tap8 tap9 altname both
bad 2 "'napi_frags'" add tap9 napi_frags
bad 2 "'napi_frags'" add vm9 mode tun napi napi_frags
bad 2 'alias' set tap0 alias "$long"
bad 2 'alias' set tap0 alias "$esc"
bad 2 'alias' set tap0 alias $'two\nlines'
for altname in '' . .. a/b a:b 'a b' a%d; do
    bad 2 "altname '$altname'" set tap0 altname "$altname"
done
bad 2 'altname' set tap0 altname "$long"
bad 2 'a\x1b[31m' set tap0 altname "a$esc"
bad 2 "altname 'twice'" set tap0 altname twice altname twice
bad 4 'tun0' set tap0 altname kept-too altname tun0
for master in '' . .. a/b 'a b' abcdefghijklmnop; do
    bad 2 "master '$master'" set tap0 master "$master"
done
bad 2 "$cut" set tap0 master "$long"
bad 3 "'br9'" set tap0 master br9
bad 3 'br\x1b[31m' set tap0 master "br$esc"
bad 1 'lo' set tap0 master lo
bad 1 'br0' set tun0 master br0
bad 2 "netns ''" add tap9 netns ''
bad 2 "netns '..'" add tap9 netns ..
bad 2 "$cut" add tap9 netns "$long"
bad 1 "'nowhere'" add tap9 netns nowhere
bad 1 "'nowhere'" ensure tap0 netns nowhere
bad 1 '\x1b[31m' set tap0 netns "$esc"

# ---- addresses and routes ----

for address in '' / /24 10.0.0.1/ 10.0.0.1/33 10.0.0.1/-1 10.0.0.1/+8 10.0.0.1/8/8 10.0.0.1/0x8 \
    10.0.0.1/4294967304 10.0.0/24 10.0.0.1.1 256.1.1.1 1.2.3.-4 010.0.0.1 ' 10.0.0.1' 10.0.0.1/24\  \
    0.0.0.0/0 224.0.0.1/32 ::/129 ::/64 fd00::1/129 fd00:::1 fd00::1::1 fd00::g fd00::1%tap0 ff02::1/64 \
    host.example 'fd00::1/64 '; do
    bad 2 "addr '$address'" set tap0 addr "$address"
done
bad 2 '\x1b[31m' set tap0 addr "10.0.0.1/24$esc"
bad 2 "$cut" set tap0 addr "$long"
bad 2 "addr '10.0.0.1/24'" set tap0 addr 10.0.0.1/24 addr 10.0.0.1/24
bad 2 "addr 'fd00::1/128'" set tap0 addr fd00::1/64 addr fd00::1/128
bad 2 "peer 'x'" set tap0 addr 10.0.0.1 peer x
bad 2 "peer '10.0.0.2/24'" set tap0 addr 10.0.0.1 peer 10.0.0.2/24
bad 2 "peer 'fd00::2'" set tap0 addr 10.0.0.1 peer fd00::2
bad 2 "peer '0.0.0.0'" set tap0 addr 10.0.0.1 peer 0.0.0.0
bad 2 "'peer'" set tap0 addr 10.0.0.1 peer 10.0.0.2 peer 10.0.0.3
bad 2 "'peer'" set tap0 peer 10.0.0.2
bad 2 "'peer'" set tap0 addr 10.0.0.1 mtu 1400 peer 10.0.0.2
bad 2 "$cut" set tap0 addr 10.0.0.1 peer "$long"
bad 2 "broadcast 'x'" set tap0 addr 10.0.0.1/24 broadcast x
bad 2 "broadcast '+'" set tap0 addr 10.0.0.1/31 broadcast +
bad 2 "broadcast '+'" set tap0 addr fd00::1/64 broadcast +
bad 2 "'broadcast'" set tap0 broadcast +
bad 2 "'nodad'" set tap0 addr 10.0.0.1/24 nodad
bad 2 "'nodad'" set tap0 nodad
for route in '' / 10.0.0.0/33 10.0.0.1/24 fd00::1/64 10.0.0 default6 0/0 300.0.0.0/8; do
    bad 2 "route '$route'" set tap0 route "$route"
done
bad 2 "$cut" set tap0 route "$long"
bad 2 "route '10.2.0.0/16'" set tap0 route 10.2.0.0/16 route 10.2.0.0/16
bad 2 "via 'x'" set tap0 route 10.2.0.0/16 via x
bad 2 "via '10.1.0.2/24'" set tap0 route 10.2.0.0/16 via 10.1.0.2/24
bad 2 "via '0.0.0.0'" set tap0 route 10.2.0.0/16 via 0.0.0.0
bad 2 "via '224.0.0.1'" set tap0 route 10.2.0.0/16 via 224.0.0.1
bad 2 "via '10.1.0.2'" set tap0 route fd02::/16 via 10.1.0.2
bad 2 "'via'" set tap0 via 10.1.0.2
bad 2 "$cut" set tap0 route 10.2.0.0/16 via "$long"
for metric in '' 0 -1 +5 1e3 4294967296 18446744073709551616 low; do
    bad 2 "metric '$metric'" set tap0 route 10.2.0.0/16 metric "$metric"
done
bad 2 "'metric'" set tap0 metric 5
bad 2 "'metric'" set tap0 route 10.2.0.0/16 metric 5 metric 6

# ---- twice, and against each other ----

bad 2 "'mtu'" set tap0 mtu 1400 mtu 1500
bad 2 "'mtu'" set tap0 mtu 1400 mtu 1400
bad 2 "'mac'" add tap9 mac 02:00:00:00:00:01 mac 02:00:00:00:00:01
bad 2 "'alias'" set tap0 alias a alias b
bad 2 "'master'" set tap0 master br0 master none
bad 2 "'mode'" add tap9 mode tap mode tun
bad 2 "'user'" add tap9 user root user 1
bad 2 "'group'" add tap9 group 0 group 1
bad 2 "'down'" set tap0 up down
bad 2 "'up'" add tap9 down up
bad 2 "'up'" set tap0 up up
bad 2 "'free'" show held free
bad 2 "'held'" del all free held
bad 2 "'present'" wait tap0 gone present
bad 2 "'up'" wait tap0 carrier up
bad 2 "'all'" del all tap0
bad 2 "'all'" del tap0 all
bad 2 "'all'" del all pi
bad 2 "'all'" del tap0 user root
bad 2 "'all'" del held
bad 2 "'all'" del tap0 free

# ---- words ----

bad 2 "'carrier'" add tap9 carrier on
bad 2 "did you mean 'mode'?" add tap9 mdoe tap
bad 2 "did you mean 'forwarding'?" set tap0 fowarding on
bad 2 "did you mean 'multi_queue'?" add tap9 mode tap multiqueue
bad 2 "'1400'" add tap9 1400
bad 2 "'owner'" add tap9 mode tap owner root
bad 2 "'frobnicate'" show tap0 mode tap frobnicate
bad 2 "'check'" add tap9 mode tap check
bad 2 "'check'" set tap0 mtu 1400 check
bad 2 "'force'" ensure tap9 mode tap force
bad 2 "'mtu'" del tap0 mtu 1400
bad 2 '\x1b[31m' add tap9 mode tap "$esc"
bad 2 "$cut" add tap9 mode tap "$long"
bad 2 "$cut" show mode tap "$long"
for word in mode user group mac mtu txqueuelen alias altname master addr linkdown_routes forwarding \
    route netns; do
    bad 2 "'$word'" add tap9 "$word"
    bad 2 "'$word'" set tap0 up "$word"
done
bad 2 "'carrier'" set tap0 carrier
bad 2 "'peer'" set tap0 addr 10.0.0.1 peer
bad 2 "'broadcast'" set tap0 addr 10.0.0.1 broadcast
bad 2 "'via'" set tap0 route 10.2.0.0/16 via
bad 2 "'metric'" set tap0 route 10.2.0.0/16 metric
bad 2 "'timeout'" wait tap0 timeout
bad 2 "'name'" del all name
bad 2 "'mode'" show mode
bad 2 "'frobnicate'" help frobnicate
bad 8 'tap9' wait tap9 timeout 0

# ---- what does not go with what is there ----

bad 1 'up' add tap9 route 10.2.0.0/16
bad 1 '10.99.0.1' set tap0 route 10.2.0.0/16 via 10.99.0.1
bad 1 'carrier' set tap0 carrier on

finish_bad
