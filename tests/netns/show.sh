#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# tunic show, in each of its forms.
#
#     ┌── the script's namespace ─────────────────────────────────────────┐
#     │  tun0  10.0.0.1/24, held by "hold", up, traffic in both directions │
#     │  tap0  in bridge7, open to all      tap1  multi_queue, no address  │
#     │  names and aliases with quotes, backslashes, UTF-8, control bytes  │
#     └───────────────────────────────────────────────────────────────────┘

# shellcheck source=tests/netns/common
. "$(dirname "$0")/common" "$@"
need ping

show() {
    "$TUNIC" "$@"
}

# ---- nothing ----
check 'nothing there: table' 0 show show
check_stdout 'is empty' ''
check 'nothing there: JSON' 0 show -j show
check_stdout 'is an empty list' '[]'
check 'nothing there: JSON, pretty' 0 show -j -p show
check_equal 'is an empty list' '[]' "$(jq -c . "$STDOUT")"
for form in -d -s -o; do
    check "nothing there: $form" 0 show "$form" show
    check_stdout 'is empty' ''
done
check 'a selector' 0 show show held
check_stdout 'is empty' ''

# ---- the table ----
ip link add name bridge7 type bridge
"$TUNIC" add tun0 addr 10.0.0.1/24 addr 2001:db8::1/64 nodad up mtu 1400
"$TUNIC" add tap0 user any master bridge7
"$TUNIC" add tap1 multi_queue pi vnet_hdr user nobody group nogroup
until_true 5 test "$(cat /sys/class/net/tun0/operstate)" = down
check 'the table' 0 show show
check_stdout 'is aligned' 'NAME  MODE            STATE       MAY ATTACH               MTU   MASTER   ADDRESSES
tun0  tun             no carrier  root                     1400           10.0.0.1/24, 2001:db8::1/64
tap0  tap             down        anyone                   1500  bridge7
tap1  tap+mq+pi+vnet  down        nobody in group nogroup  1500'
check 'list is the same' 0 show list
hold one tun0:1001
until_true 5 "$TUNIC" wait tun0 carrier timeout 5
check 'with a holder' 0 show show tun0
check_stdout_like 'it is up, and held' "^tun0  tun   up     root        1400  hold\[${HOLDER[one]}\]"
check 'no colour without a terminal' 0 show show
check_stdout_unlike 'none' $'\e'
check 'colour always' 0 show --color=always show
check_stdout_like 'held is marked' $'\e\\[33mhold'
check_stdout_like 'open to all is marked' $'\e\\[31manyone'
check_equal 'and the text is the same' "$(show show)" "$(sed 's/\x1b\[[0-9]*m//g' "$STDOUT")"
for form in -c --color -color -c=always -color=always; do
    check "$form" 0 show "$form" show
    check_stdout_like 'is colour' $'\e\\[31manyone'
done
for form in --color=never --color=auto -c=never; do
    check "$form" 0 show "$form" show
    check_stdout_unlike 'is none' $'\e'
done
if command -v script >/dev/null; then
    on_terminal() {
        script -qec "$*" /dev/null </dev/null
    }
    check 'on a terminal' 0 on_terminal TERM=xterm NO_COLOR= "$TUNIC" show
    check_stdout_like 'there is colour' $'\e\\[31manyone'
    check 'on a terminal, with NO_COLOR' 0 on_terminal TERM=xterm NO_COLOR=1 "$TUNIC" show
    check_stdout_unlike 'there is none' $'\e'
    check 'on a terminal that is dumb' 0 on_terminal TERM=dumb "$TUNIC" show
    check_stdout_unlike 'there is none' $'\e'
else
    skip 'colour on a terminal' "'script' is not installed"
fi

# ---- details ----
check 'details' 0 show -d show tun0
check_stdout_like 'the head' '^tun0: tun, up, persistent, index [0-9]+$'
check_stdout_like 'who' '^    may attach  root \(uid 0\)$'
check_stdout_like 'the link' '^    link        mtu 1400, txqueuelen 500$'
check_stdout_like 'an address' '^    address     10\.0\.0\.1/24$'
check_stdout_like 'another' '^    address     2001:db8::1/64$'
check_stdout_like 'holder' "^    held by     hold\[${HOLDER[one]}\], user root$"
check 'details of one that is open' 0 show -d show tap0
check_stdout_like 'say so' '^    may attach  anyone: it has no owner and no group$'
check_stdout_like 'and name the master' 'master bridge7$'
check 'details of flags' 0 show -d show tap1
check_stdout_like 'and both ids' '^    may attach  nobody in group nogroup \(uid 65534, gid 65534\)$'
check_stdout_like 'name them' '^tap1: tap pi vnet_hdr multi_queue, down, persistent, index [0-9]+, 0 queues attached$'
"$TUNIC" set tun0 route 10.7.0.0/16 via 10.0.0.9 metric 5 forwarding on alias 'a guest' altname another
check 'details of more' 0 show -d show tun0
check_stdout_like 'route' '^    route       10\.7\.0\.0/16 via 10\.0\.0\.9 metric 5$'
check_stdout_like 'alias' '^    alias       a guest$'
check_stdout_like 'altname' '^    altname     another$'
check_stdout_like 'forwarding' ', forwarding'

# ---- counters ----
ping -q -c 3 -i 0.01 -w 1 10.0.0.2 >/dev/null
tell one packet
tell one packet
tell one drain
check 'counters' 0 show -s show tun0
check_stdout_like 'received' '^    received    2 packets, 40 bytes, 0 errors, 0 dropped$'
check_stdout_like 'sent' "^    sent        $(cat /sys/class/net/tun0/statistics/tx_packets) packets, "
check_true 'not nothing' test "$(cat /sys/class/net/tun0/statistics/tx_packets)" -ge 3
check 'in JSON' 0 show -j -s show tun0
check_equal 'as ip tells them' "$(ip -j -s link show tun0 | jq -c '.[0].stats64 |
    [.rx.packets, .rx.bytes, .tx.packets, .tx.bytes, .tx.dropped]')" \
    "$(jq -c '.[0].stats64 | [.rx.packets, .rx.bytes, .tx.packets, .tx.bytes, .tx.dropped]' "$STDOUT")"
check 'without -s' 0 show -j show tun0
check_equal 'there are none' null "$(jq '.[0].stats64' "$STDOUT")"

# ---- JSON ----
check 'JSON' 0 show -j -d show
check_equal 'the keys of one with everything' 'addr_info altnames carrier flags forwarding ifalias ifindex ifname mode mtu open_to_all operstate persist processes routes txqlen up user user_name' \
    "$(jq -r '.[0] | keys | join(" ")' "$STDOUT")"
check_equal 'what is not set is absent' 'address carrier flags forwarding ifindex ifname master mode mtu open_to_all operstate persist processes txqlen up' \
    "$(jq -r '.[1] | keys | join(" ")' "$STDOUT")"
check_equal 'values' '["tun0",["tun","persist"],0,"root",false,"tun",true,1400,true,true,"UNKNOWN"]' \
    "$(jq -c '.[0] | [.ifname, .flags, .user, .user_name, .open_to_all, .mode, .persist, .mtu, .up, .carrier,
        .operstate | if . == "UP" then "UNKNOWN" else . end]' "$STDOUT")"
check_equal 'of flags, ids and queues' '[["tap","pi","multi_queue","vnet_hdr","persist"],65534,"nobody",65534,"nogroup",0]' \
    "$(jq -c '.[2] | [.flags, .user, .user_name, .group, .group_name, .queues]' "$STDOUT")"
check_equal 'open to all' true "$(jq '.[1].open_to_all' "$STDOUT")"
check_equal 'routes' '[{"dst":"10.7.0.0/16","gateway":"10.0.0.9","metric":5}]' "$(jq -c '.[0].routes' "$STDOUT")"
# shellcheck disable=SC2016 # for jq
same='[.[] | .addr_info // [] | .[] | {family, local, prefixlen, scope}] | sort_by(.local)'
check_equal 'addresses as ip tells them' "$(ip -j addr show dev tun0 | jq -c "$same")" \
    "$(jq -c ".[:1] | $same" "$STDOUT")"
same='sort_by(.ifindex) | .[] | [.ifname, .ifindex, .mtu, .txqlen, .operstate, .master]'
check_equal 'links as ip tells them' \
    "$(ip -d -j link show | jq -c "[.[] | select(.linkinfo.info_kind == \"tun\")] | $same")" \
    "$(jq -c "$same" "$STDOUT")"
check 'pretty JSON' 0 show -p -j -d -s show
check_equal 'is the same' "$(show -j -d -s show | jq -cS .)" "$(jq -cS . "$STDOUT")"
check_stdout_like 'but in lines' '^        "ifname": "tun0",$'
# The word filter of ip tuntap says no more than pi.
check_equal 'lines as ip tuntap has them' "$(ip tuntap | sed 's/ filter//' | sort)" "$(show -o show | sort)"
check_equal 'the keys of ip -j tuntap' "$(ip -j tuntap | jq -cS 'map(.flags -= ["filter"]) | sort_by(.ifname)')" \
    "$(show -j show | jq -cS 'map({ifname, flags, user, group} | with_entries(select(.value != null))) | sort_by(.ifname)')"

# ---- which ones ----
# shows NAMES WORDS…: show with them shows exactly these.
shows() {
    check "show ${*:2}" 0 show -j show "${@:2}"
    check_equal "show ${*:2}: which" "$1" "$(jq -r '[.[].ifname] | join(" ")' "$STDOUT")"
}
shows 'tun0 tap0 tap1'
shows 'tap0 tap1' mode tap
shows tun0 mode tun
shows tun0 user root
shows 'tap0' user any
shows tap1 group nogroup
shows 'tun0 tap0' group any
shows tun0 held
shows 'tap0 tap1' free
shows 'tap0 tap1' name 'tap*'
shows 'tun0 tap1' name tun0 name '*1'
shows '' name 'vm*'
shows '' mode tun free
shows 'tap1 tun0' tap1 tun0
shows tun0 another
shows tap1 tap1 tun0 free
shows tap0 dev tap0
check 'a missing name' 3 show show tun0 missing tap0
check_stdout_like 'the others are shown' '^tap0 '
check_stderr 'and it is told' 'tunic: show missing: no such interface'
check 'another kind' 4 show show bridge7 tun0
check_stderr 'is told' 'tunic: show bridge7: it is not a TUN/TAP interface: it is a bridge interface'
check 'JSON with a missing name' 3 show -j show missing tap0
check_equal 'is valid' tap0 "$(jq -r '.[].ifname' "$STDOUT")"
check 'JSON with nothing but a missing name' 3 show -j show missing
check_stdout 'is an empty list' '[]'
check 'JSON of a selector that fits nothing' 0 show -j show user 4321
check_stdout 'is an empty list' '[]'
release one
clear_interfaces

# ---- odd names ----
odd=('a"b' 'a\b' 'Zoë' $'\xff\xfe' $'a\xc3b' $'tab\x01' "it's" 'a{b}' '%' '-dash' $'a\x7fb' 'json')
made=()
for name in "${odd[@]}"; do
    ip tuntap add dev "$name" mode tap 2>/dev/null && made+=("$name")
done
for name in "${made[@]}"; do
    check "an odd name: $(printf %q "$name")" 0 show -j -- show dev "$name"
    check_equal 'is one entry, valid JSON' 1 "$(jq length "$STDOUT")"
done
check 'odd names: JSON' 0 show -j -d show
cp "$STDOUT" "$SCRATCH/odd.json"
check_equal 'is valid' "${#made[@]}" "$(jq length "$SCRATCH/odd.json")"
check_true 'and of UTF-8' iconv -f UTF-8 -t UTF-8 "$SCRATCH/odd.json"
check_equal 'names are themselves where they can be' 'Zoë a"b a\b' \
    "$(jq -r '[.[].ifname | select(. == "a\"b" or . == "a\\b" or . == "Zoë")] | sort | join(" ")' "$SCRATCH/odd.json")"
for form in -d -s -o -q; do
    check "odd names: $form" 0 show "$form" show
    check_stdout_unlike 'no control byte' $'[\x01-\x08\x0b-\x1f\x7f]'
done
check 'odd names: table' 0 show show
check_equal 'a line each' "$((${#made[@]} + 1))" "$(wc -l <"$STDOUT")"
check_stdout_unlike 'no control byte' $'[\x01-\x08\x0b-\x1f\x7f]'
for alias in 'say "hi"' 'back\slash' $'line\nfeed' $'\e[31mred' 'Zoë' $'\xff' '</script>'; do
    ip link set dev 'a{b}' alias "$alias"
    check "an odd alias: $(printf %q "$alias")" 0 show -j show dev 'a{b}'
    check_equal 'is valid JSON' "$(iconv -c -f UTF-8 -t UTF-8 <<<"$alias")" \
        "$(jq -r '.[].ifalias' "$STDOUT" | sed 's/\xef\xbf\xbd//g')"
    check 'in details' 0 show -d show dev 'a{b}'
    check_stdout_unlike 'it is escaped' $'\e|^feed'
done
clear_interfaces

# ---- the output's end ----
"$TUNIC" add vm{0..199} mode tap
full() {
    "$TUNIC" "$@" >/dev/full
}
for form in '' -j -d -o -s; do
    # shellcheck disable=SC2086 # no word where it is empty
    check "a full disk: ${form:-table}" 1 full $form show
    check_stderr 'is told' 'tunic: show: cannot write the output: No space left on device'
done
check 'a full disk: help' 1 full help
check 'a full disk: version' 1 full --version
gone() {
    "$TUNIC" "$@" | head -c 1 >/dev/null
    return "${PIPESTATUS[0]}"
}
for form in '' -j -d -o; do
    # shellcheck disable=SC2086
    check "a reader that goes: ${form:-table}" 0 gone $form show
    check_stderr 'is no matter' ''
done
closed() {
    "$TUNIC" "$@" >&-
}
check 'no output at all' 1 closed show
check_equal 'two hundred: JSON' 200 "$(show -j show | jq length)"
check_equal 'two hundred: lines' 200 "$(show -o show | wc -l)"
check 'two hundred by name' 0 show -o show vm{0..199}
check_equal 'in that order' "$(printf 'vm%s\n' {0..199})" "$(cut -d: -f1 "$STDOUT")"

finish
