#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What `tunic attach` gives up before it looks at a packet: whoever sends them to t0 (see capture)
# must not become root by a mistake in it.

# shellcheck source=tests/netns/capture
. "$(dirname "$0")/capture" "$@"
# shellcheck source=tests/netns/confined
. "$(dirname "$0")/confined"
cd "$SCRATCH" || exit 1

is_filtered() {
    [ "$(status "$attached" Seccomp)" = 2 ]
}
# confining WHAT UID WORDS…: that action, while it runs.
confining() {
    local what=$1 user=$2
    shift 2
    attach t0 "$@"
    check_true "$what: it is in its sandbox" until_true 5 is_filtered
    confined "$what" "$attached" "$user"
    hidden "$what" "$attached"
}

# ---- each action ----
attach t0 count 1 write saved.pcap
send t0 1
ended
mkfifo pipe
exec 9<>pipe # keeps it open
input=pipe
for action in print 'write file.pcap' 'replay saved.pcap fast loop 4294967295' hold respond \
    stdio; do
    # shellcheck disable=SC2086 # words
    confining "$action" 65534 $action
    send t0 3
    stop TERM
    check_equal "$action: it ends as ever" 0 "$STATUS"
    check_equal "$action: without a complaint" '' "$(grep '^tunic: ' "$told")"
done
check_equal 'what it had opened it could write' 3 "$(packets file.pcap)"

# ---- whose it becomes ----
"$TUNIC" set t0 user 1234 group 4321
confining 'the owner of the interface' 1234 print
check_equal 'and the group' '4321 4321 4321 4321' "$(status "$attached" Gid | tr '\t' ' ')"
# Removing a file is what no action needs once it runs.
run "$FORBID" "$attached" unlinkat
if [ "$STATUS" -ne 77 ]; then
    ended
    check_equal 'a forbidden call kills it' $((128 + 31)) "$STATUS"
else
    skip 'a forbidden call' 'not on this processor'
    stop TERM
fi

# ---- the sandbox off ----
attach t0 sandbox off print
check_equal 'as root' '0 0 0 0' "$(status "$attached" Uid | tr '\t' ' ')"
check_equal 'and unfiltered' 0 "$(status "$attached" Seccomp)"
stop TERM
check 'a command is none of it' 2 "$TUNIC" attach t0 sandbox off exec true
check_stderr_like 'and told so' "'sandbox' means nothing to 'exec'"

finish
