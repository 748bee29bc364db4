#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What typical failures are told by, to the letter.

# shellcheck source=tests/library.sh
. "$(dirname "$0")/../library.sh"
isolate "$@"
need perl setpriv

# told EXIT MESSAGE WORD…: without the program's name in front.
told() {
    local expected=$1 message=$2
    shift 2
    check "exit code $expected: $*" "$expected" "${runner[@]}" "$TUNIC" "$@"
    check_stderr "told: $*" "tunic: $message"
    check_stdout "nothing printed: $*" ''
}
runner=()

nobody=$(getent passwd 65534 | cut -d : -f 1)
nobody=${nobody:-65534}
"$TUNIC" add tap0 user 65534
"$TUNIC" add tap1 user any
"$TUNIC" add tap2 user 4000000
"$TUNIC" add tun0
ip link add br0 type bridge
ip link add veth0 type veth peer veth1

# shellcheck disable=SC2016
hold='$0 = "holder"; open(my $node, "+<", "/dev/net/tun") or die;
    my $request = pack("a16Sx22", "tap1", 0x1002); ioctl($node, 0x400454ca, $request) or die;
    $| = 1; print "held\n"; sleep 1000'
mkfifo "$SCRATCH/held"
perl -e "$hold" >"$SCRATCH/held" &
holder=$!
read -r <"$SCRATCH/held"

# ---- it exists, or not ----

told 4 "add tap0: already exists (tap, owned by $nobody, free); 'tunic ensure' reuses it" add tap0
told 4 "add tap1: already exists (tap, open to every user, held by holder[$holder]); 'tunic ensure' reuses it" \
    add tap1
told 4 'add veth0: the name is taken by another interface: it is a veth' add veth0 mode tap
told 3 'del tap9: no such interface' del tap9
told 3 'set tap9: no such interface' set tap9 up
told 3 'show tap9: no such interface' show tap9
told 2 "add vm9: the mode is missing (name 'mode tun' or 'mode tap': only a name that begins with tun or tap tells its mode)" \
    add vm9

# ---- it is held ----

told 5 "del tap1: it is in use: held by holder[$holder] ('force' deletes it all the same)" del tap1
told 5 "ensure tap1: owner, group, pi and vnet_hdr change only while it is free: held by holder[$holder]" \
    ensure tap1 user root

# ---- it is another thing ----

for verb in del set ensure; do
    up=()
    [ "$verb" = del ] || up=(up)
    told 4 "$verb veth0: it is not a TUN/TAP interface: it is a veth interface" $verb veth0 "${up[@]}"
    told 4 "$verb br0: it is not a TUN/TAP interface: it is a bridge interface" $verb br0 "${up[@]}"
    told 4 "$verb lo: it is not a TUN/TAP interface: it is a network card or another built-in kind" \
        $verb lo "${up[@]}"
done
if ip link add link veth0 name vt0 type macvtap mode bridge 2>/dev/null; then
    read -r index </sys/class/net/vt0/ifindex
    told 4 "del vt0: it is a macvtap interface, which is not one of TUN/TAP (its packets are read from /dev/tap$index, and 'ip link' manages it)" \
        del vt0
else
    skip 'macvtap is explained' 'this kernel has no macvtap'
fi
told 4 'ensure tap0: it is a tap interface, not a tun interface (this cannot be changed: delete it and add it anew)' \
    ensure tap0 mode tun
told 4 'del tap0: it is a tap interface, not tun' del tap0 mode tun

# ---- the node ----

told 7 "add tap9: cannot open the device node '/nowhere/tun': No such file or directory ('modprobe tun' makes /dev/net/tun; a container must be given it)" \
    -f /nowhere/tun add tap9
told 7 "add tap9: cannot create the interface: the device node '/dev/null' is not the one of TUN/TAP (the right one is character device 10:200)" \
    -f /dev/null add tap9
told 7 "set tap0: cannot attach to the interface: the device node '/dev/null' is not the one of TUN/TAP (the right one is character device 10:200)" \
    -f /dev/null set tap0 user root

# ---- not permitted ----

chmod 711 "$SCRATCH"
mknod -m 666 "$SCRATCH/node" c 10 200
mknod -m 600 "$SCRATCH/shut" c 10 200
runner=(setpriv --reuid 65534 --regid 65534 --clear-groups)
told 6 'add tap9: cannot create the interface: this user may not create interfaces (it needs root, or CAP_NET_ADMIN)' \
    -f "$SCRATCH/node" add tap9
told 6 'set tap0: cannot set mtu 1400: this user may not change interfaces (it needs root, or CAP_NET_ADMIN)' \
    -f "$SCRATCH/node" set tap0 mtu 1400
told 6 "del tap2: cannot delete it: it belongs to user 4000000, and this is user $nobody (root may)" \
    -f "$SCRATCH/node" del tap2
told 7 "del tap2: cannot attach to the interface: the device node '/dev/null' is not the one of TUN/TAP (the right one is character device 10:200)" \
    -f /dev/null del tap2
told 6 "add tap9: cannot open the device node '$SCRATCH/shut': Permission denied (its file mode does not let this user in)" \
    -f "$SCRATCH/shut" add tap9
runner=()

# ---- what the kernel refuses ----

ip link property add dev lo altname 'a\b'
told 4 'set tap0: cannot add altname a\\b: another interface has this name' set tap0 altname 'a\b'
told 3 "add tap9: master 'br9': no such interface" add tap9 master br9
told 1 'add tap9: cannot set master veth0: that interface takes no members: it is no bridge, bond or VRF' \
    add tap9 master veth0
told 1 'add tun9: cannot set master br0: that interface does not take this one (a bridge takes tap interfaces, not tun)' \
    add tun9 master br0
told 1 "add tap9: cannot add route 10.2.0.0/16: Device for nexthop is not up (a route needs the interface up: name 'up' too)" \
    add tap9 route 10.2.0.0/16
told 1 "set tap0: cannot add route 10.2.0.0/16: Device for nexthop is not up (a route needs the interface up: name 'up' too)" \
    set tap0 route 10.2.0.0/16
told 4 'add tap9: cannot add altname tap0: another interface has this name' add tap9 altname tap0
told 4 "add tap9: cannot add route 10.0.0.0/24: there is this route already, through this or another interface (another 'metric' lets both stand)" \
    add tap9 up addr 10.0.0.1/24 route 10.0.0.0/24
told 1 "add tap9: cannot enter the network namespace 'nowhere': there is none of this name ('ip netns' lists them)" \
    add tap9 netns nowhere

# ---- words, files ----

told 2 "option '--batch': a value is missing" -b
told 2 "option '--netns': its value is empty" -n '' show
told 2 "option '--json=yes': it takes no value" --json=yes show
told 2 "option '--color=red': 'auto', 'always' or 'never' is expected" --color=red show
told 2 "add: 'via' has no place here (an interface of this name needs 'dev' before it)" \
    add tap9 via 10.0.0.1 mode tap
told 2 "add: 'check' has no place here (an interface of this name needs 'dev' before it)" \
    add tap9 check mode tap
told 2 "ensure: 'force' has no place here (an interface of this name needs 'dev' before it)" \
    ensure tap9 force mode tap
told 2 "add: unknown word 'mdoe' (did you mean 'mode'? An interface of this name needs 'dev' before it)" \
    add tap9 mdoe tap
told 2 "add: user 'nobody-at-all': there is no such user" add tap9 user nobody-at-all
told 1 "$SCRATCH: cannot read the file: Is a directory" --batch "$SCRATCH"

printf 'tap7 up\n\ntap8 mut 1400\ntap7 down\n' >"$SCRATCH/lines"
told 2 "$SCRATCH/lines:3: apply tap8: unknown word 'mut' (did you mean 'mtu'?)" apply "$SCRATCH/lines"
sed -i 3d "$SCRATCH/lines"
told 2 "$SCRATCH/lines:3: apply tap7: it is there already, in $SCRATCH/lines:1" apply "$SCRATCH/lines"
told 1 "apply: cannot open '/nowhere/tunic.conf': No such file or directory" apply /nowhere/tunic.conf
echo 'tap7 master veth0' >"$SCRATCH/lines"
told 1 "$SCRATCH/lines:1: apply tap7: cannot set master veth0: that interface takes no members: it is no bridge, bond or VRF" \
    apply "$SCRATCH/lines"
told 3 'save tap9: no such interface' save tap9
told 4 'save veth0: it is not a TUN/TAP interface: it is a veth interface' save veth0

# ---- a relay that is not safe, or not sound ----

told 2 "relay tun9: neither 'key' nor 'insecure' is given: without keys whoever is on the way can read, change and forge the packets ('key FILE peer PUBKEY' prevents that, 'insecure' accepts it)" \
    relay tun9 connect 127.0.0.1
told 2 "relay tun9: neither 'listen' nor 'connect' is given ('connect HOST' speaks with that host; 'listen PORT from HOST' waits for it)" \
    relay tun9 insecure
told 2 "relay tun9: 'from' is missing: without keys anybody who reaches the port could send packets into this host ('from HOST' admits that host, 'from any' everybody)" \
    relay tun9 insecure listen 55555
told 2 "relay tun9: 'listen' and 'connect' contradict each other with 'proto tcp' (one side listens, the other one connects)" \
    relay tun9 insecure proto tcp listen 55555 connect 127.0.0.1
told 2 "relay tun9: 'from' has no meaning beside 'connect' with 'proto tcp' (nobody but the host it connects to can send; leave 'from' out)" \
    relay tun9 insecure proto tcp connect 127.0.0.1 from any
told 2 "relay tun9: 'jumbo' belongs to 'proto tcp' (a datagram takes a packet of any size)" \
    relay tun9 insecure connect 127.0.0.1 jumbo
told 2 "relay: from '127.0.0.1:55555': a host without a port is expected" \
    relay tun9 insecure listen 55555 from 127.0.0.1:55555
told 2 "relay: underlay 'a/b': it contains '/' or ':'" relay tun9 insecure connect 127.0.0.1 underlay a/b
told 2 "relay: 'pi' has no place here" relay tun9 insecure connect 127.0.0.1 pi
echo 'relay tun9 insecure connect 127.0.0.1' >"$SCRATCH/lines"
told 2 "$SCRATCH/lines:1: relay tun9: a relay has no place in a batch (it runs until it is stopped, and gives up what the next command would need)" \
    --batch "$SCRATCH/lines"

# ---- a group whose record is long ----

members=$(printf 'member%s,' {1..4000})
{ cat /etc/group && printf 'crowd:x:4242:%s\n' "${members%,}"; } >"$SCRATCH/group"
chmod 644 "$SCRATCH/group"
mount --bind "$SCRATCH/group" /etc/group
check 'a group with thousands of members is known' 0 "$TUNIC" add tap8 group crowd
check_true 'and its number is set' grep -q 4242 /sys/class/net/tap8/group

finish
