#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# All tests, on any machine: installs what is needed, builds, and runs.
#
#   sudo tests/run.sh [-v] [PART…]
#
# Parts, all of them where none is named:
#   unit       tests/unit and tests/vectors, as the dev preset builds them
#   asan       the same, and the fuzz targets' corpora, under the address and UB sanitizers
#   valgrind   the dev build under valgrind
#   fuzz       a short run of each libFuzzer target (clang)
#   lint       clang-format, clang-tidy, cppcheck, shellcheck, mandoc
#   cli compat netns faults interop
#              the scripts in the folder of that name, each given $TUNIC, the release program,
#              or that of the preset $TUNIC_TEST_PRESET: asan, tsan
#
# Twice as many programs and scripts run at once as there are processors, or $TUNIC_TEST_JOBS.
#
# -v tells of everything that runs; otherwise only what fails is shown, in full. The last line is
# the total: "N passed, N failed[, N skipped]". Exit code: 0 where nothing failed, 1, or 2 for a
# wrong call.

set -u -o pipefail
cd "$(dirname "$0")/.." || exit 2
# shellcheck source=tests/packages.sh
. tests/packages.sh

script_parts=(cli compat netns faults interop)
all_parts=(unit asan valgrind fuzz lint "${script_parts[@]}")
limit=600 # seconds for one program or script; what hangs is a failure
fuzz_runs=20000 # of each target, or as many as fit into
fuzz_seconds=20
verbose=
total_passed=0 total_failed=0 total_skipped=0
part_passed=0 part_failed=0 part_skipped=0
jobs=${TUNIC_TEST_JOBS:-$((2 * $(nproc)))} # most of them wait most of the time
scripts_preset=${TUNIC_TEST_PRESET:-release}
work= # for logs
log=  # of what is told of just now

usage() {
    printf 'usage: sudo tests/run.sh [-v] [%s]…\n' "$(IFS='|' && printf '%s' "${all_parts[*]}")"
}

# ---- counting ----

count() {
    part_passed=$((part_passed + $1))
    part_failed=$((part_failed + $2))
    part_skipped=$((part_skipped + $3))
}

# Shows the log of what failed, or of everything if asked to.
show() {
    local what=$1 failed=$2
    if [ "$failed" -gt 0 ] || [ -n "$verbose" ]; then
        printf -- '---- %s ----\n' "$what"
        cat "$log"
        printf -- '----\n'
    fi
}

# Takes a finished script's exit code and closing line.
take_closing_line() {
    local name=$1 status=$2 last failed
    local form='^([a-z0-9_-]+: )?([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?$'

    last=$(tail -n 1 "$log")
    if [ "$status" -eq 77 ]; then
        count 0 0 1
        printf '  skipped %s: %s\n' "$name" "${last#SKIP }"
        return
    fi
    if [[ $last =~ $form ]]; then
        failed=${BASH_REMATCH[3]}
        # Failed, and no count of it: the exit code is believed.
        [ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
        count "${BASH_REMATCH[2]}" "$failed" "${BASH_REMATCH[5]:-0}"
        sed -n "s|^SKIP |  skipped in $name: |p" "$log"
    else
        failed=1
        count 0 1 0
        printf '%s: exit code %s, no closing line\n' "$name" "$status" >>"$log"
    fi
    show "$name" "$failed"
}

# Takes the end of a unit test program: each of its tests counts.
take_tests() {
    local name=$1 status=$2 passed failed skipped
    passed=$(grep -c '^ok ' "$log")
    # cmocka says "not ok 3 # SKIP test_names" of one that a system cannot run.
    failed=$(grep '^not ok ' "$log" | grep -vc ' # SKIP ')
    skipped=$(grep -c '^not ok [0-9]* # SKIP ' "$log")
    [ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
    count "$passed" "$failed" "$skipped"
    sed -n "s/^not ok [0-9]* # SKIP /  skipped in ${name##*/}: /p" "$log"
    show "$name" "$failed"
}

# Takes the end of a command that must succeed.
take_success() {
    local failed=0
    [ "$2" -eq 0 ] || failed=1
    count $((1 - failed)) "$failed" 0
    show "$1" "$failed"
}

# ---- jobs ----

declare -A job_log=() job_what=() job_take=()
last_job=0

# job TAKE WHAT COMMAND…: starts a command with a time limit, once there is a processor for it.
# When it has ended, `TAKE WHAT STATUS` is called with $log.
job() {
    local take=$1 what=$2
    shift 2
    while [ "${#job_log[@]}" -ge "$jobs" ]; do
        take_job
    done
    last_job=$((last_job + 1))
    timeout -k 5 "$limit" "$@" >"$work/$last_job" 2>&1 </dev/null &
    job_log[$!]=$work/$last_job job_what[$!]=$what job_take[$!]=$take
}

# Waits for a job that ends.
take_job() {
    local pid status=0
    wait -n -p pid "${!job_log[@]}" || status=$?
    log=${job_log[$pid]}
    [ "$status" -ne 124 ] || printf 'stopped after %s seconds\n' "$limit" >>"$log"
    "${job_take[$pid]}" "${job_what[$pid]}" "$status"
    rm -f "$log"
    unset "job_log[$pid]" "job_what[$pid]" "job_take[$pid]"
    log=$work/log
}

take_jobs() {
    while [ "${#job_log[@]}" -gt 0 ]; do
        take_job
    done
}

interrupted() {
    [ "${#job_log[@]}" -eq 0 ] || kill "${!job_log[@]}" 2>/dev/null # timeout hands it on
    wait
    exit 130
}

# ---- building ----

# Configures and builds a preset, once. A build that fails counts as a failure.
declare -A built=()
build() {
    local preset=$1
    if [ -z "${built[$preset]:-}" ]; then
        built[$preset]=failed
        # A build folder that came from elsewhere (another path, another compiler) is begun anew.
        if { cmake --preset "$preset" || cmake_again "$preset"; } >"$log" 2>&1 &&
            cmake --build --preset "$preset" >>"$log" 2>&1; then
            built[$preset]=whole
        fi
        if [ -n "${SUDO_UID:-}" ] && [ "$SUDO_UID" -ne 0 ]; then
            chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" build
        fi
    fi
    [ "${built[$preset]}" = whole ] && return
    sed -i -E '/^\[[0-9]+\/[0-9]+\] (Building|Linking|Generating) /d' "$log" # what went well
    count 0 1 0
    show "build of the preset $preset" 1
    return 1
}

cmake_again() {
    rm -rf "build/$1/CMakeCache.txt" "build/$1/CMakeFiles"
    cmake --preset "$1"
}

# ---- parts ----

# Runs each unit test program of a preset, under a command.
run_unit() {
    local preset=$1 program found=
    shift
    build "$preset" || return
    for program in build/"$preset"/tests/{unit,vectors}/*; do
        if [ ! -f "$program" ] || [ ! -x "$program" ]; then
            continue
        fi
        found=1
        CMOCKA_MESSAGE_OUTPUT=TAP job take_tests "$* $program" "$@" "$program"
    done
    if [ -z "$found" ]; then
        count 0 0 1
        printf '  skipped: cmocka is not installed\n'
    fi
}

fuzz_targets() {
    find tests/fuzz/corpus -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort
}

part_unit() {
    run_unit dev
}

part_asan() {
    local target
    export UBSAN_OPTIONS=print_stacktrace=1
    run_unit asan
    [ "${built[asan]}" = whole ] || return
    for target in $(fuzz_targets); do
        job take_success "fuzz corpus of $target" \
            "build/asan/tests/fuzz/fuzz_$target" "tests/fuzz/corpus/$target"
    done
}

part_valgrind() {
    local target checker=(valgrind -q --error-exitcode=99 --suppressions=tests/valgrind.supp
        --leak-check=full '--errors-for-leak-kinds=definite,indirect,possible')
    if ! command -v valgrind >/dev/null; then
        count 0 0 1
        printf '  skipped: valgrind is not installed\n'
        return
    fi
    TUNIC_SHORT=1 run_unit dev "${checker[@]}"
    [ "${built[dev]}" = whole ] || return
    for target in $(fuzz_targets); do
        job take_success "fuzz corpus of $target under valgrind" "${checker[@]}" \
            "build/dev/tests/fuzz/fuzz_$target" "tests/fuzz/corpus/$target"
    done
}

part_fuzz() {
    local target
    if ! package_present fuzzer; then
        count 0 0 1
        printf "  skipped: clang's libFuzzer is not installed\n"
        return
    fi
    build fuzz || return
    for target in $(fuzz_targets); do
        # New inputs go to the first folder, which is not the repository's; the same seed each
        # time, so that a failure can be had again.
        mkdir -p "build/fuzz/found/$target"
        job take_success "fuzzing $target" "build/fuzz/tests/fuzz/fuzz_$target" -seed=1 \
            "-runs=$fuzz_runs" "-max_total_time=$fuzz_seconds" \
            "-artifact_prefix=build/fuzz/found/$target-" \
            "build/fuzz/found/$target" "tests/fuzz/corpus/$target"
    done
}

part_lint() {
    build dev || return
    # It reads every file, on all processors.
    limit=1800 TEST_VERBOSE=$verbose job take_closing_line lint.sh tests/lint.sh
}

part_scripts() {
    local part=$1 script
    build "$scripts_preset" || return
    for script in tests/"$part"/*.sh; do
        [ -f "$script" ] || continue
        TEST_VERBOSE=$verbose TUNIC=$PWD/build/$scripts_preset/cmd/tunic \
            job take_closing_line "$script" bash "$script"
    done
}

run_part() {
    local part=$1 start=$SECONDS
    part_passed=0 part_failed=0 part_skipped=0
    case " ${script_parts[*]} " in
    *" $part "*) part_scripts "$part" ;;
    *) "part_$part" ;;
    esac
    take_jobs
    printf '%-10s %5d passed %5d failed %5d skipped %6d s\n' "$part" "$part_passed" \
        "$part_failed" "$part_skipped" $((SECONDS - start))
    total_passed=$((total_passed + part_passed))
    total_failed=$((total_failed + part_failed))
    total_skipped=$((total_skipped + part_skipped))
}

main() {
    local part parts=()
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
    if [ "${#parts[@]}" -eq 0 ]; then
        parts=(unit asan valgrind fuzz lint)
        for part in "${script_parts[@]}"; do
            [ ! -d "tests/$part" ] || parts+=("$part")
        done
    fi
    if [ "$(id -u)" -ne 0 ]; then
        printf 'The tests make network namespaces and install packages: that needs root.\n' >&2
        printf 'Run them with: sudo tests/run.sh%s\n' "${*:+ $*}" >&2
        exit 2
    fi
    # shellcheck disable=SC2119 # without names: everything
    packages_ensure
    work=$(mktemp -d)
    log=$work/log
    trap 'rm -rf "$work"' EXIT
    trap interrupted INT TERM HUP
    for part in "${parts[@]}"; do
        run_part "$part"
    done
    printf '%s passed, %s failed' "$total_passed" "$total_failed"
    [ "$total_skipped" -eq 0 ] || printf ', %s skipped' "$total_skipped"
    printf '\n'
    [ "$total_failed" -eq 0 ]
}

main "$@"
