#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Very many interfaces: what each command costs, in time and in memory.
#
#   sudo tests/bench/many.sh [COUNT=10000]

# shellcheck source=tests/bench/measure.sh
. "$(dirname "$0")/measure.sh"
isolate "$@"
need /usr/bin/time

count=${1:-10000}
mapfile -t names < <(for ((i = 0; i < count; i++)); do printf 'x%d\n' "$i"; done)

# cost WHAT COMMAND…: a line of the report.
cost() {
    local what=$1
    shift
    timed "$what" /usr/bin/time -f %M -o "$SCRATCH/peak" "$@"
    awk -v what="$what" -v seconds="$(median "$what")" \
        '{ printf "%-40s %8.3f s %8.1f MiB\n", what, seconds, $1 / 1024 }' "$SCRATCH/peak"
}

printf '%s interfaces, Linux %s: time, peak memory\n' "$count" "$(uname -r)"
cost 'add' "$TUNIC" add "${names[@]}" mode tun user 1000
cost 'show' "$TUNIC" show
cost 'show --json' "$TUNIC" -j show
cost 'show --details' "$TUNIC" -d show
cost 'ensure, nothing to change' "$TUNIC" ensure "${names[@]}" mode tun user 1000 mtu 1500
cost 'ensure, one change each' "$TUNIC" ensure "${names[@]}" mode tun user 1000 mtu 1400
cost 'del' "$TUNIC" del "${names[@]}"
leave
