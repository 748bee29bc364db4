#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The Debian package: built, looked at by lintian, installed into a tree of its own, tried there,
# put over itself and taken away again. A script of its own: it needs the network, debootstrap,
# lintian, and some minutes.
#
#   sudo tests/package.sh [TREE]     TREE: a fresh tree that debootstrap has made, to be used up
#
# The tree comes from where this system's packages come from.

set -eu -o pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
tree=${1:-}
cleanup() {
    umount -q "$tree/proc" "$tree/dev" "$tree/sys" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT

say() {
    printf '%s\n' "-- $*"
}
die() {
    printf 'FAIL %s\n' "$*" >&2
    exit 1
}
# Who makes mount namespaces in there needs a root that is a mount.
inside() {
    # shellcheck disable=SC2016 # for the shell inside
    unshare --net --mount -- sh -ec 'mount --rbind "$0" "$0"; exec chroot "$0" "$@"' "$tree" \
        /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
        "$@"
}
# What is there before and after must be the same but for what dpkg itself keeps.
files() {
    (cd "$tree" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./tmp -o \
        -path ./var/lib/dpkg -o -path ./var/log -o -path ./var/cache \) -prune -o -print | sort)
}

say 'two builds are the same'
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
for turn in 1 2; do
    cmake --preset package -B "$work/$turn" \
        -DCMAKE_C_FLAGS="-ffile-prefix-map=$work/$turn=." >/dev/null
    cmake --build "$work/$turn" >/dev/null
    (cd "$work/$turn" && cpack >/dev/null 2>&1)
done
package=$(echo "$work"/1/*.deb)
cmp "$package" "$work"/2/*.deb || die 'two builds differ'
say 'and whoever makes it, its files can be read'
(cd "$work/2" && umask 077 && cpack >/dev/null 2>&1)
diff <(dpkg -c "$package") <(dpkg -c "$work"/2/*.deb) || die 'the umask is in the package'

say 'lintian'
lintian --fail-on error "$package" 2>/dev/null || die 'lintian has found an error'

if [ -z "$tree" ]; then
    say 'a fresh tree'
    tree=$work/tree
    # shellcheck disable=SC2016 # apt's own
    mirror=$(apt-get indextargets --format '$(REPO_URI)' | head -n 1)
    # shellcheck disable=SC1091
    release=$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")
    debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus "$release" "$tree" "$mirror" >"$work/log" 2>&1 ||
        die "debootstrap: $(tail -n 3 "$work/log")"
fi
mount -t proc proc "$tree/proc"
mount --bind /dev "$tree/dev"
cp /etc/resolv.conf "$tree/etc/"
chroot "$tree" apt-get -qq update
chroot "$tree" apt-get -qq -y install uml-utilities man-db bash-completion iproute2 iputils-ping gcc libc6-dev \
    pkg-config libmnl-dev libpcap-dev libseccomp-dev libcap-ng-dev libssl-dev >/dev/null 2>&1 || true
before=$(files)

say 'installed, beside uml-utilities'
cp "$package" "$tree/tmp/tunic.deb"
chroot "$tree" apt-get -qq -y install /tmp/tunic.deb >"$work/log" 2>&1 || die "$(tail -n 5 "$work/log")"
# shellcheck disable=SC2016 # for the shell inside
inside sh -ec '
    tunic add tap0 mode tap user daemon addr 10.1.2.3/24 up
    tunic show tap0 >/dev/null
    before=$(tunic -j show; ip -o link)
    dpkg -i /tmp/tunic.deb >/dev/null
    [ "$before" = "$(tunic -j show; ip -o link)" ]
    tunic save >/etc/tunic/saved.conf
    tunic del tap0
    tunic apply /etc/tunic/*.conf
    tunic show tap0 >/dev/null
    /usr/libexec/tunic/tunctl -d tap0 >/dev/null' || die 'it does not work when it is installed'
say 'the demo, with the installed program'
cp -r tests "$tree/tmp/tests"
inside TUNIC=/usr/bin/tunic bash /tmp/tests/demo.sh >"$work/log" 2>&1 || die "$(cat "$work/log")"
rm -r "$tree/tmp/tests"
for page in tunic tunic-apply tunic-attach tunic-doctor tunic-relay tunic.conf libtunic; do
    [ -n "$(echo "$tree"/usr/share/man/man[358]/$page.[358].gz)" ] || die "no page $page"
    zcat "$tree"/usr/share/man/man[358]/$page.[358].gz | grep -q '^\.Sh NAME' || die "no page $page"
done
chroot "$tree" bash -c '. /usr/share/bash-completion/bash_completion; _comp_load tunic 2>/dev/null ||
    __load_completion tunic 2>/dev/null || _completion_loader tunic; complete -p tunic' >/dev/null ||
    die 'no completion'

if command -v systemd-nspawn >/dev/null; then
    say 'booted by systemd, with its units'
    # shellcheck disable=SC2016 # for the shell inside
    chroot "$tree" sh -ec 'umask 077; tunic genkey >/etc/tunic/relay/key
        printf "[Interface]\nPrivateKey=%s\nAddress=10.5.0.1/24\nListenPort=51820\n" \
            "$(cat /etc/tunic/relay/key)" >/etc/tunic/relay/wg9.conf
        echo "tap9 mode tap user daemon addr 10.1.2.3/24 up" >/etc/tunic/booted.conf'
    cat >"$tree/etc/systemd/system/looks.service" <<'UNIT'
[Unit]
After=tunic.service tunic-relay@wg9.service
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'exec >/looks; systemctl is-active tunic tunic-relay@wg9; tunic -j show; grep -E "^(Cap(Eff|Prm|Bnd)|Uid|NoNewPrivs)" /proc/$(pidof -s tunic)/status; systemctl poweroff'
[Install]
WantedBy=multi-user.target
UNIT
    chroot "$tree" systemctl -q enable tunic.service tunic-relay@wg9.service looks.service
    umount "$tree/proc" "$tree/dev"
    timeout 90 unshare --mount --propagation private systemd-nspawn --register=no --keep-unit -q \
        -D "$tree" -b --private-network --bind=/dev/net/tun \
        --capability=CAP_NET_ADMIN,CAP_SYS_ADMIN </dev/null >"$work/log" 2>&1 || true
    mount -t proc proc "$tree/proc"
    mount --bind /dev "$tree/dev"
    [ "$(grep -c '^active$' "$tree/looks")" -eq 2 ] || die "units: $(cat "$tree/looks" "$work/log")"
    grep -q '"ifname":"tap9"' "$tree/looks" || die 'the interface of /etc/tunic is not there'
    [ "$(grep -c '^Cap.*0000000000000000$' "$tree/looks")" -eq 3 ] || die 'the relay has capabilities'
    chroot "$tree" systemctl -q disable tunic.service tunic-relay@wg9.service looks.service
    rm "$tree/looks" "$tree/etc/systemd/system/looks.service" "$tree/etc/tunic/booted.conf" \
        "$tree"/etc/tunic/relay/*
else
    say 'not booted: systemd-nspawn is not installed'
fi

say 'taken away'
chroot "$tree" dpkg -r tunic >/dev/null 2>&1
[ -e "$tree/etc/tunic/saved.conf" ] || die 'the configuration is gone'
rm "$tree/etc/tunic/saved.conf"
chroot "$tree" dpkg -P tunic >/dev/null 2>&1
left=$(comm -13 <(printf '%s\n' "$before") <(files | grep -v -e '/libipsec' -e '^./usr/share/doc/lib'))
printf '%s\n' "$left" | grep -q tunic && die "left behind: $(printf '%s' "$left" | grep tunic)"
say 'all is well'
