#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What WireGuard's protocol costs by itself: handshakes, packets with each provider, whose a packet
# is, and the memory of a peer. Builds an optimised tests/bench/wireguard.c, which tells more; needs
# no privilege and no network.
#
#   tests/bench/wireguard.sh [PEERS=10000]

# shellcheck source=tests/bench/measure.sh
. "$(dirname "$0")/measure.sh"
need cmake ninja

# In place of build/release: a release has no tests.
run cmake -S "$ROOT" -B "$SCRATCH/build" -G Ninja -DCMAKE_BUILD_TYPE=Release
[ "$STATUS" -ne 0 ] || run cmake --build "$SCRATCH/build" --target bench_wireguard
if [ "$STATUS" -ne 0 ]; then
    test_output
    exit 1
fi
"$SCRATCH/build/tests/bench/bench_wireguard" "$@" || exit 1
leave
