#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What boot/ holds: the hook of ifupdown and the script of OpenRC at work, the units of systemd as
# far as they can be looked at without one that runs.

# shellcheck source=tests/library.sh
. "$(dirname "$0")/../library.sh"
isolate "$@"

for file in "$ROOT"/boot/*.in; do
    sed "s#@TUNIC_PROGRAM@#$TUNIC#" "$file" >"$SCRATCH/$(basename "$file" .in)"
done

# ---- ifupdown ----
# hook PHASE INTERFACE [VARIABLE=VALUE…]: as ifup(8) calls it.
hook() {
    local phase=$1 interface=$2
    shift 2
    run env -i PATH="$PATH" PHASE="$phase" IFACE="$interface" "$@" sh "$SCRATCH/tunic.ifupdown"
}
hook pre-up tap0
check_equal 'of a stanza without tunic: nothing' 0 "$STATUS"
check_equal 'nothing was made' '' "$("$TUNIC" save)"
hook pre-up tap0 IF_TUNIC='mode tap user daemon mtu 1400'
check_equal 'before it is brought up it is made' 0 "$STATUS"
check_true 'as the stanza says' "$TUNIC" ensure tap0 mode tap user daemon mtu 1400 check
hook pre-up tap0 IF_TUNIC='mode tap user daemon mtu 1300'
check_true 'it is changed where it differs' "$TUNIC" ensure tap0 mtu 1300 check
hook pre-up mode IF_TUNIC='mode tun'
check_true 'whatever it is called' "$TUNIC" show dev mode
hook pre-up tap0 IF_TUNIC='mode tun'
check_equal 'what cannot be is a failure' 4 "$STATUS"
hook post-down tap0 IF_TUNIC='mode tap'
check_true 'it stays' "$TUNIC" show tap0
hook post-down tap0 IF_TUNIC='mode tap' IF_TUNIC_DELETE=yes
check_equal 'it is deleted where that is asked for' 0 "$STATUS"
check_false 'it is gone' "$TUNIC" show tap0
hook post-down tap0 IF_TUNIC='mode tap' IF_TUNIC_DELETE=yes
check_equal 'and may be gone already' 0 "$STATUS"

# ---- systemd ----
if command -v systemd-analyze >/dev/null; then
    units=("$SCRATCH/tunic.service" "$SCRATCH/tunic-relay@.service")
    run systemd-analyze verify --man=no "${units[@]}"
    check_equal 'systemd finds nothing wrong with the units' 0 "$STATUS"
    check_equal 'and says nothing' '' "$(cat "$STDOUT" "$STDERR")"
    sed -i 's#^ExecStart=.*#ExecStart=/nowhere/tunic relay %i#' "$SCRATCH/tunic-relay@.service"
    run systemd-analyze verify --man=no "$SCRATCH/tunic-relay@.service"
    check_equal 'it would find it' 1 "$STATUS"
else
    skip 'the units of systemd' 'systemd-analyze is not installed'
fi
finish
