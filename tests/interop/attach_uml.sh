#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# User-Mode Linux with a descriptor that attach opened for it, as tunic-attach(8) shows it.
#
#     ┌── guest, whose root is ours ──┐
#     │ vec0  10.77.0.2 ── linux ─────┼── fd 3 ── t0  10.77.0.1
#     └───────────────────────────────┘

# shellcheck source=tests/library.sh
. "$(dirname "$0")/../library.sh"
isolate "$@"
export HOME=$SCRATCH # where it keeps what tells of those that run
need linux.uml perl ping

cat >"$SCRATCH/init" <<'INIT'
#!/bin/sh
mount -t proc proc /proc
ip addr add 10.77.0.2/24 dev vec0
ip link set vec0 up
for size in 0 56 1400; do
    ping -q -c 3 -i 0.2 -W 2 -s "$size" 10.77.0.1 >/dev/null && echo "pings of $size bytes: yes"
done
exec perl -e 'syscall(169, 0xfee1dead, 672274793, 0x4321fedc)' # reboot(2): power off
INIT
chmod +x "$SCRATCH/init"

"$TUNIC" add t0 mode tap addr 10.77.0.1/24 up || exit 1
check 'it runs' 0 timeout 60 "$TUNIC" attach t0 exec linux.uml mem=128M con=null con0=null,fd:1 \
    quiet root=/dev/root rootfstype=hostfs rootflags=/ init="$SCRATCH/init" \
    'vec0:transport=fd,fd={fd},vec=0' </dev/null
for size in 0 56 1400; do
    check_stdout_like "packets of $size bytes go and come" "^pings of $size bytes: yes"
done
check_true 'and it leaves the interface' "$TUNIC" wait t0 free timeout 5

finish
