#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The main job, shown on real interfaces: installs what a build needs, builds, and works in
# namespaces of its own, which are gone afterwards with everything in them.
#
#   sudo tests/demo.sh
#   sudo TUNIC=/usr/bin/tunic tests/demo.sh     with a program that is there already

set -u -o pipefail
cd "$(dirname "$0")/.." || exit 2
# shellcheck source=tests/packages.sh
. tests/packages.sh

if [ "$(id -u)" -ne 0 ]; then
    echo 'The demo makes a network namespace: run it with sudo tests/demo.sh' >&2
    exit 2
fi

program=${TUNIC:-build/release/cmd/tunic}
if [ -z "${TUNIC_DEMO:-}" ] && [ -z "${TUNIC:-}" ]; then
    read -r -d '' -a needed <<<"$package_build" || true
    packages_ensure "${needed[@]}" ip unshare ping
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
fi
if [ -z "${TUNIC_DEMO:-}" ]; then
    # Namespaces of its own: the kernel removes what is made in them, however this ends.
    TUNIC_DEMO=1 exec unshare --net --pid --fork --kill-child --mount-proc -- bash tests/demo.sh
fi

bold='' plain='' color=never
if [ -t 1 ]; then
    bold=$'\033[1m' plain=$'\033[0m' color=always
fi
failures=0

say() {
    printf '\n%s\n' "$*"
}

# typed WHO WORD…: shows a command as it would be typed.
typed() {
    local who=$1 word words=''
    shift
    for word; do
        case $word in *' '*) word="'$word'" ;; esac
        words+=" $word"
    done
    printf '%s%s#%s%s\n' "$bold" "$who" "$words" "$plain"
}

unexpected() {
    printf 'UNEXPECTED: %s\n' "$*"
    failures=$((failures + 1))
}

# Shows a command, runs it, and knows which exit code is right.
tunic() {
    local expected=$1 status=0
    shift
    typed '' tunic "$@"
    "$program" --color=$color "$@" 2>&1 || status=$?
    if [ "$status" -ne 0 ]; then
        printf '(exit code %s)\n' "$status"
    fi
    if [ "$status" -ne "$expected" ]; then
        unexpected "exit code $expected was expected"
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

# ---- two hosts ----

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# This namespace is one of them, and that of a process which does nothing is the other.
unshare --net -- sleep infinity &
other=$!
until [ "$(readlink "/proc/$other/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do
    kill -0 "$other" || exit 1
done
there() {
    nsenter --net --target "$other" -- "$@"
}

ip link add under type veth peer name under netns "$other"
ip addr add 192.0.2.1/24 dev under
ip link set under up
there ip addr add 192.0.2.2/24 dev under
there ip link set under up
"${CC:-gcc}" -O2 -std=c11 -D_GNU_SOURCE -o "$scratch/stream" tests/netns/stream.c || exit 1

# wait_for SECONDS COMMAND…
wait_for() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.02
    done
}

transfer() { # transfer MEGABYTES
    local begin end receiver
    there "$scratch/stream" accept 10.8.0.2 5001 "$1" >/dev/null &
    receiver=$!
    begin=$EPOCHREALTIME
    "$scratch/stream" connect 10.8.0.2 5001 "$1" >/dev/null || {
        unexpected 'the transfer fails'
        kill "$receiver" 2>/dev/null
    }
    wait "$receiver" || unexpected 'what came is not what was sent'
    end=$EPOCHREALTIME
    awk -v megabytes="$1" -v begin="$begin" -v end="$end" 'BEGIN {
        printf "%d MB each way at once, every byte compared: %.2f s\n", megabytes, end - begin }'
}

relay_over() { # relay_over PROTOCOL
    local far=(relay t0 mode tun addr 10.8.0.2/24 up proto "$1" insecure listen 55555 from 192.0.2.1)
    local near=(relay t0 mode tun addr 10.8.0.1/24 up proto "$1" insecure connect 192.0.2.2)
    local pids=() pid

    typed 'other host' tunic "${far[@]}"
    # Not by the function, whose shell would stand between us and the program.
    nsenter --net --target "$other" -- "$program" "${far[@]}" 2>"$scratch/far" &
    pids+=($!)
    typed 'this host' tunic "${near[@]}"
    "$program" "${near[@]}" 2>"$scratch/near" &
    pids+=($!)
    if wait_for 10 ping -q -c 1 -W 0.5 10.8.0.2; then
        typed 'this host' ping -q -c 5 -i 0.2 10.8.0.2
        ping -q -c 5 -i 0.2 10.8.0.2 | tail -n 2 || unexpected 'no answer'
        transfer 64
    else
        unexpected 'no ping gets through'
    fi
    kill "${pids[@]}"
    for pid in "${pids[@]}"; do
        wait "$pid" || unexpected "a relay ends with $?"
    done
    cat "$scratch/far" "$scratch/near"
}

say 'Two hosts joined by a tunnel, as plain datagrams. It takes two lines, and no configuration.'
relay_over udp
say 'The same through TCP, exactly as simpletun does: either end may be one.'
relay_over tcp
kill "$other"

if [ "$failures" -ne 0 ]; then
    printf '\n%s of the commands did not do what this demo says.\n' "$failures"
    exit 1
fi
