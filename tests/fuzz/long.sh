#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# All fuzz targets, for long:
#
#   tests/fuzz/long.sh [SECONDS=3600]
#
# It takes so long in all, on all processors; each target has an equal share. For each of them it
# prints the runs, the runs in a second, the edges that were reached, the inputs that were new, and
# whether it found something: that is then in build/fuzz/found/TARGET-*, and the exit code is 1. The
# new inputs stay in build/fuzz/found/TARGET, where the next run begins with them.

set -u -o pipefail
cd "$(dirname "$0")/../.." || exit 2

seconds=${1:-3600}
if ! [[ $seconds =~ ^[1-9][0-9]*$ ]] || [ $# -gt 1 ]; then
    printf 'usage: tests/fuzz/long.sh [SECONDS]\n' >&2
    exit 2
fi
{ cmake --preset fuzz && cmake --build --preset fuzz; } >/dev/null || exit 1

form='%-22s %12s %8s %7s %6s %s\n'

# fuzz TARGET SECONDS: one line about it.
fuzz() {
    local target=$1 status=0 found=build/fuzz/found/$1 log
    log=$found.log
    mkdir -p "$found"
    "build/fuzz/tests/fuzz/fuzz_$target" "-max_total_time=$2" -timeout=20 -print_final_stats=1 \
        "-artifact_prefix=$found-" "$found" "tests/fuzz/corpus/$target" \
        >"$log" 2>&1 </dev/null || status=$?
    # shellcheck disable=SC2059 # it is a format
    printf "$form" "$target" "$(last 's/^stat::number_of_executed_units: *//p' "$log")" \
        "$(last 's/^stat::average_exec_per_sec: *//p' "$log")" \
        "$(last 's/^#.* cov: \([0-9]*\) .*/\1/p' "$log")" \
        "$(last 's/^stat::new_units_added: *//p' "$log")" \
        "$([ "$status" -eq 0 ] && echo none || echo "$log")"
    return "$status"
}

last() {
    sed -n "$1" "$2" | tail -n 1
}

mapfile -t targets < <(find tests/fuzz/corpus -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort)
processors=$(nproc)
share=$((seconds * processors / ${#targets[@]}))
[ "$share" -gt 0 ] || share=1
printf '%s targets, %s s each\n' "${#targets[@]}" "$share"
# shellcheck disable=SC2059 # it is a format
printf "$form" target runs runs/s edges new found
export form
export -f fuzz last
if printf '%s\n' "${targets[@]}" |
    xargs -P "$processors" -I '{}' bash -c 'fuzz {} '"$share"' || exit 1'; then
    echo 'nothing was found'
else
    echo 'something was found'
    exit 1
fi
