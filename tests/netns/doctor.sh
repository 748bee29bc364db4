#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What `tunic doctor` finds of the device node, capabilities and user namespaces, each thing made for
# real, and that it finds nothing else. Its exit code is that of the command that fails, and the
# command that it names mends it when it is typed.
#
#     root, uid 1234 ────────▶ /dev/net/tun   missing, another device, shut, forbidden
#     user namespaces ───────▶                without a capability, or with one that does not count

# shellcheck source=tests/netns/examination
. "$(dirname "$0")/examination" "$@"
driverless=(unshare --mount bash -c 'mount --bind /dev/null /proc/misc; exec "$@"' bash)

# ---- all is well ----
found 'root, no name' 0 ''
check_stdout 'nothing is wrong' 'nothing wrong was found'
check 'root, no name, JSON' 0 "$TUNIC" -j doctor
check_stdout 'an empty list' '[]'

# ---- the node ----
rm /dev/net/tun
found 'no node' 7 '' "error: cannot open the device node '/dev/net/tun'"
mends 'device node' "the driver is there; 'mkdir -p /dev/net; mknod -m 666 /dev/net/tun c 10 200'"
add_agrees
as_user 1234:1234
found 'no node, as a user' 7 '' "error: cannot open the device node '/dev/net/tun'" \
    'error: this user may not make interfaces'
mends 'device node' \
    "the driver is there; as root: 'mkdir -p /dev/net; mknod -m 666 /dev/net/tun c 10 200'"
as_root
found 'no interface and no node: the interface first, as attach has it' 3 nosuch \
    'error: no such interface' "error: cannot open the device node '/dev/net/tun'"
attach_agrees nosuch
who=("${driverless[@]}")
found 'no node, no driver' 7 '' "error: cannot open the device node '/dev/net/tun'"
if [ -d "/lib/modules/$(uname -r)" ]; then
    mends 'device node' "'modprobe tun'"
else
    mends 'device node' \
        "the running kernel's modules are not installed: after an upgrade of the kernel, 'reboot'"
fi
as_root
touch /run/.containerenv
found 'no node, in a container' 7 '' "error: cannot open the device node '/dev/net/tun'"
mends 'device node' "what starts the container must give it the node: '--device /dev/net/tun'"
rm /run/.containerenv
mkdir -p /run/systemd
touch /run/systemd/container
check 'no node, in a container of systemd' 7 doctor
mends 'device node' "what starts the container must give it the node: '--device /dev/net/tun'"
rm -r /run/systemd
check 'no node' 7 doctor
type_it 'device node'
found 'the node is made' 0 ''

for kind in 'c 1 3' 'c 10 77' 'c 240 7' file fifo folder; do
    rm /dev/net/tun
    # shellcheck disable=SC2086 # the words of a device
    case $kind in
    file) touch /dev/net/tun ;;
    fifo) mkfifo /dev/net/tun ;;
    folder) mkdir /dev/net/tun ;;
    *) mknod -m 666 /dev/net/tun $kind ;;
    esac
    check "another node: $kind" 7 doctor
    because 'error: ' "the device node '/dev/net/tun' is not the one of TUN/TAP"
    add_agrees
    type_it 'error: '
    found "another node: $kind, mended" 0 ''
done
make x7 mode tun up
check 'another node by name' 7 "$TUNIC" -f /dev/null doctor x7
because 'it cannot be used' "the device node '/dev/null' is not the one of TUN/TAP"
mends 'it cannot be used' 'the usual one is /dev/net/tun'
check 'and attach' 7 "$TUNIC" -f /dev/null attach x7 hold
"$TUNIC" del x7

chmod 600 /dev/net/tun
as_user 1234:1234
make x7 mode tun user 1234 up
found 'a node that this user may not open' 6 x7 \
    "error: cannot open the device node '/dev/net/tun'" "$no_carrier"
because 'device node' 'its mode 0600 does not let this user in'
mends 'device node' "as root: 'chmod 666 /dev/net/tun'; interfaces have owners of their own"
attach_agrees x7
type_it 'device node'
found 'and mended' 0 x7 "$no_carrier"
opens 'he attaches' x7:1001
mkdir -m 700 "$SCRATCH/shut"
mknod -m 666 "$SCRATCH/shut/tun" c 10 200
check 'a node in a folder that is shut' 6 as 1234:1234 "$PROGRAM" -f "$SCRATCH/shut/tun" doctor x7
because 'device node' 'a folder on the way to it does not let this user in'
mends 'device node' "'namei -l $SCRATCH/shut/tun' shows which"
mkdir "/mnt/nodev"
mount -t tmpfs -o nodev tmpfs "/mnt/nodev"
mknod -m 666 "/mnt/nodev/tun" c 10 200
check 'a node where none count' 6 "$TUNIC" -f "/mnt/nodev/tun" doctor
because 'device node' 'its file system is mounted without device nodes (nodev)'
check 'and add' 6 "$TUNIC" -f "/mnt/nodev/tun" add mode tun
check 'a node that is missing elsewhere' 7 "$TUNIC" -f "$SCRATCH/nosuch" doctor
mends 'device node' 'the usual one is /dev/net/tun'
as_root
"$TUNIC" del x7

# A control group that forbids the device, as that of a container or of a unit.
mkdir -p /mnt/groups
group=/mnt/groups/tunic-$$-$RANDOM
if mount -t cgroup -o devices none /mnt/groups 2>/dev/null && mkdir "$group" 2>/dev/null; then
    echo 'c 10:200 rwm' >"$group/devices.deny"
    # shellcheck disable=SC2016 # for the inner shell
    who=(bash -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$group")
    found 'a device policy' 6 '' "error: cannot open the device node '/dev/net/tun'"
    because 'device node' 'the device policy of its control group forbids it'
    mends 'device node' "a unit of systemd allows it with 'DeviceAllow=/dev/net/tun rw'"
    add_agrees
    touch /run/.containerenv
    check 'in a container' 6 doctor
    mends 'device node' "what starts the container must allow it: '--device /dev/net/tun'"
    rm /run/.containerenv
    as_root
    rmdir "$group"
else
    skip 'a device policy' 'there is no control group of devices'
fi

# ---- capability ----
as_user 1234:1234
found 'a user' 6 '' 'error: this user may not make interfaces'
because 'make interfaces' 'user 1234 has no CAP_NET_ADMIN'
mends 'make interfaces' "as root: 'tunic add mode tun user 1234' makes one for this user"
add_agrees
type_it 'make interfaces'
until_true 5 carrier_off tun0
found 'the one that was made for him' 0 tun0 "$down"
opens 'he attaches' tun0:1001
as_root
"$TUNIC" del tun0
who=(setpriv --bounding-set=-net_admin --inh-caps=-net_admin)
found 'root without the capability' 6 '' 'error: this user may not make interfaces'
because 'make interfaces' 'user root has no CAP_NET_ADMIN'
add_agrees
touch /run/.containerenv
check 'root of a container' 6 doctor
because 'make interfaces' 'the container has no CAP_NET_ADMIN'
mends 'make interfaces' \
    "what starts the container must give it that: '--cap-add NET_ADMIN'"
rm /run/.containerenv
as_root

# ---- user namespaces ----
userns='warning: this is a user namespace'
if unshare -Ur true 2>/dev/null; then
    who=(unshare -Ur)
    found 'a capability that does not count' 6 '' "$userns" 'error: this user may not make interfaces'
    because 'make interfaces' \
        'CAP_NET_ADMIN does not count here: the network namespace belongs to another user namespace'
    mends 'make interfaces' "'unshare -n' makes one in which it counts"
    add_agrees
    check 'and there it does' 0 unshare -Ur unshare -n "$PROGRAM" add mode tun
    who=(unshare -Urn)
    found 'a user namespace with a network of its own' 0 '' "$userns"
    check 'where interfaces can be made' 0 unshare -Urn "$PROGRAM" add mode tun
    who=(unshare -U)
    found 'a user namespace that maps nobody' 6 '' "$userns" \
        'error: this user may not make interfaces'

    make x7 mode tun user 1234 up
    found 'an owner who is not mapped, and neither is this user' 0 x7 "$userns" \
        'warning: whether this user may attach to it cannot be told' "$no_carrier"
    who=(setpriv --reuid 1235 --regid 1235 --clear-groups unshare -Ur)
    found 'an owner who is not mapped' 6 x7 "$userns" "$refused" "$no_carrier"
    because "${refused#*: }" 'it belongs to a user that this user namespace does not map'
    mends "${refused#*: }" "as root, outside of this user namespace: 'tunic set x7 user 1235'"
    attach_agrees x7
    type_it "${refused#*: }"
    found 'and is this one now' 0 x7 "$userns" "$no_carrier"
    opens 'he attaches' x7:1001
    "$TUNIC" del x7

    as_root
    make x7 mode tun group 4000 up
    who=(setpriv --reuid 1235 --regid 1235 --clear-groups unshare -Ur)
    found 'a group that is not mapped' 6 x7 "$userns" "$refused" "$no_carrier"
    because "${refused#*: }" 'it belongs to a group that this user namespace does not map'
    mends "${refused#*: }" "as root, outside of this user namespace: 'tunic set x7 group 1235'"
    attach_agrees x7
    type_it "${refused#*: }"
    found 'and is his own now' 0 x7 "$userns" "$no_carrier"
    opens 'he attaches' x7:1001
    "$TUNIC" del x7

    # Its network is owned by a namespace further in, where root's capability counts.
    as_root
    unshare -Urn sleep 1000 &
    inner=$!
    # shellcheck disable=SC2317 # called by until_true
    moved() {
        [ "$(readlink /proc/self/ns/net)" != "$(readlink "/proc/$inner/ns/net")" ] &&
            [ "$(cat "/proc/$inner/comm")" = sleep ]
    }
    until_true 5 moved
    who=(nsenter "--net=/proc/$inner/ns/net")
    found 'root, in the network of a user namespace' 0 ''
    check 'who may' 0 "${who[@]}" "$PROGRAM" add mode tun
    check 'by --netns too' 0 "$TUNIC" -n "/proc/$inner/ns/net" doctor
    kill "$inner"
    wait "$inner" 2>/dev/null
    as_root
else
    skip 'user namespaces' 'they are not permitted here'
fi

# ---- wrong words ----
check 'two names' 2 doctor x7 x8
check 'a word that it does not know' 2 doctor mode tun
check 'a name that is none' 2 doctor 'a/b'
check 'an option that there is not' 2 doctor --nosuch

finish
