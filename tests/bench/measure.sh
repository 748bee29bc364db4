# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What the benchmarks stand on. They run in namespaces of their own, compare with the peers in one
# run, round about, and print medians. Nothing passes or fails on a time; a command that fails ends
# the script.
#
#   timed KEY COMMAND…    runs it, and keeps how many seconds it took
#   alternate KEY NUMBER  prints `ours peer`, or in every second round `peer ours`
#   median KEY            of the seconds that were kept; nothing where there are none
#   row WHAT OURS PEER [FACTOR]
#                         a line of the report; the peer's time times FACTOR; PEER may be -
#   leave                 the end

# shellcheck source=tests/library.sh
. "$(dirname "${BASH_SOURCE[0]}")/../library.sh"

mkdir -p "$SCRATCH/times"

timed() {
    local key=$1 begin end
    shift
    begin=$EPOCHREALTIME
    if ! "$@" >"$STDOUT" 2>"$STDERR" </dev/null; then
        printf 'failed: %.200s\n' "$*"
        head -n 5 "$STDERR"
        exit 1
    fi
    end=$EPOCHREALTIME
    awk -v begin="$begin" -v end="$end" 'BEGIN { printf "%.6f\n", end - begin }' \
        >>"$SCRATCH/times/$key"
}

alternate() {
    if [ $(($2 % 2)) -eq 0 ]; then
        printf '%s-ours %s-peer\n' "$1" "$1"
    else
        printf '%s-peer %s-ours\n' "$1" "$1"
    fi
}

median() {
    [ ! -s "$SCRATCH/times/$1" ] || sort -n "$SCRATCH/times/$1" | awk '
        { value[NR] = $1 }
        END { print (value[int((NR + 1) / 2)] + value[int(NR / 2) + 1]) / 2 }'
}

spread() {
    sort -n "$SCRATCH/times/$1" | awk 'NR == 1 { first = $1 } END {
        printf "%.1f-%.1f", first * 1000, $1 * 1000 }'
}

heading() {
    printf '%-40s %10s %18s %10s %9s\n' 'median of milliseconds' tunic '(spread)' peer ratio
}

row() {
    local what=$1 ours=$2 peer=$3 factor=${4:-1}
    awk -v what="$what" -v ours="$(median "$ours")" -v spread="($(spread "$ours"))" \
        -v peer="$([ "$peer" = - ] || median "$peer")" -v factor="$factor" 'BEGIN {
            printf "%-40s %10.2f %18s", what, ours * 1000, spread
            if (peer != "")
                printf " %10.2f %9.2f", peer * factor * 1000, peer * factor / ours
            printf "\n"
        }'
}

leave() {
    # shellcheck disable=SC2034 # of library.sh
    test_finished=1
    exit 0
}
