#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Whatever fails while `del` works: an interface is gone, or it is there as it was; a second run
# ends what the first one began; and what a process holds is never deleted.

# shellcheck source=tests/faults/inject
. "$(dirname "$0")/inject" "$@"
need perl

# Looking for holders: what a process shows of itself may be unreadable, or the process gone.
# Whether an interface is held, netlink tells too.
looking() {
    [[ "$GOOD $MAKER" =~ /proc|[0-9]/fd|fdinfo|thread-self|getdents64|\"self\"|readlinkat ]]
}

# ---- one ----

one() {
    exists tap0 || "$TUNIC" add tap0 mode tap mac 02:00:00:00:00:07 napi "${made_with[@]}"
}

# The request that deletes; before it, nothing may happen.
commits='^sendto.*RTM_DELLINK'
made_with=()

# Answers that are lost leave it to the second run to find out.
gone_or_whole() {
    if killed; then
        expect_failure
    elif [ "$STATUS" -eq 0 ]; then
        tolerated || looking || of_sysfs || wrong 'success in spite of it'
        expect_success
    else
        expect_failure
    fi
    if ! exists tap0; then
        [ "$PLACE" -ge "$COMMIT" ] || tolerated || looking || of_sysfs || wrong 'gone too early'
        return
    fi
    [ "$STATUS" -ne 0 ] || wrong 'success, and it is still there'
    [ "$(state tap0)$(</sys/class/net/tap0/tun_flags)" = "$complete" ] || wrong 'it was changed'
    "${runner[@]}" "${deleting[@]}" >"$STDOUT" 2>"$STDERR" || wrong 'a second run fails'
    ! exists tap0 || wrong 'a second run does not delete it'
}

delete() {
    one
    complete="$(state tap0)$(</sys/class/net/tap0/tun_flags)"
    each_fault "$1" one gone_or_whole "${deleting[@]}"
}

fewer=1
deleting=("$TUNIC" del tap0)
delete 'del'

# Its owner, through the node.
made_with=(user 65534)
commits='TUNSETPERSIST, 0'
mknod -m 666 "$SCRATCH/node" c 10 200
runner=(setpriv --reuid 65534 --regid 65534 --clear-groups)
from_main=$since
since='RTM_DELLINK' # what is before it was tried above
deleting=("$TUNIC" -f "$SCRATCH/node" del tap0)
delete 'del, as the owner'
runner=()

# ---- several ----

groups() {
    ip -o link | sed -nE 's/^[0-9]+: (vm[0-9]|other): .* group ([^ ]+).*/\1 \2/p'
}

several() {
    [ "$(groups)" != "$complete" ] || return
    local name
    for name in vm1 vm2 vm3; do
        exists "$name" || "$TUNIC" add "$name" mode tap
    done
    ip -batch - <<<'link set vm1 group 5
link set vm2 group 7
link set vm3 group 0'
}

# One line for each that failed.
messages() {
    local line lines=()
    mapfile -t lines <"$STDERR"
    [[ ${#lines[@]} == [123] ]] || wrong "${#lines[@]} messages"
    for line in "${lines[@]}"; do
        [[ $line =~ ^tunic:\ del(\ vm[123])?:\ [^:]+ ]] || wrong "the message says too little"
    done
}

# A transaction that fails is tried with another number, and then each alone: little of it is a
# failure in the end. Where one is, the groups are as they were, unless every later request fails
# too: nothing can put them back then.
all_or_none() {
    local now
    now=$(groups)
    if [ "$STATUS" -eq 0 ]; then
        expect_success
        [ "$now" = "$nothing" ] || wrong "success, and there is left: $now"
    elif killed; then
        expect_failure
    else
        [ "$STATUS" -le 8 ] || wrong "exit code $STATUS"
        messages
        [[ $FAULT == *+ || -z $(comm -13 <(sort <<<"$complete") <(sort <<<"$now")) ]] ||
            wrong "the groups are not as they were: $now"
        [ "$now" != "$nothing" ] || wrong 'all gone, and a failure'
    fi
    if [ "$now" != "$nothing" ]; then
        "${deleting[@]}" if-exists >"$STDOUT" 2>"$STDERR" || wrong 'a second run fails'
        [ "$(groups)" = "$nothing" ] || wrong "a second run leaves: $(groups)"
    fi
}

"$TUNIC" add other mode tap
ip link set other group 5
nothing=$(groups)
several
complete=$(groups)
check_equal 'four groups to begin with' 'other 5
vm1 5
vm2 7
vm3 default' "$complete"
since='^getrandom\(.*, 4, 0\)'
deleting=("$TUNIC" del vm1 vm2 vm3)
each_fault 'del, several' several all_or_none "${deleting[@]}"
# Killed before the second attempt: by then the first one has put the groups back.
put_back() {
    local now
    now=$(groups)
    [ "$CALL" != sendto ] && [ "$CALL" != recvmsg ] || [ "$STATUS" -eq 137 ] ||
        wrong 'there was no second attempt'
    [ "$now" = "$complete" ] || [ "$now" = "$nothing" ] || wrong "the groups are not put back: $now"
}

# Its number: the C library's malloc asks once, a sanitizer's does not.
second=getrandom:signal=KILL:when=$([ -n "$SANITIZED" ] && echo 2 || echo 3)
only=EIO
each_fault 'del, several, once' several put_back "${deleting[@]}"
second='' only=

deleting=("$TUNIC" del all name 'vm*')
each_fault 'del all' several all_or_none "${deleting[@]}"
ip link del other

# ---- held ----

# shellcheck disable=SC2016
hold='open(my $node, "+<", "/dev/net/tun") or die; my $request = pack("a16Sx22", "tap0", 0x1012);
    ioctl($node, 0x400454ca, $request) or die; my $off = pack("i", 0);
    if ($ARGV[0]) { ioctl($node, 0x400454e2, $off) or die; } # TUNSETCARRIER
    $| = 1; print "held\n"; sleep 1000'

# Holds it; "no-carrier": and has its carrier off, so that netlink does not tell.
holder() {
    mkfifo "$SCRATCH/held"
    perl -e "$hold" "$@" >"$SCRATCH/held" &
    read -r <"$SCRATCH/held"
    rm "$SCRATCH/held"
}

held() {
    ! exists tap0 || return
    one
    number=$(</sys/class/net/tap0/ifindex)
    holder "$how"
}

still_there() {
    expect_failure
    exists tap0 || wrong 'it was deleted, though held'
    [ -n "$WHY" ] || [ "$(</sys/class/net/tap0/ifindex)" = "$number" ] || wrong 'another one is there'
}

made_with=()
good_status=5
since=$from_main
only='EIO ENOMEM'
how=''
each_fault 'del, held' held still_there "$TUNIC" del tap0
ip link del tap0

# The carrier is off: only the look at the processes tells. What a machine runs short of must not
# make it blind.
how=no-carrier
only='EMFILE ENOMEM'
each_fault 'del, held without a carrier' held still_there "$TUNIC" del tap0

faults_finish
