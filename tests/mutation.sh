#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Shows that the tests see each check of the WireGuard implementation: every one is inverted or
# removed in turn, and at least one test has to fail.
#
#   tests/mutation.sh [LINE…]
#
# A LINE is one of tests/mutation/checklist, or the part before its dot; all of them where none is
# named. Prints what was done to each and which test saw it, or SURVIVED. Exit code: 0 where
# nothing survived, 1, or 2 where a table is wrong: a test that is not there, a text that is not
# found exactly once, a mutation that does not compile. Takes some minutes; it needs what
# tests/run.sh installs, and no root. Not part of it: nothing that it finds changes by itself.
#
# tests/mutation/checklist has one line a row: LINE | what has to hold | PROGRAM:TEST or SCRIPT, ….
# tests/mutation/*.mutations have blocks with an empty line between them:
#
#   LINE what is done
#   in SOURCE
#   run PROGRAM…           in this order, until one fails
#   - TEXT                 that is taken out; found exactly once. Several: lines one behind the other
#   + TEXT                 that comes in its place; may be missing

set -u -o pipefail
cd "$(dirname "$0")/.." || exit 2
readonly tables=tests/mutation
readonly limit=120 # seconds for a program: what hangs has failed

declare -A statements=() shown=() covered=()
lines=()
survived=0 killed=0

wrong() {
    printf 'mutation.sh: %s\n' "$*" >&2
    exit 2
}

# ---- the checklist ----

# PROGRAM:TEST or a script.
check_shown() {
    local line=$1 what=$2
    case $what in
    *:*)
        grep -qE "cmocka_unit_test[a-z_]*\(${what#*:}[,)]" "tests/unit/${what%%:*}.c" 2>/dev/null ||
            wrong "$line: there is no test $what"
        ;;
    *) [ -x "$what" ] || [ -f "$what" ] || wrong "$line: there is no $what" ;;
    esac
}

trim() {
    local text=$1
    text=${text#"${text%%[![:space:]]*}"}
    printf '%s' "${text%"${text##*[![:space:]]}"}"
}

read_checklist() {
    local line statement tests test
    while IFS='|' read -r line statement tests; do
        line=$(trim "$line")
        case $line in '' | '#'*) continue ;; esac
        [ -n "$(trim "$tests")" ] || wrong "checklist: nothing shows $line"
        [ -z "${statements[$line]:-}" ] || wrong "checklist: $line stands there twice"
        statements[$line]=$(trim "$statement")
        shown[$line]=$(trim "$tests")
        lines+=("$line")
        for test in ${shown[$line]//,/ }; do
            check_shown "$line" "$test"
        done
    done <"$tables/checklist"
}

# ---- one mutation ----

line='' what='' source='' programs='' taken='' put=''

begin_mutation() {
    line='' what='' source='' programs='' taken='' put=''
}

chosen() {
    local asked
    [ "${#asked_lines[@]}" -gt 0 ] || return 0
    for asked in "${asked_lines[@]}"; do
        case $line in "$asked" | "$asked".*) return 0 ;; esac
    done
    return 1
}

# Writes the changed source.
mutate() {
    local text rest
    text=$(<"$source")
    rest=${text#*"$taken"}
    [ "$rest" != "$text" ] || wrong "$line, $what: the text is not in $source"
    [ "${rest#*"$taken"}" = "$rest" ] || wrong "$line, $what: the text is in $source twice"
    printf '%s%s%s\n' "${text%%"$taken"*}" "$put" "$rest" >"$scratch/tree/$source"
}

restore() {
    # With a new time, so that it is compiled again.
    cat "$source" >"$scratch/tree/$source"
}

build() {
    cmake --build "$scratch/build" --target "$1" >"$scratch/log" 2>&1
}

# Runs one program. Says which of its tests failed: the first that did, or the one that it did not
# come back from.
failing_test() {
    local program=$1 status=0 failed
    timeout -k 5 "$limit" stdbuf -oL "$scratch/build/tests/unit/$program" \
        >"$scratch/log" 2>&1 </dev/null || status=$?
    [ "$status" -ne 0 ] || return 1
    failed=$(sed -nE 's/^\[  FAILED  \] ([a-z0-9_]+)$/\1/p' "$scratch/log" | head -n 1)
    [ -n "$failed" ] ||
        failed=$(sed -nE 's/^\[ RUN      \] ([a-z0-9_]+)$/\1/p' "$scratch/log" | tail -n 1)
    printf '%s:%s' "$program" "${failed:-?}"
    [ "$status" -ne 124 ] || printf ' (hangs)'
}

row() {
    printf '%-22s %-62s %s\n' "$1" "$2" "$3"
}

try() {
    local program saw=''
    mutate
    for program in $programs; do
        build "$program" || {
            cat "$scratch/log" >&2
            wrong "$line, $what: does not compile"
        }
        if saw=$(failing_test "$program"); then
            break
        fi
        saw=''
    done
    restore
    row "$line" "$what" "${saw:-SURVIVED}"
    if [ -n "$saw" ]; then
        killed=$((killed + 1))
    else
        survived=$((survived + 1))
    fi
}

# A block is whole: it is looked at, and tried if it was asked for.
end_mutation() {
    [ -n "$line" ] || return 0
    [ -n "${statements[$line]:-}" ] || wrong "$what: '$line' is no line of the checklist"
    [ -f "$source" ] || wrong "$line, $what: there is no '$source'"
    [ -n "$taken" ] || wrong "$line, $what: nothing is taken out"
    [ -n "$programs" ] || wrong "$line, $what: nothing is run"
    covered[$line]=1
    if chosen; then
        "$1"
    fi
    begin_mutation
}

# each_mutation FUNCTION: for each of those that were asked for.
each_mutation() {
    local text table texts
    for table in "$tables"/*.mutations; do
        begin_mutation
        mapfile -t texts <"$table" # at once: it may be worked on meanwhile
        for text in "${texts[@]}"; do
            case $text in
            '#'*) ;;
            '') end_mutation "$1" ;;
            'in '*) source=${text#in } ;;
            'run '*) programs=${text#run } ;;
            '- '*) taken+=${taken:+$'\n'}${text#- } ;;
            '+ '*) put+=${put:+$'\n'}${text#+ } ;;
            *) line=${text%% *} what=${text#* } ;;
            esac
        done
        end_mutation "$1"
    done
}

# ---- all of them ----

declare -A all_programs=()
count=0
remember() {
    local program
    for program in $programs; do
        all_programs[$program]=1
    done
    count=$((count + 1))
}

# The tree as it is, without any mutation: everything must pass, or nothing is shown.
prepare() {
    local program
    mkdir "$scratch/tree"
    cp -r CMakeLists.txt lib cmd man completions tests "$scratch/tree/"
    cmake -S "$scratch/tree" -B "$scratch/build" -G Ninja -DCMAKE_BUILD_TYPE=Mutation \
        -DTUNIC_HARDENING=OFF -DTUNIC_WERROR=OFF >"$scratch/log" 2>&1 || {
        cat "$scratch/log" >&2
        wrong 'the tree cannot be configured'
    }
    for program in "${!all_programs[@]}"; do
        build "$program" || {
            cat "$scratch/log" >&2
            wrong "$program cannot be built"
        }
        if failing_test "$program" >/dev/null; then
            cat "$scratch/log" >&2
            wrong "$program fails as it is"
        fi
    done
}

main() {
    local name
    asked_lines=("$@")
    case ${1:-} in -*)
        sed -n '3,/^$/s/^# \{0,1\}//p' "$0"
        exit 2
        ;;
    esac
    read_checklist
    each_mutation remember
    [ "$count" -gt 0 ] || wrong "no mutation of ${asked_lines[*]}"
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    trap 'exit 130' INT TERM HUP
    prepare
    row line 'what was done' 'seen by'
    each_mutation try
    if [ "${#asked_lines[@]}" -eq 0 ]; then
        printf '\nwithout a mutation, shown by:\n'
        for name in "${lines[@]}"; do
            [ -n "${covered[$name]:-}" ] || row "$name" "${statements[$name]}" "${shown[$name]}"
        done
    fi
    printf '%s mutations, %s survived\n' "$((killed + survived))" "$survived"
    [ "$survived" -eq 0 ]
}

main "$@"
