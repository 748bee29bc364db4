#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The checks that read the code instead of running it. Needs a configured build/dev, for
# clang-tidy to know how each file is compiled.

# shellcheck source=tests/library.sh
. "$(dirname "$0")/library.sh"
cd "$ROOT" || exit 1

jobs=$(nproc)

# lint TOOL WHAT COMMAND…: one check, skipped where the tool is not installed.
lint() {
    local tool=$1 what=$2
    shift 2
    if ! command -v "$tool" >/dev/null; then
        skip "$what" "'$tool' is not installed"
    elif run "$@" && [ "$STATUS" -eq 0 ]; then
        pass "$what"
    else
        fail "$what" "$(grep -hvE '^[0-9]+ warnings? generated\.$' "$STDOUT" "$STDERR")"
    fi
}

# Runs a tool on one file after the other, on all processors. Fails if it does for one of them.
spread() {
    printf '%s\0' "${files[@]}" | xargs -0 -P "$jobs" -n 1 "$@"
}

mapfile -t sources < <(find lib cmd tests -name '*.c' | sort)
mapfile -t headers < <(find lib cmd tests -name '*.h' | sort)

lint clang-format 'formatted as .clang-format says' \
    clang-format --dry-run -Werror "${sources[@]}" "${headers[@]}"

# Only what is compiled: others' flags are not known.
files=()
for source in "${sources[@]}"; do
    ! grep -qF "\"file\": \"$ROOT/$source\"" build/dev/compile_commands.json || files+=("$source")
done
lint clang-tidy 'clang-tidy finds nothing' spread clang-tidy -p build/dev --quiet

lint cppcheck 'cppcheck finds nothing' \
    cppcheck -q -j "$jobs" --std=c11 --enable=warning,style,performance,portability \
    --inline-suppr --suppressions-list=tests/cppcheck.txt --error-exitcode=1 \
    -D_GNU_SOURCE -DTUNIC_VERSION='""' -I lib -I tests lib cmd tests

# By the first line, so that scripts without a suffix count.
mapfile -t scripts < <(grep -rlE --exclude-dir=corpus \
    -m 1 '^(#!.*\b(ba|da)?sh\b|# shellcheck shell=)' .ci boot cmd completions lib tests 2>/dev/null)
# SC2317: a function that a check is given by name looks unreachable.
lint shellcheck 'shellcheck finds nothing' shellcheck -x -e SC2317 "${scripts[@]}"

# mandoc looks for the pages that are referred to among the installed ones: not a page's fault.
man_pages_clean() {
    local found
    found=$(mandoc -T lint man/*.[0-9] 2>&1 |
        grep -v -e 'referenced manual not found' -e 'outdated mandoc.db')
    [ -z "$found" ] || printf '%s\n' "$found"
    [ -z "$found" ]
}
if compgen -G 'man/*.[0-9]' >/dev/null; then
    lint mandoc 'the man pages are well-formed' man_pages_clean
fi

# What a file must begin with, and how long it may be.
headed() {
    local file first wrong=0
    for file in "${sources[@]}" "${headers[@]}"; do
        read -r first <"$file"
        if [ "$first" != '/* SPDX-License-Identifier: MIT */' ]; then
            printf '%s: the first line is not the licence\n' "$file"
            wrong=1
        fi
        if [ "$(wc -l <"$file")" -gt 400 ]; then
            printf '%s: more than 400 lines\n' "$file"
            wrong=1
        fi
    done
    return "$wrong"
}
# Each system call that a sandbox lets through is told to people, with what it is for.
calls_told() {
    local call wrong=0
    while read -r call; do
        case $call in
        mmap2 | sigaltstack | prlimit64 | set_robust_list | rseq | nanosleep | gettimeofday)
            continue # mmap; sanitizers'
            ;;
        esac
        if ! grep -qF "\`$call\`" SECURITY.md; then
            printf 'SECURITY.md does not tell of %s\n' "$call"
            wrong=1
        fi
    done < <(sed -nE 's/SCMP_SYS\(([a-z_0-9]+)\)/\n\1\n/gp' lib/sandbox/filter.c | grep -xE '[a-z_0-9]+' | sort -u)
    return "$wrong"
}
lint bash 'every system call of the sandbox is told' calls_told
lint bash 'files begin with the licence and are short' headed

# Nothing that comes from outside may end the program. The only exception: no random numbers.
never_ends() {
    ! grep -rnE '^[[:space:]]+(assert|abort|exit|err|errx)\(' lib --include='*.[ch]' | grep -v '^lib/relay/guard.c:'
}
lint bash 'the library asserts nothing, and never ends the program' never_ends

# The table of what must be survived names files.
table_is_true() {
    # shellcheck disable=SC2016 # no command: it is what marks a name there
    local file wrong=0 named='`[a-z]+(/[a-z0-9_]+)?(\.(sh|c))?`'
    while read -r file; do
        if [ ! -e "tests/$file" ]; then
            printf 'tests/README.md: there is no tests/%s\n' "$file"
            wrong=1
        fi
    done < <(grep -oE "$named" tests/README.md | tr -d '`' | grep '[/.]' | sort -u)
    return "$wrong"
}
lint bash 'the tests that tests/README.md names are there' table_is_true

finish
