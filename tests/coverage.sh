#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# How much of lib/ the tests reach: lines and branches of each folder and in all, then the functions
# that never ran.
#
#   sudo tests/coverage.sh [-v] [PART…]
#
# Parts, all of them where none is named: unit, fuzz (the targets' corpora), and the scripts of cli,
# compat, netns, faults, interop, which run.sh runs. `unit` and `fuzz` need no root. -v lists the
# files too. With `show FILE` nothing is run: the lines of a file of lib/ as the last run left them.
#
# The counters lie in files that every process of a program shares. So what ran in a sandbox counts,
# with nothing changed about the sandbox, and so does what was killed. To share them a process makes
# some system calls at its start; a script that counts calls may fail of that alone: failures are
# told, and do not change the figures. What runs as another user counts where that user can reach
# this folder.

set -u -o pipefail
cd "$(dirname "$0")/.." || exit 2

all_parts=(unit fuzz cli compat netns faults interop)
build=build/coverage
profile=$build/merged.profdata
limit=600 # seconds for one program
verbose=

usage() {
    printf 'usage: tests/coverage.sh [-v] [%s]…\n' "$(IFS='|' && printf '%s' "${all_parts[*]}")"
    printf '       tests/coverage.sh show FILE\n'
}

need_tools() {
    local tool
    for tool in clang llvm-profdata llvm-cov jq; do
        command -v "$tool" >/dev/null && continue
        printf "'%s' is missing: 'apt-get install clang llvm jq' brings what is needed\n" "$tool" >&2
        exit 2
    done
}

programs() {
    find "$@" -maxdepth 1 -type f -executable | sort
}

# Runs commands of one line each, as many at once as there are processors.
run_lines() {
    xargs -P "$(nproc)" -I '{}' timeout -k 5 "$limit" bash -c \
        '{} >/dev/null 2>&1 </dev/null || printf "failed: %s\n" "{}"'
}

run_part() {
    local part=$1
    case $part in
    unit) programs "$build"/tests/{unit,vectors} | run_lines ;;
    fuzz)
        find tests/fuzz/corpus -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort |
            sed "s|.*|$build/tests/fuzz/fuzz_& tests/fuzz/corpus/&|" | run_lines
        ;;
    *) TUNIC_TEST_PRESET=coverage tests/run.sh "$part" | grep -v '^ *[0-9]* passed' ;;
    esac
}

# The files are made beforehand, for any user to write to.
prepare() {
    rm -rf "$build/profiles"
    mkdir "$build/profiles" && "$build/cmd/tunic" version >/dev/null || exit 1
    chmod a+rwx "$build/profiles"
    chmod a+rw "$build"/profiles/*
}

# llvm_cov COMMAND ARGUMENT…: about all programs of which something ran.
llvm_cov() {
    local command=$1 objects=() program
    shift
    while read -r program; do
        objects+=(-object "$program")
    done < <(programs "$build"/tests/{unit,vectors,fuzz})
    # What does not match are functions of headers that a program does not use.
    llvm-cov "$command" "$build/cmd/tunic" "${objects[@]}" -instr-profile="$profile" "$@" \
        2> >(grep -v 'mismatched data' >&2)
}

# Lines of JSON: path below lib/, lines, lines reached, branches, branches reached.
measure() {
    llvm_cov export -summary-only | jq -r --arg lib "$PWD/lib/" '.data[0].files[]
        | select(.filename | startswith($lib)) | [(.filename | ltrimstr($lib)),
            .summary.lines.count, .summary.lines.covered,
            .summary.branches.count, .summary.branches.covered] | @tsv'
}

# Sums up by what stands before the last slash, or by file.
table() {
    awk -F '\t' -v by="$1" '
        function percent(part, all) { return all ? 100 * part / all : 100 }
        function line(name, a, b, c, d) {
            printf "%-28s %6d %6.1f %% %9d %6.1f %%\n", name, a, percent(b, a), c, percent(d, c)
        }
        BEGIN { printf "%-28s %6s %8s %9s %8s\n", by, "lines", "reached", "branches", "reached" }
        {
            key = $1
            if (by == "folder") sub(/\/[^\/]*$/, "", key)
            if (!(key in lines)) keys[++count] = key
            lines[key] += $2; reached[key] += $3; branches[key] += $4; taken[key] += $5
            all_lines += $2; all_reached += $3; all_branches += $4; all_taken += $5
        }
        END {
            for (i = 1; i <= count; i++) {
                key = keys[i]
                line(key, lines[key], reached[key], branches[key], taken[key])
            }
            line("lib", all_lines, all_reached, all_branches, all_taken)
        }'
}

never_run() {
    llvm_cov export -skip-expansions | jq -r --arg lib "$PWD/lib/" '[.data[0].functions[]
        | select(.filenames[0] | startswith($lib))]
        | group_by([.filenames[0], .regions[0][0]])[] | select(all(.count == 0)) | .[0]
        | "  \(.filenames[0] | ltrimstr($lib)):\(.regions[0][0]) \(.name | sub("^.*:"; ""))"'
}

report() {
    llvm-profdata merge -sparse "$build"/profiles/*.profraw -o "$profile" || exit 1
    measure >"$build/measured" || exit 1
    table folder <"$build/measured"
    [ -z "$verbose" ] || table file <"$build/measured"
    echo 'functions that never ran:'
    never_run
}

main() {
    local part parts=()
    if [ "${1:-}" = show ] && [ $# -eq 2 ]; then
        need_tools
        llvm_cov show "$(realpath "$2")" -show-branches=count
        exit
    fi
    for part; do
        case " ${all_parts[*]} " in
        *" $part "*) parts+=("$part") ;;
        *)
            case $part in
            -v) verbose=1 ;;
            -h | --help) usage && exit 0 ;;
            *) usage >&2 && exit 2 ;;
            esac
            ;;
        esac
    done
    need_tools
    cmake --preset coverage >/dev/null && cmake --build --preset coverage >/dev/null || exit 1
    prepare
    [ "${#parts[@]}" -gt 0 ] || parts=("${all_parts[@]}")
    for part in "${parts[@]}"; do
        printf '%s\n' "-- $part"
        run_part "$part"
    done
    report
}

main "$@"
