#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# With few descriptors to open: a command does all of it, or says what it could not open, and leaves
# nothing behind.

# shellcheck source=tests/netns/common
. "$(dirname "$0")/common" "$@"
[ -z "$SANITIZED" ] || skip_all 'a sanitizer opens files of its own'

"$TUNIC" add t0 mode tun vnet_hdr addr 10.1.0.1/24 up
"$TUNIC" add m0 mode tap multi_queue
printf 't0 mode tun vnet_hdr mtu 1400\n' >"$SCRATCH/file"
ip netns add there

# What runs until it is stopped is stopped as soon as it has its interface.
with() {
    (
        ulimit -n "$1"
        exec "$TUNIC" "${@:2}"
    ) &
    local pid=$! status=0
    case $2 in
    attach | relay)
        until_true 5 begun_or_over "$pid"
        kill "$pid" 2>/dev/null
        ;;
    esac
    wait "$pid" || status=$?
    return "$status"
}
begun_or_over() {
    ! kill -0 "$1" 2>/dev/null || [ -n "$(link t0 'select(.flags | index("LOWER_UP")) | .ifname')" ]
}

before=$("$TUNIC" save)
for ((limit = 4; limit <= 14; limit++)); do
    while read -ra words; do
        run with "$limit" "${words[@]}"
        what="$limit descriptors: ${words[*]}"
        if [ "$STATUS" -eq 0 ] || [ "$STATUS" -eq 143 ]; then
            check_stderr_unlike "$what: it works" tunic:
        else
            check_equal "$what: its code" 1 "$STATUS"
            check_stderr_like "$what: is told" "^tunic: ${words[0]}.*: cannot .*: Too many open files"
            check_equal "$what: in one line" 1 "$(wc -l <"$STDERR")"
        fi
        case ${words[0]} in
        add) ip -n there link del x7 2>/dev/null || ip link del x7 2>/dev/null ;;
        ensure | apply) ip link set t0 mtu 1500 ;;
        esac
        check_equal "$what: nothing is left of it" "$before" "$("$TUNIC" save)"
    done <<EOF
show
add x7 mode tap addr 10.2.0.1/24
add x7 mode tap netns there
ensure t0 mtu 1400
apply $SCRATCH/file
attach t0 hold
attach t0 print
attach t0 respond
relay t0 insecure connect 127.0.0.1
relay t0 insecure connect 127.0.0.1 proto tcp
save
EOF
done
check_equal "with enough of them it works" 0 "$STATUS"

finish
