#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What a configuration file of WireGuard makes of the interface: addresses, MTU, routes and their
# table; what is told of default routes; and what words on the command line override.
#
#     ┌── "a" ───────────────────────────────────┐
#     │ t0     10.77.0.1  fd77::1   relay config │
#     │ under  10.99.0.1, gateway 10.99.0.2 ─────┼── veth
#     └──────────────────────────────────────────┘

# shellcheck source=tests/netns/tunnel
. "$(dirname "$0")/tunnel" "$@"
ends

private=dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=
one=3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=
two=ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=
file=$SCRATCH/wg.conf
space=a

# config INTERFACE-LINES PEER-LINES: the file. \n stands between lines.
config() {
    (umask 077 && printf '%b' "[Interface]\nPrivateKey = $private\n$1\n[Peer]\nPublicKey = $one\n" \
        "$2\n[Peer]\nPublicKey = $two\nAllowedIPs = 10.77.0.0/28\n" >"$file")
}
inet='Address = 10.77.0.1/24, fd77::1/64\nMTU = 1380\nListenPort = 4321'
ranges='Endpoint = 10.99.0.2\nAllowedIPs = 10.77.0.2/32, 192.168.7.0/24, fd77::2, fd78::/32'
of_table() { # of IPv4 and IPv6, but the kernel's own
    inside a bash -c "ip -4 route show dev t0 table $1; ip -6 route show dev t0 table $1" 2>/dev/null |
        grep -v 'proto kernel' | awk '{ print $1 }' | sort | paste -sd ' '
}
has_addresses() {
    addresses t0 | awk '{ print $1 "/" $2 }' | paste -sd ' '
}
warned() {
    cat "$errors/a"
}

# ---- one that is made ----
config "$inet" "$ranges"
relay a config "$file" control off
check_equal 'it is a tun, set up' 'tun UP' \
    "$(inside a ip -j -d link show t0 | jq -r '.[0] | .linkinfo.info_data.type + " " +
        (if .flags | index("UP") then "UP" else "down" end)')"
check_equal 'with the MTU' 1380 "$(link t0 .mtu)"
check_equal 'and the addresses' '10.77.0.1/24 fd77::1/64' "$(has_addresses)"
check_equal 'and routes to what lies in no network of theirs' '192.168.7.0/24 fd78::/32' \
    "$(of_table main)"
check_true 'it has the port' inside a grep -q ':10E1 ' /proc/net/udp6
check_equal 'there is nothing to complain of' '' "$(warned)"
stop_relay a
check_equal 'it ended well' 0 "$STATUS"

# ---- words count more ----
relay a config "$file" control off mtu 1300 addr 10.78.0.1/24 listen 4322 route 10.80.0.0/16
check_equal 'a word instead of MTU' 1300 "$(link t0 .mtu)"
check_equal 'of Address' '10.78.0.1/24' "$(has_addresses)"
check_equal 'of routes' '10.80.0.0/16' "$(of_table main)"
check_true 'of ListenPort' inside a grep -q ':10E2 ' /proc/net/udp6
check_false 'which is not taken' inside a grep -q ':10E1 ' /proc/net/udp6
stop_relay a

# ---- tables ----
config "$inet\nTable = off\nDNS = 192.0.2.53" "$ranges, 0.0.0.0/0"
relay a config "$file" control off
check_equal 'Table = off: no routes' '' "$(of_table main)"
check_true 'DNS is warned of' grep -q 'DNS is ignored' "$errors/a"
check_false 'of default routes there is nothing to tell' grep -q 'default' "$errors/a"
stop_relay a
for table in 99 300; do
    config "$inet\nTable = $table" "$ranges, 0.0.0.0/0"
    relay a config "$file" control off
    check_equal "Table = $table: nothing in the main one" '' "$(of_table main)"
    check_equal 'everything there' \
        '10.77.0.0/28 10.77.0.2 192.168.7.0/24 default fd77::2 fd78::/32' "$(of_table "$table")"
    stop_relay a
done

# ---- default routes ----
config "$inet" 'AllowedIPs = 0.0.0.0/0, ::/0\nEndpoint = 10.99.0.2'
inside a ip route add default via 10.99.0.2
relay a config "$file" control off fwmark 0x77
check_equal 'no default route is made' '' "$(of_table main)"
check_true 'which is told' grep -q "default route is not taken over" "$errors/a"
check_false 'with a mark there is no other needed' grep -q 'once the relay' "$errors/a"
commands=$(sed -n 's/^  \(ip\|sysctl\) /\1 /p' "$errors/a")
check_equal 'with the commands that do' 7 "$(wc -l <<<"$commands")"
check_equal 'before them packets go elsewhere' under \
    "$(inside a ip -j route get 192.0.2.1 | jq -r '.[0].dev')"
check 'they work' 0 inside a bash -e -c "$commands"
way() {
    inside a ip -j "$@" | jq -r '.[0].dev'
}
check_equal 'then they go into it' t0 "$(way route get 192.0.2.1)"
check_equal 'of IPv6 too' t0 "$(way -6 route get 2001:db8::1)"
check_equal 'but what the relay sends' under "$(way route get 10.99.0.2 mark 0x77)"
check_equal 'and what is near' under "$(way route get 10.99.0.9)"
stop_relay a
for family in 4 6; do
    inside a ip "-$family" rule del table 51820
    inside a ip "-$family" rule del table main suppress_prefixlength 0
done
relay a config "$file" control off
check_true 'without a mark it says which one' grep -q "'fwmark 51820'" "$errors/a"
stop_relay a

# ---- one that exists, of an ordinary user ----
config "$inet\nTable = 300" "$ranges"
ip netns exec "tunic-$test_id-a" "$TUNIC" add t0 mode tun user 1234 up
inside a ip route add 10.81.0.0/16 dev t0 table 300
relay a config "$file" control off
check_equal 'one that exists is made so' '1380 10.77.0.1/24 fd77::1/64' \
    "$(link t0 .mtu) $(has_addresses)"
check_equal 'and what others have put into the table stays' \
    '10.77.0.0/28 10.77.0.2 10.81.0.0/16 192.168.7.0/24 fd77::2 fd78::/32' "$(of_table 300)"
stop_relay a
become 1234:1234
chown 1234 "$file"
user_relay() {
    ip netns exec "tunic-$test_id-a" "${become[@]}" "$PROGRAM" -j -f "$NODE" relay t0 "$@" \
        >"$errors/a.json" 2>"$errors/a" </dev/null &
    RELAY[a]=$!
    until_true 5 relay_works "${RELAY[a]}"
}
check_true 'its owner needs no privilege for what is so' user_relay config "$file" control off
check_equal 'there is nothing to complain of' '' "$(warned)"
stop_relay a
user() {
    inside a "${become[@]}" "$PROGRAM" -f "$NODE" "$@"
}
check 'what is not so he cannot change' 4 user relay t0 config "$file" mtu 1300 control off
check_stderr_like 'and is told' 'mtu'
inside a ip route del 192.168.7.0/24 table 300 dev t0
check 'a route that is missing neither' 4 user relay t0 config "$file" control off
check_stderr_like 'and is told, with the table' '192.168.7.0/24 table 300'

finish
