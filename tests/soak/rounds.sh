#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Four processes add, ensure, set and delete the same few interfaces at random, at the same time. Not
# part of the normal suite.
#
#   sudo tests/soak/rounds.sh [ROUNDS [SEED]]     10000, by lot
#
# A round is one run of tunic. Every few rounds all four stop, and what is there then must be what the
# last success says (rounds.awk judges it, by the time each run took); nothing else may be there: no
# other interface, no group that a deletion of several has left, no process, no descriptor. The same
# SEED draws the same words; who comes first is for the kernel to draw.

# shellcheck source=tests/netns/common
. "$(dirname "$0")/../netns/common" "$@"
need awk
rounds=${1:-10000}
seed=${2:-$((SRANDOM % 1000000))}
names=(x0 x1 x2)
workers=4 most=24 # rounds of one between two stops
printf 'seed %s\n' "$seed"

# ---- rounds ----

# Sets $words, and $said to what rounds.awk reads of them: mode, MTU, user, up.
draw_attributes() {
    local mode=- mtu=- user=- up=-
    words=()
    if [ "$1" != set ]; then
        [ $((RANDOM % 8)) -eq 0 ] && mode=tap || mode=tun
        words+=(mode "$mode")
    fi
    [ $((RANDOM % 2)) -eq 0 ] || mtu=$((1300 + RANDOM % 100))
    [ $((RANDOM % 3)) -gt 0 ] || user=$((64001 + RANDOM % 3)) # without a name
    case $((RANDOM % 4)) in
    0) up=up ;;
    1) [ "$1" = add ] || up=down ;;
    esac
    [ "$1" != set ] || [ "$mtu$user$up" != --- ] || mtu=1280
    [ "$mtu" = - ] || words+=(mtu "$mtu")
    [ "$user" = - ] || words+=(user "$user")
    [ "$up" = - ] || words+=("$up")
    said="$mode $mtu $user $up"
}

# One run, a line for each of its names.
operate() {
    local verb=$1 begin end code=0 message name line lines several
    shift
    begin=${EPOCHREALTIME/./}
    "$TUNIC" "$verb" "$@" "${words[@]}" 2>"$mine.errors" || code=$?
    end=${EPOCHREALTIME/./}
    lines=()
    [ "$code" -eq 0 ] || mapfile -t lines <"$mine.errors"
    for name; do
        message=
        for line in "${lines[@]}"; do
            [[ $line != "tunic: $verb $name: "* ]] || message=$line
        done
        # Of several names, those are well that have no line, and the code is that of the first.
        if [ $# -gt 1 ] && [ "$code" -ne 0 ]; then
            [ -n "$message" ] && several=several || several=0
            printf '%s %s %s %s %s %s %s\n' "$begin" "$end" "$several" "$verb" "$name" \
                "$said" "$message"
        else
            printf '%s %s %s %s %s %s %s\n' "$begin" "$end" "$code" "$verb" "$name" "$said" \
                "${message:-${lines[*]}}"
        fi
    done >>"$mine.log"
}

round() {
    local verb=ensure chosen=("${names[RANDOM % ${#names[@]}]}") words=() said='- - - -' lot=$((RANDOM % 16))
    [ "$lot" -ge 4 ] || verb=add
    [ $((lot / 3)) -ne 3 ] || verb='set'
    [ "$lot" -lt 12 ] || verb=del
    if [ "$verb" != del ]; then
        draw_attributes "$verb"
    else
        # Several at once go by a group.
        [ "$lot" -ne 12 ] || chosen=("${names[@]:RANDOM % 2:2}")
        [ "$lot" -ne 13 ] || words=(force)
    fi
    operate "$verb" "${chosen[@]}"
}

worker() {
    local count mine=$SCRATCH/worker.$1
    RANDOM=$((seed + $1))
    while read -r count; do
        while [ "$count" -gt 0 ]; do
            round
            count=$((count - 1))
        done
        echo finished >&"$answers"
    done
}

# ---- stops ----

# What there is of TUN/TAP, as rounds.awk reads it.
state() {
    ip -d -j link show | jq -r '.[] | select(.linkinfo.info_kind == "tun") |
        [.ifname, .linkinfo.info_data.type, .mtu, (.linkinfo.info_data.user | if . == "root" then 0 else . end),
         (if .flags | index("UP") then "up" else "down" end)] | join(" ")'
}

# Everything that should not be there.
leftovers() {
    ip -N -d -j link show | jq -r --arg names "${names[*]}" '.[] |
        select(.ifname == "lo" | not) |
        select((.ifname | IN($names | split(" ")[]) | not) or .group != "0" or
            .linkinfo.info_data.persist != true) |
        "\(.ifname): group \(.group), persistent: \(.linkinfo.info_data.persist)"'
    grep -lsx tunic /proc/[0-9]*/comm
    find /proc/[0-9]*/fd -lname /dev/net/tun 2>/dev/null
}

stop() {
    state >"$SCRATCH/after"
    cat "$SCRATCH"/worker.*.log >"$SCRATCH/log" 2>/dev/null
    rm -f "$SCRATCH"/worker.*.log
    awk -v names="${names[*]}" -f "$ROOT/tests/soak/rounds.awk" stage=before "$SCRATCH/before" \
        stage=log "$SCRATCH/log" stage=after "$SCRATCH/after" >"$SCRATCH/wrong"
    leftovers >>"$SCRATCH/wrong"
    cat "$SCRATCH/log" >>"$SCRATCH/all"
    mv "$SCRATCH/after" "$SCRATCH/before"
    [ -s "$SCRATCH/wrong" ] || return 0
    bad=$((bad + 1))
    [ "$bad" -gt 5 ] || fail "after $done rounds" "$(cat "$SCRATCH/wrong")
which were, since the stop before:
$(cut -d ' ' -f 1-9 "$SCRATCH/log" | sort | cut -c 8-)"
}

descriptors() {
    local all=("/proc/$1/fd/"*)
    echo "${#all[@]}"
}

mkfifo "$SCRATCH/answers"
exec {answers}<>"$SCRATCH/answers"
asked=() processes=()
: >"$SCRATCH/before"
: >"$SCRATCH/all"
for ((i = 0; i < workers; i++)); do
    mkfifo "$SCRATCH/asked.$i"
    exec {descriptor}<>"$SCRATCH/asked.$i"
    asked+=("$descriptor")
    worker "$i" <&"$descriptor" &
    processes+=($!)
done
RANDOM=$seed done=0 bad=0 stops=0
open_before=$(descriptors "${processes[0]}")
while [ "$done" -lt "$rounds" ]; do
    for ((i = 0; i < workers; i++)); do
        count=$((1 + RANDOM % most))
        echo "$count" >&"${asked[i]}"
        done=$((done + count))
    done
    for ((i = 0; i < workers; i++)); do
        read -r -t 60 -u "$answers" || {
            fail 'a round takes forever' "$(ps -ef)"
            finish
        }
    done
    stops=$((stops + 1))
    stop
done
check_equal "$stops stops, those after which something was wrong" 0 "$bad"
check_equal 'a process that ran it has as many descriptors as before' "$open_before" \
    "$(descriptors "${processes[0]}")"
kill "${processes[@]}"
wait "${processes[@]}" 2>/dev/null

printf '%s rounds, %s stops; how often which exit code:\n' "$done" "$stops"
awk '{count[$4 " " $3]++} END {for (i in count) printf "    %s: %d\n", i, count[i]}' \
    "$SCRATCH/all" | sort
"$TUNIC" del "${names[@]}" if-exists
check_equal 'and deleted they leave nothing' '' "$(state)$(leftovers)"
finish
