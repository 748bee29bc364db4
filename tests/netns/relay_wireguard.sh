#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What the Linux kernel's test of its own WireGuard goes through (netns.sh of its selftests), told
# anew for a relay that `wg` is used on: data, counters, sizes and roaming.
#
#     ┌── "a" ─────────────┐                                    ┌── "b" ─────────────┐
#     │ wga 192.168.77.1   │                                    │ wgb 192.168.77.2   │
#     │     fd77::1        │                                    │     fd77::2        │
#     └─────────│──────────┘                                    └─────────│──────────┘
#     ┌── "outside" ──────────────────────────────────────────────────────────────────┐
#     │     relay  127.0.0.1:10001, [::1]:10001 ─── lo ─── 127.0.0.1:10002   relay     │
#     └───────────────────────────────────────────────────────────────────────────────┘
#
# The interfaces are made outside and moved away; the sockets stay. The steps, as the kernel's script
# has them, and where they are:
#
#     1 to 3  data both ways, exact counters, an MTU of 34816, IPv6 outside    here
#     4       padding is no longer than the MTU                               here; the MTU of a
#             route inside is known to the kernel alone, so that it is the interface's
#     5       roaming                                                         here
#     6, 7    cryptokey routing, another private key                          relay_wireguard_keys.sh
#     8       WireGuard in WireGuard, loops                                   relay_wireguard_ways.sh
#     9       address translation                                             ../interop/relay_wireguard_nat.sh
#     10 to 12  marks, a bound interface, errors, source addresses            relay_wireguard_ways.sh
#     13 to 15  long answers, keys that are cleared, low-order points         relay_wireguard_keys.sh
#     16      references among namespaces: no, as a process refers to none; that nothing is left is
#             at the end here

# shellcheck source=tests/netns/wireguard
. "$(dirname "$0")/wireguard" "$@"
need nft
pairs tunic,tunic
pair "${pairs[0]}"
for label in outside a b; do
    namespace "$label"
done
PLACE=([a]=outside [b]=outside)
keys a b

# start MTU [WORDS]: both, without an endpoint; they know each other's key and a preshared one.
start() {
    mtu=$1
    shift
    device a "$@" key "$keys/a" listen 10001 peer "${PUBLIC[b]}" psk "$shared" \
        allow 192.168.77.2/32,fd77::2/128 &&
        device b "$@" key "$keys/b" listen 10002 peer "${PUBLIC[a]}" psk "$shared" \
            allow 192.168.77.1/32,fd77::1/128 || return
    local end
    for end in a b; do
        # Before it is moved, where whoever runs it hears of it.
        ip -n "tunic-$test_id-outside" link set "${DEVICE[$end]}" mtu "$mtu"
        move "$end" "$end"
    done
    addresses_of a 192.168.77.1/24 fd77::1/64
    addresses_of b 192.168.77.2/24 fd77::2/64
}
# towards HOST: they send there.
towards() {
    wg set wga peer "${PUBLIC[b]}" endpoint "$1:10002"
    wg set wgb peer "${PUBLIC[a]}" endpoint "$1:10001"
}

flowing() {
    local name=$1 label address other others=() port failed=0
    while read -r label address; do
        check "$name: very many pings from $label of $address" 0 floods "$label" "$address"
    done <<'PINGS'
a 192.168.77.2
b 192.168.77.1
a fd77::2
b fd77::1
PINGS
    for address in 192.168.77.2 fd77::2; do
        transfer "$name" "$2" "$address"
        sizes "$name" "$address" 0 5000 83
    done
    # Many at once.
    for port in 6001 6002 6003 6004 6005 6006; do
        for address in 192.168.77.2 fd77::2; do
            ip netns exec "tunic-$test_id-b" "$STREAM" accept "$address" "$port" 2 >/dev/null 2>&1 &
            others+=($!)
            ip netns exec "tunic-$test_id-a" "$STREAM" connect "$address" "$port" 2 >/dev/null 2>&1 &
            others+=($!)
        done
    done
    for other in "${others[@]}"; do
        wait "$other" || failed=$((failed + 1))
    done
    check_equal "$name: many transfers at once, that failed" 0 "$failed"
}

# ---- counters ----
# An initiation has 148 bytes, its response 92, a ping of 84 bytes is padded to 96 and has 32 more.
# A keepalive (32) confirms where there is nothing else to send.
counted() {
    local received sent
    read -r received sent < <(told "$1" transfer)
    [ "$received" -eq "$2" ] && { [ "$sent" -eq "$3" ] || [ "$sent" -eq $(($3 + 32)) ]; }
}
counted_back() {
    local received sent
    read -r received sent < <(told "$1" transfer)
    [ "$sent" -eq "$3" ] && { [ "$received" -eq "$2" ] || [ "$received" -eq $(($2 + 32)) ]; }
}

for size in 1420 34816; do
    for host in 127.0.0.1 '[::1]'; do
        name="by $host, mtu $size"
        start "$size" && {
            # The kernel speaks up by itself on a new interface of IPv6: not here.
            check_equal "$name: nothing was sent yet" '0 0' "$(told a transfer | tr '\t' ' ')"
            towards "$host"
            check "$name: ten pings" 0 inside a ping -q -c 10 -i 0.002 -W 1 192.168.77.2
            check_true "$name: the initiator has counted each byte, $(told a transfer)" \
                until_true 2 counted a $((92 + 10 * 128)) $((148 + 10 * 128))
            check_true "$name: so has the responder, $(told b transfer)" \
                until_true 2 counted_back b $((148 + 10 * 128)) $((92 + 10 * 128))
            flowing "$name" 8
        }
        stop_relays
    done
done

# ---- padding ----
# 1297 bytes would be padded to 1312: with an MTU of 1299 nothing outside is over 20 + 8 + 32 + 1299.
# Runs of datagrams would go through the loopback as one.
start 1299 offload off && {
    towards 127.0.0.1
    inside outside nft -f - <<'RULES'
table ip sizes {
    chain in { type filter hook input priority filter; ip length > 1359 counter drop; }
}
RULES
    for size in 1255 1256 1268 1269 1270 1271; do
        check "an MTU of 1299: pings of $size bytes" 0 \
            inside a ping -q -c 2 -i 0.01 -W 1 -s "$size" 192.168.77.2
    done
    check_false 'one that is larger is not sent' \
        inside a ping -q -c 1 -W 1 -s 1272 -M 'do' 192.168.77.2
    transfer 'an MTU of 1299' 4 192.168.77.2
    check_true 'nothing was larger outside' \
        inside outside sh -c 'nft list table ip sizes | grep -q "packets 0 "'
    inside outside nft delete table ip sizes

    # ---- roaming ----
    wg set wga listen-port 9999
    check 'from another port: a ping' 0 inside a ping -q -c 1 -W 1 192.168.77.2
    check_true 'the other end knows' endpoint b 127.0.0.1:9999
    wg set wga peer "${PUBLIC[b]}" endpoint '[::1]:10002'
    check 'by the other family: a ping' 0 inside a ping -q -c 1 -W 1 192.168.77.2
    check_true 'the other end knows' endpoint b '[::1]:9999'
    check 'and back' 0 inside b ping -q -c 1 -W 1 fd77::1
    wg set wga listen-port 10001 peer "${PUBLIC[b]}" endpoint 127.0.0.1:10002
    check 'as before' 0 inside a ping -q -c 1 -W 1 192.168.77.2
    check_true 'the other end knows' endpoint b 127.0.0.1:10001
}
stop_relays

# ---- nothing is left ----
for end in a b; do
    check_false "the interface of $end is gone" \
        ip -n "tunic-$test_id-$end" link show "${DEVICE[$end]}"
    check_false "and nobody answers for it" wg show "${DEVICE[$end]}"
done

finish
