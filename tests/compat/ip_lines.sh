#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What `ip tuntap` takes, tunic takes too, with the same effect: the words of a line stand behind
# `tunic` as they stood behind `ip tuntap`. The differences that are wanted are at the end.

# shellcheck source=tests/compat/compare
. "$(dirname "$0")/compare" "$@"
need jq
# Only the effect and the exit code: our texts are our own.
apart=(stdout stderr)

after() {
    local setup=$1
    shift
    pair "$*${setup:+ (after: $setup)}" "$setup" ip tuntap "$@" /// "$TUNIC" "$@"
}
# An owner is named, since ours would be the calling user where ip's is none.
same() {
    pair "$*" '' ip tuntap "$@" user 5 /// "$TUNIC" "$@" user 5
}

# ---- adding ----
same add tap7 mode tap
same add dev tap7 mode tap
same add name tap7 mode tap
same add mode tap tap7
same add mode tap dev tap7
same add mode tun tap7
same add mode tun
same add mode tap
same add mode tun dev 'vm%d'
same add 'vm%d' mode tap
same a x1 mode tun
same ad x1 mode tun
same add x1 m tap
same add x1 mo tap
same add x1 mode tu
same add x1 mode ta
same add x1 mode t
same add x1 mode tap mode tap
same add x1 mode tap pi
same add x1 mode tun one_queue
same add x1 mode tap vnet_hdr
same add x1 mode tap multi_queue
same add x1 mode tap pi one_queue vnet_hdr multi_queue
same add mode tun one v pi mu dev x1
same add mode tap vnet x1
same add mode tap multi x1
same add mode tap x1 pi pi multi_queue multi_queue
same add p mode tun
same add mode tun o
same add mode tun d x1
same add mode tun de x1
same add mode tun n x1
same add mode tun na name
same add mode tun name name
same add mode tun name mode
same add mode tun dev help
same add mode tun dev pi
same add mode tun dev user
same add mode tun dev abcdefghijklmno
after '' add x1 mode tun user 5 group 6
after '' add x1 mode tun u 5 g 6
after '' add x1 mode tun us 5 gr 6
after '' add user nobody group nogroup mode tun x1
after '' add x1 mode tun user root
after '' add x1 mode tun group 6
after '' add x1 mode tun user 4294967294 group 4294967294
after '' add group 6 mode tap dev x1 pi user 0

# ---- deleting ----
after 'ip tuntap add x1 mode tap' del x1 mode tap
after 'ip tuntap add x1 mode tap' delete x1 mode tap
after 'ip tuntap add x1 mode tun' d x1 mode tun
after 'ip tuntap add x1 mode tun' de x1 m t
after 'ip tuntap add x1 mode tun' del dev x1 mode tun
after 'ip tuntap add x1 mode tun' del mode tun name x1
after 'ip tuntap add x1 mode tun; ip tuntap add x2 mode tun' del x1 mode tun
after 'ip tuntap add x1 mode tap multi_queue' del x1 mode tap multi_queue
after 'ip tuntap add x1 mode tap multi_queue pi vnet_hdr' del x1 mode tap mu pi v
after 'ip tuntap add x1 mode tap user 5 group 6' del x1 mode tap

# ---- showing: -o has the line of ip tuntap, -j its keys ----
some='ip tuntap add a mode tun; ip tuntap add b mode tap user 5; ip link add dev c type bridge
    ip tuntap add dev d mode tap multi_queue vnet_hdr group 6
    ip tuntap add e mode tun multi_queue user 4294967294 group 0; ip link set dev a up'
apart=()
for verb in s sh sho show l li lis list ls lst; do
    pair "-o $verb" "$some" ip tuntap "$verb" /// "$TUNIC" -o "$verb"
done
pair '-o show, where there is none' '' ip tuntap show /// "$TUNIC" -o show
pair '-o -n NAME show' "ip netns add blue; ip -n blue tuntap add x1 mode tap" \
    ip -n blue tuntap show /// "$TUNIC" -n blue -o show
# shellcheck disable=SC2016 # for the inner shell
keys='"$@" | jq -cS "[.[] | {ifname, flags, user, group}]"'
pair '-j show' "$some" bash -c "$keys" bash ip -j tuntap show /// \
    bash -c "$keys" bash "$TUNIC" -j show
pair '-json list' "$some" bash -c "$keys" bash ip -j tuntap list /// \
    bash -c "$keys" bash "$TUNIC" -json list
pair '-j show, where there is none' '' ip -j tuntap show /// "$TUNIC" -j show

# ---- the same refusals: nothing is changed, with an exit code of our own ----
apart=(stdout stderr code)
for line in 'add x1' 'add x1 mode foo' 'add x1 mode tap mode tun' 'add x1 mode' 'add x1 mode tap user' \
    'add x1 mode tap user nosuch' 'add x1 mode tap group nosuch' 'add x1 mode tap user 0x5' \
    'add a/b mode tap' 'add abcdefghijklmnop mode tap' 'add mode tun dev' 'add lo mode tun' \
    'add all mode tun' 'del x1' 'foo' 'change' 'add dev a:b mode tap' 'add dev . mode tap'; do
    read -ra words <<<"$line"
    after '' "${words[@]}"
done
after 'ip tuntap add x1 mode tap' add x1 mode tap
after 'ip tuntap add x1 mode tap' add x1 mode tun
after 'ip tuntap add x1 mode tap' del x1 mode tun
after 'ip tuntap add x1 mode tap multi_queue' del x1 mode tap multi_queue user 5
after 'ip link add dev x1 type bridge' add x1 mode tap
after 'ip link add dev x1 type bridge' del x1 mode tap
after 'ip tuntap add x1 mode tap; hold x1:1002' del x1 mode tap

# ---- the differences that are wanted ----
apart=(stderr stdout)
pair 'without an owner, ours is the calling user' '' \
    ip tuntap add x1 mode tap user 0 /// "$TUNIC" add x1 mode tap
pair 'no owner at all is asked for with "user any"' '' \
    ip tuntap add x1 mode tap /// "$TUNIC" add x1 mode tap user any
pair 'a group alone is enough' '' \
    ip tuntap add x1 mode tap group 6 /// "$TUNIC" add x1 mode tap group 6
ours() {
    one "$SCRATCH/alone" "$1" "$TUNIC" "${@:2}"
    STATUS=$(cat "$SCRATCH/alone/code")
}
ours '' del x1 mode tap
check_equal 'del of what is not there fails' 3 "$STATUS"
ours "$some" show nosuch
check_equal 'show of what is not there fails' 3 "$STATUS"
ours "$some" -o show b
check_equal 'show NAME shows that one' 'b: tap persist user 5' "$(cat "$SCRATCH/alone/stdout")"
ours '' add x1 mode tap user 99999999999
check_equal 'a user that does not fit is refused' 2 "$STATUS"
ours '' add x1 mode tap user -2
check_equal 'a user below zero is refused' 2 "$STATUS"
ours '' add x1 mode tap group 4294967295
check_equal 'the group that means none is refused' 2 "$STATUS"
ours 'ip tuntap add x1 mode tap' add x1 mode tap
check_equal 'what exists has its exit code' 4 "$STATUS"
ours 'ip tuntap add x1 mode tap; hold x1:1002' del x1 mode tap
check_equal 'what is held has its exit code' 5 "$STATUS"
ours '' add mode tun dev x1 dev x2
check_equal 'two names are two interfaces' 2 "$(grep -c ' tun type tun ' "$SCRATCH/alone/effect" || true)"
ours '' del mode tun
check_equal 'del wants a name' 2 "$STATUS"
ours 'ip tuntap add x1 mode tap' del x1 mode tap pi
check_equal 'del wants all that is said to be true' 4 "$STATUS"
ours '' add x1 mode foo
check_equal 'a wrong line has its exit code' 2 "$STATUS"
ours '' help
check_equal 'help is no failure' 0 "$STATUS"

settle
finish
