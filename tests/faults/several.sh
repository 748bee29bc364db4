#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The thirty-seventh of a hundred fails, at each step of making it: of that one nothing is left, the
# others are complete, the message and the exit code tell of it, and a second run makes it. Nothing
# is undone, since each interface is whole or not there at all.

# shellcheck source=tests/netns/common
. "$(dirname "$0")/../netns/common" "$@"
need strace

names=()
for ((number = 0; number < 100; number++)); do
    names+=("vm$number")
done
words=("${names[@]}" mode tap user 4000000 mtu 1400)
others=$(printf '%s\n' "${names[@]}" | grep -vx vm36 | sort)

# Those that are there, with all that they are to have.
complete() {
    ip -d -j link show type tun | jq -r '.[] | select(.mtu == 1400) |
        select(.linkinfo.info_data | .persist and (.user | tostring) == "4000000") | .ifname' | sort
}

# The number of the call, among all of its name, with which the thirty-seventh begins this step.
place() {
    "${tracing[@]}" -o "$SCRATCH/good" -e "trace=$1" "$TUNIC" add "${words[@]}"
    clear_interfaces
    awk -v step="$2" '$0 ~ step && ++found == 37 { print NR }' "$SCRATCH/good"
}

fails_at() {
    local what=$1 call=$2 step=$3 error=$4 code=$5 number
    number=$(place "$call" "$step")
    check "$what fails" "$code" "${tracing[@]}" -o /dev/null -e "trace=$call" \
        -e "inject=$call:error=$error:when=$number" "$TUNIC" add "${words[@]}"
    check_equal "$what: one message" 1 "$(wc -l <"$STDERR")"
    check_stderr_like "$what: of that one" '^tunic: add vm36: cannot '
    check_equal "$what: the others are complete" "$others" "$(complete)"
    check_false "$what: of that one nothing is left" ip link show vm36
    check "$what: a second run" 0 "$TUNIC" ensure "${words[@]}"
    check_equal "$what: makes it" 100 "$(complete | wc -l)"
    clear_interfaces
}

fails_at 'opening the node' openat /dev/net/tun EMFILE 1
fails_at 'creating' ioctl TUNSETIFF ENOMEM 1
fails_at 'setting its owner' ioctl TUNSETOWNER EINVAL 1
fails_at 'the request' sendto RTM_SETLINK EPERM 6
fails_at 'the answer' recvmsg NLMSG_ERROR ENOBUFS 1
fails_at 'making it persistent' ioctl TUNSETPERSIST EPERM 6

# Killed there: those before it are whole, and it and those behind it are not there.
number=$(place ioctl TUNSETPERSIST)
{ "${tracing[@]}" -o /dev/null -e trace=ioctl -e "inject=ioctl:signal=KILL:when=$number" \
    "$TUNIC" add "${words[@]}"; } 2>/dev/null
check_equal 'killed: those before it are complete' "$(printf '%s\n' "${names[@]:0:36}" | sort)" \
    "$(complete)"
check_equal 'and there are no others' 36 "$(ip -br link show type tun | wc -l)"
check 'a second run' 0 "$TUNIC" ensure "${words[@]}"
check_equal 'makes the rest' 100 "$(complete | wc -l)"

# Without descriptors to open the node with, or memory.
clear_interfaces
check 'no descriptor is left' 1 bash -c 'ulimit -n 4 && "$@"' limited "$TUNIC" add "${words[@]}"
check_equal 'a message for each' 100 "$(grep -c '^tunic: add vm[0-9]*: .*Too many open files' "$STDERR")"
check_equal 'and nothing is made' '' "$(complete)"

finish
