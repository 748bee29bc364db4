#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Whatever fails while `add` makes an interface: nothing of it is left.

# shellcheck source=tests/faults/inject
. "$(dirname "$0")/inject" "$@"

ip link add br0 type bridge
ip link set br0 up
ip netns add there

commits='TUNSETPERSIST, 0x1'
name=tap0

# What may be survived, one by one.
expected() {
    local after_commit=''
    [ "$PLACE" -le "$COMMIT" ] || after_commit=1
    # A user's name: the C library has many places and ways, and may find another one.
    if of_accounts; then
        EXPECTED=either
        return
    fi
    case $CALL:$TEXT in
    # The way home from another namespace: what was made there stays, and the way is told of,
    # since a second interface would be made in the wrong place.
    setns:*) [ -z "$after_commit" ] || EXPECTED=whole ;;
    # The chosen name cannot be printed. It is told only when it is sure, so after the commit;
    # what was written in part is written on.
    'write:write(1, '*'= '[01]' (INJECTED)') EXPECTED=all ;;
    'write:write(1, '*) EXPECTED=whole ;;
    'newfstatat:newfstatat(1, '*) EXPECTED=all ;; # how much the output takes at once
    *) ! tolerated || EXPECTED=all ;;
    esac
}

none() {
    ! exists "$name" || ip link del "$name"
}

present() {
    state "$name"
}

try() {
    local what=$1
    shift
    none
    check "$what" 0 "$@"
    complete=$(present)
    check_true "$what: it is there" test -n "$complete"
    each_fault "$what" none created "$@"
}

# ---- with all attributes ----

try 'a tap with all attributes' "$TUNIC" add tap0 mode tap mac 02:00:00:00:00:07 master br0 \
    user 4000000 group 4000001 mtu 1400 addr 10.7.0.1/24 addr fd07::1/64 nodad route 10.8.0.0/24 \
    alias 'a description' altname other-name forwarding on linkdown_routes ignore up

has() {
    [[ $complete =~ $1 ]]
}
for part in 'master br0' 'mtu 1400' 'user 4000000 group 4000001' 'link/ether 02:00:00:00:00:07' \
    'alias a description' 'altname other-name' 'persist on' '^tap0: up' 10.7.0.1/24 fd07::1/64 \
    10.8.0.0/24 ipv4/conf/tap0/forwarding:1 ipv6/conf/tap0/forwarding:1 \
    ipv6/conf/tap0/ignore_routes_with_linkdown:1; do
    check_true "it has $part" has "$part"
done

# ---- a name that the kernel chooses ----

name=vm0
try 'a number' "$TUNIC" add vm%d mode tun multi_queue vnet_hdr pi napi user nobody

# ---- in another namespace ----

none() {
    ! exists tap0 || ip link del tap0
    ip -n there link del tap0 2>/dev/null
}

present() {
    state tap0 # left at home, it would not fit
    links there tap0 | sed 's!link/ether [^ ]*!!'
}

try 'elsewhere' "$TUNIC" add tap0 mode tap netns there mtu 1400 addr 10.7.0.1/24

faults_finish
