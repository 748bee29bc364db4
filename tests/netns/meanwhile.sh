#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Others make, delete and hold the same interface while it is added, ensured, set and deleted.

# shellcheck source=tests/netns/common
. "$(dirname "$0")/common" "$@"
need strace

# The words of tunic that are overtaken.
words=()
asked() {
    [ "$(grep -c "^$1(" "$SCRATCH/overtaken")" -ge "$2" ]
}
# overtaken CALL WHICH COMMAND…: while the words run, their call of that number (of that kind) is kept
# waiting, and the command runs at that moment.
overtaken() {
    local call=$1 which=$2 tracer
    shift 2
    : >"$SCRATCH/overtaken"
    "${tracing[@]}" -o "$SCRATCH/overtaken" -e "trace=$call" \
        -e "inject=$call:delay_enter=500000:when=$which" "$TUNIC" "${words[@]}" &
    tracer=$!
    # strace has told the beginning of the call that it delays.
    until_true 5 asked "$call" "$which"
    "$@"
    wait "$tracer"
}
# Deletes x7 and makes it again, with one or two attributes.
anew() {
    "$TUNIC" del x7 if-exists force
    "$TUNIC" add x7 mode tap "$@"
}

# ---- ensure: it looks again ----
words=(ensure x7 mode tap mtu 1400)
check 'another makes it first' 0 overtaken ioctl 1 "$TUNIC" add x7 mode tap
check_equal 'and it is made so' 1400 "$(link x7 .mtu)"
"$TUNIC" set x7 mtu 1500
made=$(link x7 .ifindex)
check 'another deletes it' 0 overtaken sendto 2 "$TUNIC" del x7
check_equal 'and it is made anew' '1400 true' "$(link x7 "\"\(.mtu) \(.ifindex != $made)\"")"
clear_interfaces
for call in 'ioctl 2' 'ioctl 3' 'ioctl 4' 'sendto 2' 'sendto 3'; do
    read -r name which <<<"$call"
    check "another deletes what it is making ($call)" 0 \
        overtaken "$name" "$which" "$TUNIC" del x7 force
    check_equal 'and it is made anew' '1400 true' \
        "$(link x7 '"\(.mtu) \(.linkinfo.info_data.persist)"')"
    clear_interfaces
done

words=(ensure x7 mode tap user 64001)
anew mtu 1500
hold holder x7:1002
check 'who holds it lets it go' 0 overtaken getdents64 1 release holder
check_equal 'and it is made so' 64001 "$(link x7 .linkinfo.info_data.user)"
anew mtu 1500
hold holder x7:1002
check 'who holds it does not' 5 overtaken getdents64 1 true
release holder
anew mtu 1500
# It is there a moment before its owner is set, and held a moment longer.
"$TUNIC" del x7
strace -qq -o /dev/null -e trace=ioctl -e inject=ioctl:delay_enter=400000:when=2+ \
    -E ASAN_OPTIONS=detect_leaks=0 "$TUNIC" add x7 mode tap user 64001 &
maker=$!
until_true 5 ip link show dev x7
check 'another is still making it so' 0 overtaken getdents64 1 true
check_true 'which succeeds too' wait "$maker"
anew mtu 1500
check 'another makes it anew before its owner is set' 0 overtaken ioctl 1 anew user 64002
check_equal 'and it is made so' 64001 "$(link x7 .linkinfo.info_data.user)"
clear_interfaces

# ---- add ----
words=(add x7 mode tap mtu 1400)
for call in 'ioctl 2' 'ioctl 3' 'ioctl 4' 'sendto 1' 'sendto 2'; do
    read -r name which <<<"$call"
    check "another deletes what is added ($call)" 3 \
        overtaken "$name" "$which" "$TUNIC" del x7 force
    check_stderr_like 'which it says' 'add x7: .*it was deleted meanwhile$'
    check_equal 'nothing is left' '' "$(ip -br link show type tun)"
done
check 'another makes it anew' 3 overtaken sendto 1 anew mtu 1300
check_equal 'of which nothing is changed' 1300 "$(link x7 .mtu)"
clear_interfaces

# ---- set ----
words=(set x7 mtu 1400)
anew mtu 1500
check 'another deletes what is set' 3 overtaken sendto 2 "$TUNIC" del x7
check_stderr 'which it says' 'tunic: set x7: it was deleted meanwhile'
words=(set x7 user 64001)
anew mtu 1500
check 'another deletes it before its owner is set' 3 overtaken ioctl 1 "$TUNIC" del x7
check_stderr 'which it says' 'tunic: set x7: it was deleted meanwhile'
check_equal 'nothing is left' '' "$(ip -br link show type tun)"
anew mtu 1500
check 'another makes it anew' 3 overtaken ioctl 1 anew user 64002
check_equal 'of which nothing is changed' 64002 "$(link x7 .linkinfo.info_data.user)"
clear_interfaces
check 'another makes it just after the look' 3 overtaken sendto 2 "$TUNIC" add x7 mode tap
check_stderr 'there was none when it counted' 'tunic: set x7: no such interface'
clear_interfaces

# ---- del ----
words=(del x7)
anew mtu 1500
check 'another deletes what is deleted' 3 overtaken sendto 2 "$TUNIC" del x7
check_stderr 'which it says' 'tunic: del x7: it was deleted meanwhile'
check 'another makes it just after the look' 3 overtaken sendto 2 "$TUNIC" add x7 mode tap
check_stderr 'there was none when it counted' 'tunic: del x7: no such interface'

finish
