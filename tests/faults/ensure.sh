#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Whatever fails while `ensure` works: what it creates is there wholly or not at all, and what it
# changes, the same command mends when it is given again.

# shellcheck source=tests/faults/inject
. "$(dirname "$0")/inject" "$@"

ip link add br0 type bridge
ip link set br0 up
ip netns add there

attributes=(mode tap mac 02:00:00:00:00:07 user 4000000 group 4000001 mtu 1400
    addr 10.7.0.1/24 addr fd07::1/64 nodad route 10.8.0.0/24 alias 'a description'
    altname other-name master br0 forwarding on linkdown_routes ignore up)

# What another held, and does no more, it looks at again.
let_go() {
    [[ $CALL:$FAULT == ioctl:error=EBUSY:* ]]
}

# ---- creating ----

expected() {
    if tolerated || { let_go && [[ $TEXT == *TUNSETIFF* ]]; }; then
        EXPECTED=all
    fi
}

none() {
    ! exists tap0 || ip link del tap0
}

present() {
    state tap0
}

commits='TUNSETPERSIST, 0x1'
fewer=1
check 'creates' 0 "$TUNIC" ensure tap0 "${attributes[@]}"
complete=$(present)
each_fault 'creating' none created "$TUNIC" ensure tap0 "${attributes[@]}"

# ---- changing ----

# What is there before, made anew where it is not so; its number, by which it is seen that it was
# not replaced.
before() {
    [ -z "$initial" ] || [ "$(state tap0)" != "$initial" ] || return
    ! exists tap0 || ip link del tap0
    "$TUNIC" add tap0 mode tap mac 02:00:00:00:00:09 "${old[@]}"
    number=$(</sys/class/net/tap0/ifindex)
    initial=$(state tap0)
}

# The command that changes, once more and without a fault.
again() {
    "${runner[@]}" "${changing[@]}" >"$STDOUT" 2>"$STDERR" </dev/null
}

same_interface() {
    exists tap0 && [ "$(</sys/class/net/tap0/ifindex)" = "$number" ]
}

# A dump is asked for again; and people are told a user's number, if not his name, and a
# bridge's, too. Flags that only sysfs tells may be lost with it.
survives() {
    local request=$GOOD
    [[ $CALL:$TEXT != recvmsg:*ENOBUFS* || $GOOD != *NLM_F_MULTI* ]] || return 0
    [ "$CALL" != recvmsg ] || request=${call_texts[PLACE - 1]}
    [[ $request != sendto*RTM_GETLINK*'ifi_index=if_nametoindex("br0")'* ]] || return 0
    of_accounts || of_sysfs || let_go || tolerated
}

mended() {
    local now
    if ! killed && survives; then
        [[ $FAULT == *+ && $STATUS -ne 0 ]] || expect_success
    else
        expect_failure
    fi
    now=$(state tap0)
    same_interface || wrong 'it is another interface now'
    if [ "$STATUS" -eq 0 ]; then
        [ "$now" = "$complete" ] || wrong "success, and not as wanted: $now"
    elif [ "$now" != "$initial" ]; then
        again || wrong "a second run fails: $(<"$STDERR")"
        same_interface || wrong 'it is another interface after a second run'
        now=$(state tap0)
        [ "$now" = "$complete" ] || wrong "a second run does not mend it: $now"
    fi
}

change() {
    local what=$1
    initial=
    before
    check "$what" 0 "${runner[@]}" "${changing[@]}"
    complete=$(state tap0)
    flags=$(cat /sys/class/net/tap0/tun_flags 2>/dev/null)
    check_true "$what: the same interface" same_interface
    check_true "$what: nothing is left to do" "${runner[@]}" "${changing[@]}" check
    each_fault "$what" before mended "${changing[@]}"
}

old=(user 5 group 6 mtu 1300 addr 10.9.0.1/24 addr fd09::1/64 nodad alias old altname old-name up
    route 10.8.0.0/24 route 10.10.0.0/24 route fd10::/64)
changing=("$TUNIC" ensure tap0 "${attributes[@]}")
change 'changing all'

# An owner, whom the kernel lets choose another group, and nothing else.
old=(user 65534 group 65534 napi)
since='^sendto' # what is before it was tried above
runner=(setpriv --reuid 65534 --regid 65534 --clear-groups)
changing=("$TUNIC" -f "$SCRATCH/node" ensure tap0 mode tap group 4000001)
mknod -m 666 "$SCRATCH/node" c 10 200
change 'changing as the owner'
check_equal 'NAPI and the other flags stay' 0x1812 "$flags"
runner=()

# ---- bringing it into another namespace ----

before() {
    [ -z "$initial" ] || [ "$(state tap0)" != "$initial" ] || return
    ! exists tap0 || ip link del tap0
    ! exists_there || ip -n there link del tap0
    "$TUNIC" add tap0 mode tap mtu 1300 addr 10.9.0.1/24 up
    initial=$(state tap0)
}

exists_there() {
    [ -n "$(ip -n there -br link show tap0 2>/dev/null)" ]
}

state() {
    ! exists "$1" || printf 'still at home\n'
    links there "$1" | sed 's!link/ether [^ ]*!!'
}

same_interface() { # its number may be another one there
    exists tap0 || exists_there
}

since='^setns'
changing=("$TUNIC" ensure tap0 mode tap netns there mtu 1400 addr 10.7.0.1/24 up)
change 'bringing it elsewhere'

faults_finish
