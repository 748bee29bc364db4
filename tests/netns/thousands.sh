#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Ten thousand interfaces: all of them are told, in whatever form, with little memory; and where
# there is not even that, it is said, and nothing incomplete is told as if it were all.

# shellcheck source=tests/netns/common
. "$(dirname "$0")/common" "$@"

count=10000
names=()
for ((number = 0; number < count; number++)); do
    names+=("vm$number")
done
check 'ten thousand are made' 0 "$TUNIC" add "${names[@]}" mode tap

# with KILOBYTES WORDS…: of memory that it may write to; what a sanitizer needs is beyond counting.
limited=1
[ -z "$SANITIZED" ] || limited=
with() {
    (
        [ -z "$limited" ] || ulimit -d "$1"
        "$TUNIC" "${@:2}"
    )
}

lines() {
    grep -c '^vm[0-9]*[: ]' "$STDOUT"
}
for form in show '-o show' save; do
    # shellcheck disable=SC2086 # words they are
    check "$form" 0 with 16000 $form
    check_equal "$form: all of them" "$count" "$(lines)"
done
check '-d -s show' 0 with 16000 -d -s show
check_equal '-d -s show: all of them' "$count" "$(lines)"
check '-j -d -s show' 0 with 16000 -j -d -s show
check_equal '-j -d -s show: all of them' "$count" "$(jq length "$STDOUT")"
check 'some of them' 0 with 16000 show name 'vm99*'
check_equal 'are some' 111 "$(lines)"
check 'by name' 0 with 16000 -o show "${names[@]}"
check_equal 'in that order' "$(printf '%s\n' "${names[@]}" | cksum)" \
    "$(cut -d: -f1 "$STDOUT" | cksum)"
first_line() {
    "$TUNIC" "$@" | head -n 1
    return "${PIPESTATUS[0]}"
}
check 'a reader of the first line' 0 first_line -o show
check_equal 'has it' 1 "$(lines)"
check_stderr 'and that is all' ''

if [ -n "$limited" ]; then
    check 'without enough memory' 1 with 2000 show
    check_stdout 'nothing is told of them' ''
    check_stderr_like 'but that' '^tunic: show: .*[Cc]annot allocate memory|out of memory'
    check 'nor is anything deleted' 1 with 2000 del all
    check_equal 'they are all there' "$count" "$(ip -br link show type tun | wc -l)"
fi

"$TUNIC" -j show watch >"$SCRATCH/events" 2>"$SCRATCH/errors" &
watcher=$!
all_told() {
    [ "$(grep -c '"present"' "$SCRATCH/events")" -eq "$count" ]
}
check_true 'a watch tells of all' until_true 20 all_told
check 'all are deleted' 0 with 16000 del all
check_equal 'so' '' "$(ip -br link show type tun)"
gone() {
    [ "$(grep -c '"deleted"' "$SCRATCH/events")" -eq "$count" ]
}
check_true 'a watch tells of each that goes, whatever the kernel could not keep for it' \
    until_true 60 gone
kill "$watcher"
check_true 'it ends well' wait "$watcher"
check_equal 'all it told is whole' $((2 * count)) "$(jq length "$SCRATCH/events")"

finish
