#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The main job, shown on real interfaces: installs what a build needs, builds, and works in a
# network namespace of its own, which is gone afterwards with everything in it.
#
#   sudo tests/demo.sh

set -u -o pipefail
cd "$(dirname "$0")/.." || exit 2
# shellcheck source=tests/packages.sh
. tests/packages.sh

if [ "$(id -u)" -ne 0 ]; then
    echo 'The demo makes a network namespace: run it with sudo tests/demo.sh' >&2
    exit 2
fi

program=build/release/cmd/tunic
if [ -z "${TUNIC_DEMO:-}" ]; then
    packages_ensure gcc cmake ninja pkg-config pc:libmnl pc:libseccomp pc:libcap-ng \
        header:linux/if_tun.h ip unshare
    echo 'building…'
    log=$(mktemp)
    if ! { cmake --preset release && cmake --build --preset release; } >"$log" 2>&1; then
        cat "$log"
        rm -f "$log"
        exit 1
    fi
    rm -f "$log"
    if [ -n "${SUDO_UID:-}" ] && [ "$SUDO_UID" -ne 0 ]; then
        chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" build
    fi
    # A namespace of its own: the kernel removes what is made in it, however this ends.
    TUNIC_DEMO=1 exec unshare --net -- bash tests/demo.sh
fi

bold='' plain='' color=never
if [ -t 1 ]; then
    bold=$'\033[1m' plain=$'\033[0m' color=always
fi
failures=0

say() {
    printf '\n%s\n' "$*"
}

# Shows a command as it would be typed, runs it, and knows which exit code is right.
tunic() {
    local expected=$1 status=0
    shift
    local word words=''
    for word; do
        case $word in *' '*) word="'$word'" ;; esac
        words+=" $word"
    done
    printf '%s# tunic%s%s\n' "$bold" "$words" "$plain"
    "$program" --color=$color "$@" 2>&1 || status=$?
    if [ "$status" -ne 0 ]; then
        printf '(exit code %s)\n' "$status"
    fi
    if [ "$status" -ne "$expected" ]; then
        printf 'UNEXPECTED: exit code %s was expected\n' "$expected"
        failures=$((failures + 1))
    fi
}

ip link add br0 type bridge
ip link set br0 up

say 'One command makes an interface that stays, complete: owned, addressed, up.'
tunic 0 add tun0 user nobody addr 10.9.0.1/24 addr fd00:9::1/64 mtu 1400 up route 10.77.0.0/16 via 10.9.0.2
say 'Taps for virtual machines, on a bridge; the kernel numbers them, and tunic prints its choice.'
tunic 0 add vm%d mode tap user nobody master br0 up
tunic 0 add vm%d mode tap user any multi_queue vnet_hdr master br0 up
tunic 0 show

say 'A second time it is refused, with the reason and the way on.'
tunic 4 add tun0
say "'ensure' makes it so, and changes only what differs. 'check' only tells."
tunic 4 ensure tun0 mtu 1420 addr 10.9.0.1/24 check
tunic 0 ensure tun0 mtu 1420 addr 10.9.0.1/24
tunic 0 ensure tun0 mtu 1420 addr 10.9.0.1/24 check
tunic 0 set vm0 alias 'mail server' mac 02:00:5e:10:00:01
tunic 0 -d show tun0 vm0

say 'For programs: JSON, exit codes, and waiting on events instead of polling.'
tunic 0 -j -p show vm1
tunic 8 wait tun0 carrier timeout 1

say 'Mistakes are answered with the word that was probably meant, and change nothing.'
tunic 2 set tun0 mtuu 1300
tunic 2 add tap7 mtu 70000
tunic 3 del vm9
tunic 4 del br0

say 'A thousand interfaces, made and deleted.'
start=$EPOCHREALTIME
"$program" add bulk{0..999} mode tap || failures=$((failures + 1))
middle=$EPOCHREALTIME
"$program" del all name 'bulk*' || failures=$((failures + 1))
end=$EPOCHREALTIME
awk -v a="$start" -v b="$middle" -v c="$end" \
    'BEGIN { printf "made in %.2f s, deleted in %.2f s\n", b - a, c - b }'
tunic 0 del all
tunic 0 show

if [ "$failures" -ne 0 ]; then
    printf '\n%s of the commands did not do what this demo says.\n' "$failures"
    exit 1
fi
