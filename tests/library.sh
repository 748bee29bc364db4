# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What every test script stands on. A script sources it, checks things, and ends with `finish`:
#
#     #!/usr/bin/env bash
#     . "$(dirname "$0")/../library.sh"
#     isolate "$@"
#     check 'add makes a tap' 0 "$TUNIC" add tap0 mode tap
#     check_stdout 'and prints nothing' ''
#     check 'a second time is refused' 4 "$TUNIC" add tap0 mode tap
#     check_stderr_like 'and told so' 'already exists'
#     finish
#
# Given:    $TUNIC    the program; the release build where the environment does not say
#           $SANITIZED  the sanitizers that it is built with
#           $SCRATCH  a folder of the script's own, removed at its end
#           $ROOT     the repository
#
# Running   isolate "$@"                    run the whole script in namespaces of its own (network,
#                                           mount, process): nothing it makes can be seen outside,
#                                           and the kernel removes it all, even after a SIGKILL
#           namespace LABEL                 one more network namespace, loopback up; its name, in
#                                           $NAMESPACE, is tunic-PID-LABEL; removed at the end
#           inside LABEL COMMAND…           runs a command in that namespace
#           need COMMAND…                   skips the script where a command is not installed
#           need_root                       skips the script where it cannot make interfaces
#
# Checking  run COMMAND…                    sets $STATUS, and $STDOUT and $STDERR: two files' names
#           check WHAT EXIT COMMAND…        run, and the exit code must be EXIT
#           check_stdout WHAT TEXT          of the last run, exactly, but for the last line's end
#           check_stderr WHAT TEXT
#           check_stdout_like WHAT REGEX    …that some line matches (grep -E)
#           check_stderr_like WHAT REGEX
#           check_stdout_unlike WHAT REGEX  …that no line matches
#           check_stderr_unlike WHAT REGEX
#           check_stdout_file WHAT FILE     …byte for byte a file's
#           check_equal WHAT EXPECTED ACTUAL
#           check_true WHAT COMMAND…        exit 0; check_false: another exit
#           until_true SECONDS COMMAND…     waits until the command succeeds; 1 when it never did
#           pass WHAT, fail WHAT [DETAIL], skip WHAT WHY
#           skip_all WHY                    ends the script, exit 77
#           finish                          the closing line, "N passed, N failed[, N skipped]",
#                                           and the exit code; a script that ends without it has
#                                           failed
#
# The work of a check is quiet where it passes, unless TEST_VERBOSE is set.

set -u -o pipefail
export LC_ALL=C

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TUNIC=${TUNIC:-$ROOT/build/release/cmd/tunic}
TUNIC=$(realpath -m -s "$TUNIC")
SANITIZED=$(sed -n 's/^TUNIC_SANITIZE:[A-Z]*=//p' "${TUNIC%/cmd/*}/CMakeCache.txt" 2>/dev/null)
export ROOT TUNIC SANITIZED

SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/tunic-test.XXXXXX")
STDOUT=$SCRATCH/.stdout
STDERR=$SCRATCH/.stderr
STATUS=0
NAMESPACE=
: >"$STDOUT"
: >"$STDERR"

test_id=${TUNIC_TEST_ID:-$$}
test_namespaces=()
test_passed=0
test_failed=0
test_skipped=0
test_finished=

# ---- the script's life ----

test_cleanup() {
    local status=$? namespace pid
    trap - EXIT
    # Only what this script started: its jobs, and whatever lives in its own namespaces.
    for pid in $(jobs -p); do
        kill "$pid" 2>/dev/null
    done
    for namespace in "${test_namespaces[@]}"; do
        for pid in $(ip netns pids "$namespace" 2>/dev/null); do
            kill "$pid" 2>/dev/null
        done
        ip netns del "$namespace"
    done
    rm -rf "$SCRATCH"
    if [ -z "$test_finished" ]; then
        printf 'FAIL the script ended early, with %s\n' "$status"
        printf '%s passed, %s failed, %s skipped\n' \
            "$test_passed" "$((test_failed + 1))" "$test_skipped"
        status=1
    fi
    exit "$status"
}
trap test_cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

finish() {
    test_finished=1
    printf '%s passed, %s failed' "$test_passed" "$test_failed"
    [ "$test_skipped" -eq 0 ] || printf ', %s skipped' "$test_skipped"
    printf '\n'
    [ "$test_failed" -eq 0 ]
    exit
}

skip_all() {
    test_finished=1
    printf 'SKIP %s\n' "$1"
    exit 77
}

need() {
    local command
    for command; do
        command -v "$command" >/dev/null || skip_all "'$command' is not installed"
    done
}

need_root() {
    [ "$(id -u)" -eq 0 ] || skip_all 'needs root'
    [ -c /dev/net/tun ] || skip_all 'there is no /dev/net/tun'
}

# ---- namespaces ----

isolate() {
    need_root
    need ip unshare
    local spaces=(--net --mount --propagation private --pid --fork --kill-child --mount-proc)
    if [ -z "${TUNIC_TEST_ID:-}" ]; then
        unshare "${spaces[@]}" true 2>/dev/null ||
            skip_all 'namespaces of its own are not permitted here'
        # This shell is replaced, so the trap does not run: clean up what it would.
        rm -rf "$SCRATCH"
        TUNIC_TEST_ID=$$ exec unshare "${spaces[@]}" -- bash "$0" "$@"
    fi
    # /sys shows the namespace that it was mounted from, and named namespaces live in /run/netns.
    mkdir -p /run/netns
    if ! { mount -t sysfs sysfs /sys && mount -t tmpfs tmpfs /run/netns && ip link set lo up; }; then
        skip_all 'the file systems of a namespace cannot be mounted here'
    fi
}

namespace() {
    NAMESPACE=tunic-$test_id-$1
    ip netns add "$NAMESPACE" || skip_all 'network namespaces are not permitted here'
    test_namespaces+=("$NAMESPACE")
    ip -n "$NAMESPACE" link set lo up
}

inside() {
    local label=$1
    shift
    ip netns exec "tunic-$test_id-$label" "$@"
}

# ---- results ----

pass() {
    test_passed=$((test_passed + 1))
    [ -z "${TEST_VERBOSE:-}" ] || printf 'ok   %s\n' "$1"
}

fail() {
    test_failed=$((test_failed + 1))
    printf 'FAIL %s\n' "$1"
    [ -z "${2:-}" ] || printf '%s\n' "$2" | sed 's/^/     /'
}

skip() {
    test_skipped=$((test_skipped + 1))
    printf 'SKIP %s: %s\n' "$1" "$2"
}

# What the last run printed, for a failure's detail.
test_output() {
    printf 'exit code: %s\n' "$STATUS"
    printf 'stdout:\n%s\nstderr:\n%s\n' "$(head -c 4000 "$STDOUT" | tr -d '\0')" \
        "$(head -c 4000 "$STDERR" | tr -d '\0')"
}

# ---- checks ----

run() {
    STATUS=0
    "$@" >"$STDOUT" 2>"$STDERR" </dev/null || STATUS=$?
}

check() {
    local what=$1 expected=$2
    shift 2
    run "$@"
    if [ "$STATUS" -eq "$expected" ]; then
        pass "$what"
    else
        fail "$what" "exit code $expected expected of: $*
$(test_output)"
    fi
}

check_equal() {
    if [ "$2" = "$3" ]; then
        pass "$1"
    else
        fail "$1" "$(diff -u --label expected --label actual \
            <(printf '%s\n' "$2") <(printf '%s\n' "$3"))"
    fi
}

check_stdout() {
    check_equal "$1" "$2" "$(cat "$STDOUT")"
}

check_stderr() {
    check_equal "$1" "$2" "$(cat "$STDERR")"
}

test_like() {
    local what=$1 regex=$2 file=$3 wanted=$4 found=no
    ! grep -Eq -e "$regex" "$file" || found=yes
    if [ "$found" = "$wanted" ]; then
        pass "$what"
    else
        fail "$what" "a line like '$regex', expected: $wanted, found: $found
$(test_output)"
    fi
}

check_stdout_like() {
    test_like "$1" "$2" "$STDOUT" yes
}

check_stderr_like() {
    test_like "$1" "$2" "$STDERR" yes
}

check_stdout_unlike() {
    test_like "$1" "$2" "$STDOUT" no
}

check_stderr_unlike() {
    test_like "$1" "$2" "$STDERR" no
}

check_stdout_file() {
    local difference
    if difference=$(diff -u --label expected --label actual "$2" "$STDOUT"); then
        pass "$1"
    else
        fail "$1" "$difference"
    fi
}

check_true() {
    local what=$1
    shift
    run "$@"
    if [ "$STATUS" -eq 0 ]; then
        pass "$what"
    else
        fail "$what" "expected to succeed: $*
$(test_output)"
    fi
}

check_false() {
    local what=$1
    shift
    run "$@"
    if [ "$STATUS" -ne 0 ]; then
        pass "$what"
    else
        fail "$what" "expected to fail: $*
$(test_output)"
    fi
}

# The condition is what is waited for; the pause only keeps the processor free meanwhile.
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.02
    done
}
