#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Managing interfaces, beside the tools that are installed for it:
#
#   sudo tests/bench/interfaces.sh [N=1000] [ROUNDS=5]
#
# A ratio is the peer's time through ours: above 1, tunic is faster.

# shellcheck source=tests/bench/measure.sh
. "$(dirname "$0")/measure.sh"
isolate "$@"

count=${1:-1000}
rounds=${2:-5}
sample=$((count < 100 ? count : 100)) # how many ip deletes, at a grace period each

mapfile -t names < <(for ((i = 0; i < count; i++)); do printf 'x%d\n' "$i"; done)
printf 'tuntap add %s mode tun user 1000\n' "${names[@]}" >"$SCRATCH/add"
printf 'tuntap del %s mode tun\n' "${names[@]:0:sample}" >"$SCRATCH/del"

# Removes everything at once, without the program that is measured. wipe KEY: keeps how long the
# one request for that takes, which is the kernel's part of every fast deletion.
wipe() {
    local name
    for name in $(ip -o link show type tun | sed -E 's/^[0-9]+: ([^:@]+).*/\1/'); do
        printf 'link set %s group 99\n' "$name"
    done >"$SCRATCH/wipe"
    [ -s "$SCRATCH/wipe" ] || return 0
    ip -batch "$SCRATCH/wipe"
    if [ $# -gt 0 ]; then
        timed "$1" ip link del group 99
    else
        ip link del group 99
    fi
}

ten() { # ten TOOL: ten interfaces, a command each
    local i
    for i in {0..9}; do
        "$1" "$i" || return
    done
}
configured_ours() {
    "$TUNIC" add "o$1" mode tun user 1000 addr "10.200.$1.1/24" up
}
configured_peer() {
    ip tuntap add "o$1" mode tun user 1000 && ip addr add "10.200.$1.1/24" dev "o$1" &&
        ip link set "o$1" up
}
bare_ours() {
    "$TUNIC" add "o$1" mode tap user 1000
}
bare_ip() {
    ip tuntap add "o$1" mode tap user 1000
}
bare_tunctl() {
    tunctl -b -u 1000 -t "o$1"
}
bare_openvpn() {
    openvpn --mktun --dev "o$1" --dev-type tap
}
single_ours() {
    "$TUNIC" del single
}
single_peer() {
    ip tuntap del single mode tun
}

bare=(ours)
for tool in ip tunctl openvpn; do
    ! command -v "$tool" >/dev/null || bare+=("$tool")
done

for ((round = 0; round < rounds; round++)); do
    for tool in $(alternate add "$round"); do
        case $tool in
        *-ours) timed "$tool" "$TUNIC" add "${names[@]}" mode tun user 1000 ;;
        *-peer) timed "$tool" ip -batch "$SCRATCH/add" ;;
        esac
        wipe group-peer
    done
    ip -batch "$SCRATCH/add"
    for tool in $(alternate json "$round"); do
        case $tool in
        *-ours) timed "$tool" "$TUNIC" -j show ;;
        *-peer) timed "$tool" ip -j tuntap show ;;
        esac
    done
    for tool in $(alternate show "$round"); do
        case $tool in
        *-ours) timed "$tool" "$TUNIC" show ;;
        *-peer) timed "$tool" ip tuntap show ;;
        esac
    done
    timed ensure-ours "$TUNIC" ensure "${names[@]}" mode tun user 1000 mtu 1500
    timed del-ours "$TUNIC" del "${names[@]}"
    if [ "$(ip -o link show type tun | wc -l)" -ne 0 ]; then
        echo 'del left interfaces'
        exit 1
    fi
    for tool in $(alternate ten "$round"); do
        timed "$tool" ten "configured_${tool#*-}"
        wipe
    done
    for ((i = 0; i < ${#bare[@]}; i++)); do
        tool=${bare[(i + round) % ${#bare[@]}]}
        timed "bare-$tool" ten "bare_$tool"
        wipe
    done
    for tool in $(alternate single "$round"); do
        ip tuntap add single mode tun
        timed "$tool" "single_${tool#*-}"
    done
done
ip -batch "$SCRATCH/add"
timed del-peer ip -batch "$SCRATCH/del"
wipe

printf '%s interfaces, %s rounds, %s, Linux %s\n' "$count" "$rounds" "$(ip -V)" "$(uname -r)"
heading
row "add $count (ip -batch)" add-ours add-peer
row "show --json $count (ip -j tuntap)" json-ours json-peer
row "show $count (ip tuntap)" show-ours show-peer
row "ensure $count, nothing to change" ensure-ours -
row "del $count (ip -batch)*" del-ours del-peer "$(awk "BEGIN { print $count / $sample }")"
row "del $count (ip link del group)**" del-ours group-peer
row 'del of one (ip tuntap)' single-ours single-peer
row 'ten with address, up (ip, 3 commands)' ten-ours ten-peer
for tool in "${bare[@]:1}"; do
    row "ten bare ones ($tool)" bare-ours "bare-$tool"
done
printf '* ip deleted %s, once: the time for %s is extrapolated in proportion\n' "$sample" "$count"
printf '** which asks nothing and checks nothing: the least that a deletion can take\n'
leave
