#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Output that cannot be written: told in the words of the system, whichever command it is of; and a
# reader that goes is no failure.

# shellcheck source=tests/netns/common
. "$(dirname "$0")/../netns/common" "$@"

"$TUNIC" add vm{0..199} mode tap user any
printf 'show vm1\nshow vm2\n' >"$SCRATCH/batch"
printf 'tap0 mtu 1300\n' >"$SCRATCH/file"
(umask 077 && "$TUNIC" genkey >"$SCRATCH/key")

to() { # FILE WORD…
    "$TUNIC" "${@:2}" <"$SCRATCH/key" >"$1"
}

full() {
    timeout 20 "$TUNIC" "$@" <"$SCRATCH/key" >/dev/full
}

# ---- a full disk ----

no_space='cannot write the output: No space left on device$'
while read -r code line; do
    read -ra words <<<"$line"
    check "a full disk: ${words[*]}" "$code" full "${words[@]}"
    check_stderr_like "${words[*]}: is told" "^tunic: .*$no_space"
    check_equal "${words[*]}: in one line" 1 "$(wc -l <"$STDERR")"
done <<EOF
1 show
1 show vm1
1 -d show
1 -s show
1 -o show
1 -j show
1 -j -p show vm1
1 show watch
1 -d show watch
1 -j show watch
1 save
1 save vm1
1 add x%d mode tap
4 ensure vm1 mtu 1300 check
4 apply check $SCRATCH/file
1 doctor
1 -j doctor
1 genkey
1 genpsk
1 pubkey
1 help
1 help show
1 version
1 -V
1 -h
1 -b $SCRATCH/batch
EOF
check 'a failure goes first' 3 full show vm1 missing
check_stderr_like 'and the full disk is told, too' "$no_space"
check 'quiet' 1 full -q show vm1
check_stderr 'says nothing' ''

# ---- a reader that goes ----

# It has gone before anything is written.
mkfifo "$SCRATCH/pipe"
gone() {
    # shellcheck disable=SC2094 # with both ends here, neither waits
    exec 7<>"$SCRATCH/pipe" 8>"$SCRATCH/pipe" 7<&-
    timeout 20 "$TUNIC" "$@" <"$SCRATCH/key" >&8
    local status=$?
    exec 8>&-
    return "$status"
}
while read -ra words; do
    check "no reader: ${words[*]}" 0 gone "${words[@]}"
    check_stderr "${words[*]}: is no matter" ''
done <<EOF
show
show vm1
-j show
show watch
-j show watch
save
genkey
help
-b $SCRATCH/batch
EOF


finish
