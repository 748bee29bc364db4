#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Keys: what genkey, genpsk and pubkey print, take and refuse; beside wg where that is installed.

# shellcheck disable=SC2016 # what bash -c is given

# shellcheck source=tests/library.sh
. "$(dirname "$0")/../library.sh"
isolate "$@"

umask 077
chmod 600 "$STDOUT" # what keys are written to here
key='^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$' # the last digit has no bit left over
# RFC 7748, 6.1: Alice's keys.
private=dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=
public=hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=

# pubkey_of TEXT…: pubkey of what printf makes of it.
# shellcheck disable=SC2059,SC2317 # the caller's format; called by check
pubkey_of() {
    printf "$@" | "$TUNIC" pubkey
}

# ---- what is printed ----

for command in genkey genpsk; do
    check "$command prints" 0 "$TUNIC" "$command"
    check_stdout_like "$command: a key" "$key"
    check_equal "$command: one line" 1 "$(wc -l <"$STDOUT")"
    check_stderr "$command: and says nothing" ''
    first=$(cat "$STDOUT")
    check "$command prints another one" 0 "$TUNIC" "$command"
    check_false "$command: which differs" test "$first" = "$(cat "$STDOUT")"
done

# clamped TEXT: whether its bytes are an X25519 private key's (RFC 7748, 5).
clamped() {
    local bytes
    mapfile -t bytes < <(base64 -d <<<"$1" | od -An -v -tu1 -w1)
    [ "${#bytes[@]}" -eq 32 ] && [ $((bytes[0] & 7)) -eq 0 ] && [ $((bytes[31] & 192)) -eq 64 ]
}
all_clamped=yes
for _ in {1..20}; do
    clamped "$("$TUNIC" genkey)" || all_clamped=no
done
check_equal 'private keys are clamped' yes "$all_clamped"

# ---- public keys ----

check 'a public key' 0 pubkey_of '%s\n' "$private"
check_stdout 'is that of the RFC' "$public"
for behind in '' '\r\n' ' \t\n\n'; do
    check "white space behind ('$behind')" 0 pubkey_of "%s$behind" "$private"
    check_stdout 'changes nothing' "$public"
done
echo "$private" >"$SCRATCH/key"
chmod 644 "$SCRATCH/key"
check 'a file that is read by the shell is taken as it is' 0 \
    bash -c '"$TUNIC" pubkey <"$0"' "$SCRATCH/key"
check_stdout 'and gives its key' "$public"

if command -v wg >/dev/null; then
    differ=
    for _ in {1..20}; do
        secret=$("$TUNIC" genkey)
        [ "$(wg pubkey <<<"$secret")" = "$("$TUNIC" pubkey <<<"$secret")" ] || differ+=" $secret"
        secret=$(wg genpsk) # not clamped
        [ "$(wg pubkey <<<"$secret")" = "$("$TUNIC" pubkey <<<"$secret")" ] || differ+=" $secret"
    done
    check_equal 'public keys are those of wg' '' "$differ"
else
    skip 'public keys are those of wg' 'wg is not installed'
fi

# ---- what is refused ----

for wrong in '' '\n' 'x' "${private%=}" "${private}x" "$private\n$private\n" "$private\0" \
    " $private" "${private:0:42}p=" "${private:0:42}==" "${private/C/-}"; do
    check "no key: '$wrong'" 2 pubkey_of "$wrong"
    check_stdout 'nothing is printed' ''
    check_stderr_like 'and told so' '^tunic: pubkey: no key in .*44 characters'
    check_stderr_unlike 'but not what it was' dwdt
done
check 'input without an end' 1 bash -c '"$TUNIC" pubkey </dev/zero'
check 'no input' 1 bash -c '"$TUNIC" pubkey <&-'
for command in genkey genpsk pubkey; do
    check "$command takes no words" 2 "$TUNIC" "$command" word
done

# ---- where it goes ----

check 'a full device' 1 bash -c '"$TUNIC" genkey >/dev/full'
check_stderr_like 'is told' 'cannot write the output: No space left'
for mode in 604 640 602 666; do
    : >"$SCRATCH/open"
    chmod "$mode" "$SCRATCH/open"
    check "a file of mode $mode" 0 bash -c '"$TUNIC" genkey >"$0"' "$SCRATCH/open"
    check_stderr_like 'is warned of' '^tunic: genkey: others may have access .*umask 077'
    check_true 'and written' grep -qE "$key" "$SCRATCH/open"
done
check 'a file of its owner alone' 0 bash -c '"$TUNIC" genpsk >"$0"' "$SCRATCH/closed"
check_stderr 'is not' ''
check 'a public key' 0 bash -c '"$TUNIC" pubkey <"$0" >"$1"' "$SCRATCH/closed" "$SCRATCH/open"
check_stderr 'may go anywhere' ''

finish
