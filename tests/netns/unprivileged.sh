#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What an ordinary user may, and what one is told who may not. And where less is mounted.
#
#     root ─────── makes ──────▶ x7  user 1234, group 4000
#     uid 1234, in 4000 ───────▶ may attach, delete, give away
#     uid 1234, not in it ──╳
#     uid 1235, in 4000 ────╳    through a device node that everybody may open
#
# Bare: a namespace of its own without /sys, without /proc, or with a /proc that hides others.

# shellcheck source=tests/netns/common
. "$(dirname "$0")/common" "$@"

owner() {
    as 1234:1234 "$PROGRAM" -f "$NODE" "$@"
}
stranger() {
    as 1235:1235 "$PROGRAM" -f "$NODE" "$@"
}
# opens UID:GIDS NAME:FLAGS: whether this user can attach.
opens() {
    as "$1" "$HOLD" -n "$NODE" "$2" </dev/null
}

# ---- the owner ----
"$TUNIC" add x7 mode tun user 1234
check_true 'the owner attaches' opens 1234:1234 x7:1001
check_false 'a stranger does not' opens 1235:1235 x7:1001
check 'the owner sees it' 0 owner show x7
check_stdout_like 'as his own' '^x7 .* 1234 '
check 'the owner gives it a group' 0 owner set x7 group 4000
check 'and is not in it' 6 owner del x7
check_stderr_like 'as he is told' 'it belongs to group 4000, and user 1234 is not in it'
check 'in it he deletes it' 0 as 1234:1234,4000 "$PROGRAM" -f "$NODE" del x7
check_false 'it is gone' ip link show dev x7
for flags in '' pi vnet_hdr multi_queue 'pi multi_queue vnet_hdr'; do
    for mode in tun tap; do
        # shellcheck disable=SC2086 # words they are
        "$TUNIC" add x7 mode $mode $flags user 1234
        check "the owner deletes a $mode ${flags:-plain}" 0 owner del x7
        check_false 'it is gone' ip link show dev x7
    done
done
"$TUNIC" add x7 x8 x9 mode tap user 1234
check 'the owner deletes several' 0 owner del x7 x8 x9
"$TUNIC" add x7 x8 mode tap user 1234
"$TUNIC" add x9 mode tap user 1235
check 'the owner deletes all of his own' 0 owner del all user 1234
check_equal 'and no other' x9 "$(ip -br link show type tun | cut -d' ' -f1)"
"$TUNIC" add x8 mode tap user 1234
check 'all of them he cannot' 6 owner del all
check_equal 'but his own are gone' x9 "$(ip -br link show type tun | cut -d' ' -f1)"
clear_interfaces
"$TUNIC" add x7 mode tap user 1234
become 1234:1234
holding=("${become[@]}")
hold one -n "$NODE" x7:1002
holding=()
ip link set x7 up
check 'what he holds himself he does not delete' 5 owner del x7
check_stderr_like 'and is told who holds it' "held by hold\[${HOLDER[one]}\]"
check 'what is down and held neither' 0 ip link set x7 down
check 'so' 5 owner del x7
check 'not with force either: that is the administrator'"'"'s' 5 owner del x7 force
check_stderr_like 'and why' 'in use'
release one
clear_interfaces

# ---- owner and group, either, none ----
"$TUNIC" add x7 mode tun user 1234 group 4000
check_true 'owner and group: both' opens 1234:1234,4000 x7:1001
check_true 'as the first group' opens 1234:4000 x7:1001
check_false 'owner alone' opens 1234:1234 x7:1001
check_false 'group alone' opens 1235:1235,4000 x7:1001
check 'del as a member who is not the owner' 6 as 1235:1235,4000 "$PROGRAM" -f "$NODE" del x7
check_stderr 'and why' \
    'tunic: del x7: cannot delete it: it belongs to user 1234, and this is user 1235 (root may)'
clear_interfaces
"$TUNIC" add x7 mode tun group 4000
check_true 'group: a member' opens 1235:1235,4000 x7:1001
check_false 'group: another' opens 1235:1235 x7:1001
check 'a member deletes it' 0 as 1235:1235,4000 "$PROGRAM" -f "$NODE" del x7
"$TUNIC" add x7 mode tun user any
check_true 'open: anybody' opens 1235:1235 x7:1001
check 'anybody deletes it' 0 stranger del x7

# ---- a stranger ----
"$TUNIC" add x7 mode tap user 1234
before=$(whole)
check 'a stranger: del' 6 stranger del x7
check_stderr_like 'why' '^tunic: del x7: cannot delete it: it belongs to user 1234, and this is user 1235'
check 'a stranger: del force' 6 stranger del x7 force
check 'a stranger: set user' 6 stranger set x7 user 1235
check_stderr_like 'why' '^tunic: set x7: cannot attach to it: it belongs to user 1234'
check 'a stranger: set mtu' 6 stranger set x7 mtu 1400
check_stderr_like 'why' '^tunic: set x7: cannot set mtu 1400: .*\(it needs root, or CAP_NET_ADMIN\)'
check 'a stranger: ensure' 6 stranger ensure x7 up
check 'a stranger: ensure of what is so' 0 stranger ensure x7 mode tap down
check 'a stranger: ensure of a missing one' 6 stranger ensure x9 mode tap
check_stderr 'why' 'tunic: ensure x9: cannot create the interface: this user may not create interfaces (it needs root, or CAP_NET_ADMIN)'
check 'a stranger: add' 6 stranger add x9 mode tap
check_stderr_like 'why' '^tunic: add x9: cannot create the interface: this user may not create'
check 'a stranger: add of one that exists' 4 stranger add x7 mode tap
check_stderr_like 'is told of it' 'already exists \(tap, owned by 1234, free\)'
namespace away
check 'a stranger: another namespace' 6 stranger -n "$NAMESPACE" show
check_stderr_like 'why' "^tunic: show: cannot enter the network namespace .*root, or CAP_SYS_ADMIN"
check 'a stranger: show' 0 stranger -j show x7
check_equal 'nothing has changed' "$before" "$(whole)"

# ---- the node ----
check 'a node that is missing' 7 "$TUNIC" -f "$SCRATCH/nosuch" add x9 mode tap
check_stderr_like 'is named' "^tunic: add x9: cannot open the device node '.*/nosuch'"
check 'a node that is none' 7 "$TUNIC" -f /dev/null add x9 mode tap
check_stderr_like 'is told' 'not the one of TUN/TAP'
mknod -m 600 "$SCRATCH/secret" c 10 200
check 'a node that the user may not open' 6 as 1234:1234 "$PROGRAM" -f "$SCRATCH/secret" del x7
check_stderr_like 'is named' "cannot open the device node '.*/secret': Permission denied"
check 'show needs none' 0 "$TUNIC" -f "$SCRATCH/nosuch" show x7
check 'set mtu needs none' 0 "$TUNIC" -f "$SCRATCH/nosuch" set x7 mtu 1400
check 'del by root needs none' 0 "$TUNIC" -f "$SCRATCH/nosuch" del x7

# ---- where less is mounted ----
# bare WORDS COMMAND…: after these lines, in network and mount namespaces of its own.
bare() {
    local lines=$1
    shift
    unshare --net --mount --propagation private bash -e -c "$lines"'; "$@"' bash "$@"
}
# shellcheck disable=SC2016 # for the inner shell
life='"$TUNIC" add x7 mode tun user 5 addr 10.1.0.1/24 up; "$TUNIC" show x7 >/dev/null
    "$TUNIC" ensure x7 mtu 1400 pi; "$TUNIC" set x7 alias bare; "$TUNIC" -o show; "$TUNIC" -d show x7 >/dev/null
    "$TUNIC" del x7; "$TUNIC" show'
line='x7: tun pi persist user 5'
check 'the /sys of another namespace' 0 bare "$life" true
check_stdout 'does not matter' "$line"
check 'without /sys' 0 bare "mount -t tmpfs none /sys; test ! -e /sys/class; $life" true
check_stdout 'it works the same' "$line"
check_stderr 'silently' ''
hidden='mount -t proc -o hidepid=2 proc /proc'
check 'with a /proc that hides others' 0 bare "$hidden; $life" true
check_stdout 'it works the same' "$line"
"$TUNIC" add x7 mode tun up
hold one x7:1001
check 'as a user who sees no process of others' 0 \
    unshare --mount --propagation private bash -e -c "$hidden"'; "$@"' bash \
    setpriv --reuid 1234 --regid 1234 --clear-groups --inh-caps=-all "$PROGRAM" -d show x7
check_stdout_like 'a holder is known, not who' 'held by *a process that this user cannot see'
# Without any /proc nobody can tell who holds one, but that it is held netlink still tells.
no_proc() {
    unshare --mount --propagation private bash -e -c \
        'mount -t tmpfs none /proc; test ! -e /proc/self; "$@"' bash "$@"
}
without_proc() {
    check 'without /proc: show' 0 no_proc "$TUNIC" show x7
    check_stdout_like 'tells that it is held' '^x7 .*\(hidden\)'
    check 'without /proc: del of a held one' 5 no_proc "$TUNIC" del x7
    release one
    until_true 5 "$TUNIC" wait x7 free timeout 5
    check 'without /proc: del of a free one' 0 no_proc "$TUNIC" del x7
    check_false 'is gone' ip link show dev x7
    check 'without /proc: add' 0 no_proc "$TUNIC" add x7 mode tun mtu 1400 addr 10.1.0.1/24
    check 'without /proc: add of one that exists' 4 no_proc "$TUNIC" add x7 mode tun
    check 'without /proc: ensure' 0 no_proc "$TUNIC" ensure x7 mtu 1300
}
if [ -n "$SANITIZED" ]; then
    skip 'without /proc' 'a sanitizer needs it'
    release one
else
    without_proc
fi
clear_interfaces

# ---- root of a user namespace ----
mapped() {
    as 1234:1234 unshare --user --map-root-user --net "$@"
}
if mapped true 2>/dev/null; then
    # shellcheck disable=SC2016 # for the inner shell
    check 'root of a user namespace' 0 mapped bash -e -c '"$@" add tap7 mtu 1400 up addr 10.1.0.1/24
        "$@" -o show; "$@" del tap7' bash "$PROGRAM" -f "$NODE"
    check_stdout 'makes one of his own' 'tap7: tap persist user 0'
    check 'an id that is not mapped' 1 mapped "$PROGRAM" -f "$NODE" add tap7 user 5
    check_stderr_like 'is told' 'user id 5 is not mapped in this user namespace'
else
    skip 'root of a user namespace' 'user namespaces are not permitted here'
fi

finish
