#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Interfaces made by one tool and shown, changed, attached to and deleted by the others: tunctl,
# ip tuntap, openvpn, tunic, and tunic under the names of the first two.

# shellcheck source=tests/library.sh
. "$(dirname "$0")/../library.sh"
isolate "$@"
need jq perl setpriv
ln -s "$TUNIC" "$SCRATCH/tunctl"
ln -s "$TUNIC" "$SCRATCH/ip-tuntap"

# make_TOOL MODE, of the interface "x1" owned by user 5; delete_TOOL MODE
flag_of() {
    if [ "$1" = tap ]; then printf %s -p; else printf %s -n; fi
}
make_ip() {
    ip tuntap add x1 mode "$1" user 5
}
make_ip_tuntap() {
    "$SCRATCH/ip-tuntap" add x1 mode "$1" user 5
}
make_openvpn() {
    openvpn --mktun --dev x1 --dev-type "$1" --user games
}
make_tunctl() {
    tunctl -t x1 -u 5
}
make_our_tunctl() {
    "$SCRATCH/tunctl" -t x1 -u 5 "$(flag_of "$1")"
}
make_tunic() {
    "$TUNIC" add x1 mode "$1" user 5
}
delete_ip() {
    ip tuntap del x1 mode "$1"
}
delete_ip_tuntap() {
    "$SCRATCH/ip-tuntap" del x1 mode "$1"
}
delete_openvpn() {
    openvpn --rmtun --dev x1 --dev-type "$1"
}
delete_tunctl() {
    tunctl -d x1
}
delete_our_tunctl() {
    "$SCRATCH/tunctl" "$(flag_of "$1")" -d x1
}
delete_tunic() {
    "$TUNIC" del x1
}

present() {
    ip link show dev x1 >/dev/null 2>&1
}

# What ip tuntap shows, tunic must show too, whoever made it. The original's one_queue and its
# filter, which is pi seen twice, are not in netlink.
shown() {
    local expected actual
    expected=$(ip tuntap | sed -e 's/ one_queue//' -e 's/ filter//')
    actual=$("$TUNIC" -o show)
    check_equal "$1: tunic -o shows what ip shows" "$expected" "$actual"
    check_equal "$1: ip-tuntap shows what ip shows" "$(ip tuntap)" "$("$SCRATCH/ip-tuntap")"
    check_equal "$1: tunic -j shows mode and owner" "[\"x1\",\"$2\",5,\"games\",true]" \
        "$("$TUNIC" -j show x1 | jq -c '.[] | [.ifname, .mode, .user, .user_name, .persist]')"
}

# Each maker with each remover.
exchange() {
    local mode=$1 maker remover
    shift
    for maker; do
        for remover; do
            run "make_$maker" "$mode"
            if [ "$STATUS" -ne 0 ] || ! present; then
                fail "$maker makes a $mode" "$(test_output)"
                continue
            fi
            check "$remover deletes the $mode that $maker made" 0 "delete_$remover" "$mode"
            check_false 'and it is gone' present
        done
        run "make_$maker" "$mode"
        shown "a $mode of $maker" "$mode"
        check "tunic ensure finds it well" 0 "$TUNIC" ensure x1 mode "$mode" user 5 check
        check 'tunic ensure changes it' 0 "$TUNIC" ensure x1 user 6 group 7 mtu 1400 up
        check_equal 'and it is so' '1400 true 6 7' \
            "$(ip -d -j link show dev x1 | jq -r '.[] | "\(.mtu) \(.flags | index("UP") != null)"') $(
                cat /sys/class/net/x1/owner) $(cat /sys/class/net/x1/group)"
        check 'tunic add refuses it' 4 "$TUNIC" add x1 mode "$mode"
        check 'and ends with its deletion' 0 "$TUNIC" del x1
    done
}

makers=(ip ip_tuntap our_tunctl tunic)
if command -v openvpn >/dev/null; then
    makers+=(openvpn)
else
    skip 'interfaces of openvpn' "'openvpn' is not installed"
fi
exchange tun "${makers[@]}"
if command -v tunctl >/dev/null; then
    makers+=(tunctl)
else
    skip 'interfaces of tunctl' "'tunctl' is not installed"
fi
exchange tap "${makers[@]}"

# ---- flags that a maker sets stay as they are ----
ip tuntap add x1 mode tap pi vnet_hdr multi_queue one_queue user 5
check 'tunic ensure leaves what it does not name' 0 "$TUNIC" ensure x1 mode tap mtu 1300
check_equal 'and the flags are as ip set them' 0x6902 "$(cat /sys/class/net/x1/tun_flags)"
check 'tunic deletes it without being told its flags' 0 "$TUNIC" del x1
"$TUNIC" add x1 mode tap pi vnet_hdr multi_queue user 5
check 'ip tuntap deletes what tunic made, given multi_queue' 0 \
    ip tuntap del x1 mode tap multi_queue
check_false 'and it is gone' present

# ---- re-creating it is changing its owner, as tunctl has it ----
if command -v tunctl >/dev/null; then
    "$TUNIC" add x1 mode tap user 5
    check "tunctl gives tunic's interface to another user" 0 tunctl -t x1 -u 7
    check_equal 'and tunic shows it' 7 "$("$TUNIC" -j show x1 | jq '.[].user')"
    "$TUNIC" del x1
fi

# ---- attaching: a program of the owner's, whoever made it ----
mknod -m 666 "$SCRATCH/node" c 10 200
chmod 755 "$SCRATCH"
attach() {
    local user=$1 mode=$2
    # shellcheck disable=SC2016 # perl's
    setpriv --reuid "$user" --regid "$user" --clear-groups perl -e '
        open(my $node, "+<", $ARGV[0]) or die "open: $!";
        my %mode = (tun => 1, tap => 2);
        my $request = pack("a16Sx22", "x1", 0x1000 | $mode{$ARGV[1]});
        ioctl($node, 0x400454ca, $request) or exit 1;
    ' "$SCRATCH/node" "$mode"
}
for maker in "${makers[@]}"; do
    run "make_$maker" tap
    check "the owner attaches to a tap of $maker" 0 attach 5 tap
    check 'another user does not' 1 attach 6 tap
    run "$TUNIC" del x1
done

# ---- held by a program ----
mkfifo "$SCRATCH/ready"
make_ip tap
# shellcheck disable=SC2016 # perl's
perl -e '
    open(my $node, "+<", "/dev/net/tun") or die "open: $!";
    open(my $ready, ">", $ARGV[0]);
    my $request = pack("a16Sx22", "x1", 0x1002);
    ioctl($node, 0x400454ca, $request) or die "TUNSETIFF: $!";
    close $ready;
    sleep 60;
' "$SCRATCH/ready" &
holder=$!
read -r <"$SCRATCH/ready"
check 'a held interface of ip is not deleted' 5 "$TUNIC" del x1
check_stderr_like 'and its holder is named' "perl\[$holder\]"
check_equal 'ip and ip-tuntap name the same holder' "$(ip -d tuntap 2>/dev/null)" \
    "$("$SCRATCH/ip-tuntap" -d)"
kill "$holder"
wait "$holder" 2>/dev/null
check 'once it is free, it is deleted' 0 "$TUNIC" del x1

finish
