#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Splitting and merging beside the kernel's own: super-packets drawn by lot.
#
#     ┌── one namespace each ────────────────────────────────────────┐
#     │ segments ──> in0 ──── routed (tun) or bridged (tap) ──> out0 │
#     │     ▲                                                    │   │
#     │     └────────────────────────────────────────────────────┘   │
#     └──────────────────────────────────────────────────────────────┘
#
# TUNIC_SUPER_PACKETS says how many, 3000 otherwise; TUNIC_SEED which.

# shellcheck source=tests/library.sh
. "$(dirname "$0")/../library.sh"
isolate "$@"
need "${CC:-cc}"

count=${TUNIC_SUPER_PACKETS:-3000}
seed=${TUNIC_SEED:-1}
"${CC:-cc}" -O2 -std=c11 -D_GNU_SOURCE -I "$ROOT/lib" -o "$SCRATCH/segments" \
    "$ROOT"/tests/netns/{segments,super}.c "$ROOT"/lib/packet/*.c ||
    skip_all 'nothing can be compiled'

interfaces() {
    local name
    for name in in0 out0; do
        ip -n "$NAMESPACE" tuntap add "$name" mode "$1" vnet_hdr
        ip -n "$NAMESPACE" link set "$name" mtu 9000 txqueuelen 2000
    done
}

namespace tun
inside tun sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
    net.ipv4.conf.all.rp_filter=0
interfaces tun
ip -n "$NAMESPACE" addr add 10.1.0.1/24 dev in0
ip -n "$NAMESPACE" addr add 10.2.0.1/24 dev out0
ip -n "$NAMESPACE" addr add fd01::1/64 dev in0 nodad
ip -n "$NAMESPACE" addr add fd02::1/64 dev out0 nodad
ip -n "$NAMESPACE" link set in0 up
ip -n "$NAMESPACE" link set out0 up
check "$count super-packets of a tun" 0 inside tun "$SCRATCH/segments" tun "$count" "$seed"
check_stdout_like 'of every kind, and most are merged' \
    '^IPv4: [1-9][0-9]* TCP, [1-9][0-9]* UDP; IPv6: [1-9][0-9]* TCP, [1-9][0-9]* UDP; '

namespace tap
interfaces tap
ip -n "$NAMESPACE" link add br0 type bridge mcast_snooping 0
for name in in0 out0 br0; do
    [ "$name" = br0 ] || ip -n "$NAMESPACE" link set "$name" master br0
    ip -n "$NAMESPACE" link set "$name" up
done
check "$count super-packets of a tap" 0 inside tap "$SCRATCH/segments" tap "$count" "$seed"
check_stdout_like 'of every kind, and most are merged' \
    '^IPv4: [1-9][0-9]* TCP, [1-9][0-9]* UDP; IPv6: [1-9][0-9]* TCP, [1-9][0-9]* UDP; '

finish
