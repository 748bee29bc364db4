#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Whoever reads what a relay tells, and has stopped reading, holds up neither its packets nor its
# end.
#
#     as `tunnel` has it; what the relay at A prints goes into a pipe that is full

# shellcheck source=tests/netns/tunnel
. "$(dirname "$0")/tunnel" "$@"
ends

mkfifo "$SCRATCH/pipe"
# shellcheck disable=SC2094 # with both ends here, neither waits
exec 7<>"$SCRATCH/pipe" 8>"$SCRATCH/pipe"

fill() {
    dd if=/dev/zero of="$SCRATCH/pipe" bs=4096 count=64 oflag=nonblock status=none 2>/dev/null
}

mode=tun mtu=1400 proto=udp
for stream in output errors; do
    words=(relay t0 mode tun addr 10.77.0.1/24 up insecure connect 10.99.0.2)
    relay b mode tun addr 10.77.0.2/24 up insecure listen 55555 from any
    case $stream in
    output) ip netns exec "tunic-$test_id-a" "$TUNIC" -j "${words[@]}" >&8 2>"$errors/a" & ;;
    errors) ip netns exec "tunic-$test_id-a" "$TUNIC" "${words[@]}" >"$errors/a" 2>&8 & ;;
    esac
    relay=$!
    check_true "$stream: it works" until_true 10 reaches 10.77.0.2
    fill
    for ((number = 0; number < 20; number++)); do
        kill -USR1 "$relay"
    done
    check_true "$stream: asked for reports that nobody reads, it goes on" \
        until_true 5 reaches 10.77.0.2
    kill "$relay"
    check_true "$stream: it can be stopped" until_true 5 relay_gone "$relay"
    kill -KILL "$relay" 2>/dev/null
    STATUS=0
    wait "$relay" || STATUS=$?
    check_equal "$stream: and ends well" 0 "$STATUS"
    stop_relay b
    # Read on, there is room again.
    timeout 1 cat <&7 >/dev/null
done

finish
