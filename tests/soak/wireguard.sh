#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A relay with keys for a long time, over a bad network, and every few seconds something happens to
# it. Not part of the normal suite.
#
#   sudo tests/soak/wireguard.sh [SECONDS [SEED]]     3600, by lot
#
# In each round everything happens once, in an order drawn by lot, and then nothing until the keys
# have been renewed by themselves. Pings and transfers, whose bytes are compared, go both ways all
# the time. After each event the tunnel must work again within $patience seconds, no counter may go
# back, and nothing be said; at the end the two processes may hold no more than after the first
# round. A line a minute tells how it stands. SIGINT or SIGTERM, to the group of processes, ends it.
#
#     ┌── "a" ─────────────────┐        ┌── "b" ────────────────────────────────────────┐
#     │ wga   10.77.0.1        │        │                               wgb   10.77.0.2 │
#     │ under 10.99.0.1, 10… ──┼─ veth ─┼─ 10.99.0.2:6000 ─ impair ─ 10.99.0.2:51820    │
#     └────────────────────────┘        └───────────────────────────────────────────────┘

# shellcheck source=tests/netns/wireguard
. "$(dirname "$0")/../netns/wireguard" "$@"
need awk tc
total=${1:-3600}
seed=${2:-$((SRANDOM % 1000000))}
patience=30
growth=1024 # KiB
bad=(loss=1 reorder=1 duplicate=1 corrupt=0.1)
printf 'seed %s\n' "$seed"
RANDOM=$seed
ends
keys a b
for end in a b; do
    inside "$end" sysctl -qw net.ipv6.conf.default.keep_addr_on_down=1 \
        net.ipv6.conf.all.keep_addr_on_down=1
    inside "$end" tc qdisc replace dev under root tbf rate 20mbit burst 128kb latency 50ms
done

# ---- the network ----
impair=
impaired() {
    ip netns exec "tunic-$test_id-b" "$IMPAIR" 10.99.0.2 6000 10.99.0.2 51820 "${bad[@]}" \
        seed="$RANDOM" >>"$SCRATCH/impaired" &
    impair=$!
}
unimpaired() {
    kill "$impair"
    wait "$impair"
}

# ---- traffic ----
flows=()
ping_forever() {
    ip netns exec "tunic-$test_id-$1" ping -q -i 0.2 "$2" >"$SCRATCH/pings.$1" 2>&1 &
    flows+=($!)
}

# Transfers one after the other; a line for each.
transfer_forever() {
    local address other status
    trap - EXIT
    while :; do
        for address in 10.77.0.2 fd77::2; do
            ip netns exec "tunic-$test_id-b" "$STREAM" accept "$address" 5001 4 patience 90 \
                >"$SCRATCH/accepted" 2>&1 &
            other=$! status=good
            ip netns exec "tunic-$test_id-a" "$STREAM" connect "$address" 5001 4 patience 90 \
                >"$SCRATCH/connected" 2>&1 || status=bad
            [ "$status" = good ] || kill "$other" 2>/dev/null
            wait "$other" || status=bad
            echo "$status $(tr '\n' ' ' <"$SCRATCH/connected") / $(<"$SCRATCH/accepted")" \
                >>"$SCRATCH/transfers"
        done
    done
}
transfers() {
    grep -c "^$1" "$SCRATCH/transfers"
}

# ---- events ----
# What a may say to b: its own address, or the one that is impaired.
peer_of_a() {
    wg set wga peer "${PUBLIC[b]}" preshared-key "$shared" endpoint "$1" \
        allowed-ips 10.77.0.2/32,fd77::2/128
}
peer_of_b() {
    wg set wgb peer "${PUBLIC[a]}" preshared-key "$shared" \
        allowed-ips 10.77.0.1/32,fd77::1/128
}

event_network() {
    unimpaired
    impaired
}
event_port() {
    wg set wga listen-port $((20000 + RANDOM % 10000))
}
event_address() {
    local before=$address
    while [ "$address" = "$before" ]; do
        address=10.99.0.$((3 + RANDOM % 200))
    done
    ip -n "tunic-$test_id-a" addr add "$address/32" dev under
    ip -n "tunic-$test_id-a" route replace 10.99.0.0/24 dev under src "$address"
    ip -n "tunic-$test_id-a" addr del "$before" dev under 2>/dev/null
}
# Each follows the other's last packet, and one that comes late leads back.
directly() {
    peer_of_a 10.99.0.2:51820
    both_reach && endpoint a 10.99.0.2:51820 && endpoint b "$address:$(wg show wga listen-port)"
}
impaired_again() {
    peer_of_a 10.99.0.2:6000
    both_reach && endpoint a 10.99.0.2:6000 && ! endpoint b "$address:$(wg show wga listen-port)"
}
event_direct() {
    unimpaired
    check_true 'directly' until_true "$patience" directly
    impaired
    check_true 'not directly any more' until_true "$patience" impaired_again
}
event_down_a() {
    ip -n "tunic-$test_id-a" link set wga down
    sleep 0.5
    ip -n "tunic-$test_id-a" link set wga up
}
event_down_b() {
    ip -n "tunic-$test_id-b" link set wgb down
    sleep 0.5
    ip -n "tunic-$test_id-b" link set wgb up
}
event_outside() {
    ip -n "tunic-$test_id-b" link set under down
    sleep 2
    ip -n "tunic-$test_id-b" link set under up
    ip -n "tunic-$test_id-a" route replace 10.99.0.0/24 dev under src "$address"
}
event_peer_a() {
    wg set wga peer "${PUBLIC[b]}" remove
    peer_of_a 10.99.0.2:6000
}
event_peer_b() {
    wg set wgb peer "${PUBLIC[a]}" remove
    peer_of_b
}
event_others() {
    local number public others=()
    for number in {1..30}; do
        public=$(wg genkey | wg pubkey)
        others+=("$public")
        wg set wga peer "$public" endpoint 10.99.0.2:9 allowed-ips "10.80.0.$number/32"
        wg set wgb peer "$public" allowed-ips "10.80.0.$number/32,10.77.0.$((100 + number))/32"
    done
    pings a 10.80.0.7 >/dev/null 2>&1 # begins a handshake, in vain
    until_true "$patience" both_reach || fail 'it works while others are there'
    for public in "${others[@]}"; do
        wg set wga peer "$public" remove
        wg set wgb peer "$public" remove
    done
    check_equal 'the others are gone' '1 1' "$(wg show wga peers | wc -l) $(wg show wgb peers | wc -l)"
}
event_shared() {
    wg genpsk >"$shared"
    peer_of_b
    peer_of_a 10.99.0.2:6000
}
event_identity() {
    local before=${PUBLIC[a]}
    keys a
    wg set wga private-key "$keys/a"
    wg set wgb peer "$before" remove
    peer_of_b
}
event_pause() {
    kill -STOP "${RELAY[b]}"
    sleep 2
    kill -CONT "${RELAY[b]}"
}
events=(network port address direct down_a down_b outside peer_a peer_b others shared identity pause)

# ---- looking ----
both_reach() {
    pings a 10.77.0.2 && pings b 10.77.0.1
}
memory() {
    awk '/^VmRSS:/ {print $2}' "/proc/${RELAY[$1]}/status"
}
descriptors() {
    local all=("/proc/${RELAY[$1]}/fd/"*)
    echo "${#all[@]}"
}
look() {
    printf '%s %s %s %s %s\n' $((SECONDS - start)) "$(memory a)" "$(descriptors a)" \
        "$(memory b)" "$(descriptors b)" >>"$SCRATCH/samples"
}
# Every counter is as high as it was, or higher.
counters_grow() {
    local end
    for end in a b; do
        counter "$end" sent >/dev/null
        tr '{' '\n' <"$errors/$end.json" | grep '"ifname"' | tail -n 1 |
            grep -o '"[a-z_]*":[0-9]*' | grep -Ev '"(silence|peers|peers_alive|handshake_age)"' | tr ':' ' ' >"$SCRATCH/counters.now"
        [ ! -e "$SCRATCH/counters.$end" ] ||
            check_equal "no counter of $end goes back" '' "$(awk 'NR == FNR {was[$1] = $2; next}
                $2 < was[$1] {print $1, was[$1], $2}' "$SCRATCH/counters.$end" "$SCRATCH/counters.now")"
        mv "$SCRATCH/counters.now" "$SCRATCH/counters.$end"
    done
}
counted() {
    awk -v key="\"$2\"" '$1 == key {print $2}' "$SCRATCH/counters.$1"
}
minute() {
    counters_grow
    check_equal 'nothing is said' '' "$(cat "$errors/a" "$errors/b")"
    printf '%5s s: %s events, slowest %s ms; %s transfers, %s failed; a %s kB %s fd, b %s kB %s fd; sent %s %s, handshakes %s %s\n' \
        $((SECONDS - start)) "$happened" "$slowest" "$(transfers good)" "$(transfers bad)" \
        "$(memory a)" "$(descriptors a)" "$(memory b)" "$(descriptors b)" \
        "$(counted a sent)" "$(counted b sent)" "$(counted a handshakes)" "$(counted b handshakes)"
}
alive() {
    local end
    for end in a b; do
        ! relay_gone "${RELAY[$end]}" || {
            fail "the relay at $end has ended" "$(cat "$errors/$end")"
            finish
        }
    done
}
over() {
    [ $((SECONDS - start)) -ge "$total" ]
}
every_minute() {
    look
    [ $((SECONDS - start)) -lt $((60 * (minutes + 1))) ] || {
        minutes=$(((SECONDS - start) / 60))
        minute
    }
}

# ---- the soak ----
happen() {
    local event=$1 begin took
    begin=${EPOCHREALTIME/./}
    "event_$event"
    if ! until_true "$patience" both_reach; then
        counters_grow
        fail "after '$event' it does not work again within $patience s" "$(wg show)
$(paste "$SCRATCH/counters.a" "$SCRATCH/counters.b")"
    fi
    took=$(((${EPOCHREALTIME/./} - begin) / 1000))
    printf '%s %s\n' "$event" "$took" >>"$SCRATCH/events"
    [ "$took" -le "$slowest" ] || slowest=$took
    happened=$((happened + 1))
    alive
}
# Until keys are new at both ends: two minutes, as nothing happens.
renewed() {
    newer a "$last_a" && newer b "$last_b"
}
quiet() {
    local end=$((SECONDS + 150))
    last_a=$(handshake a) last_b=$(handshake b)
    until renewed; do
        every_minute
        if over; then
            return
        elif [ "$SECONDS" -ge "$end" ]; then
            fail 'the keys are renewed by themselves' "$(wg show)"
            return
        fi
        sleep 1
    done
    renewals=$((renewals + 1))
}
round() {
    local event
    for event in $(printf '%s\n' "${events[@]}" | awk -v seed="$RANDOM" '
        BEGIN {srand(seed)} {print rand(), $1}' | sort | cut -d ' ' -f 2); do
        happen "$event"
        every_minute
        ! over || return
        sleep 3 # of undisturbed traffic
    done
    quiet
}

impaired
address=10.99.0.1
device b key "$keys/b" listen 51820 peer "${PUBLIC[a]}" psk "$shared" \
    allow 10.77.0.1/32,fd77::1/128 || finish
device a key "$keys/a" listen 51821 peer "${PUBLIC[b]}" psk "$shared" \
    allow 10.77.0.2/32,fd77::2/128 endpoint 10.99.0.2:6000 || finish
addresses_of a 10.77.0.1/24 fd77::1/64
addresses_of b 10.77.0.2/24 fd77::2/64
check_true 'a ping' until_true 10 both_reach
: >"$SCRATCH/transfers"
: >"$SCRATCH/events"
start=$SECONDS minutes=0 happened=0 slowest=0 renewals=0 rounds=0
ping_forever a 10.77.0.2
ping_forever b 10.77.0.1
transfer_forever &
transferring=$!
until over; do
    round
    rounds=$((rounds + 1))
    [ "$rounds" -ne 1 ] || first=$((SECONDS - start))
done

# ---- the end ----
counters_grow
kill "$transferring"
kill -INT "${flows[@]}"
wait "${flows[@]}" "$transferring" 2>/dev/null
unimpaired
look
printf '%s s, %s rounds, %s events, keys renewed by themselves %s times\n' "$((SECONDS - start))" \
    "$rounds" "$happened" "$renewals"
awk '{count[$1]++; sum[$1] += $2; if ($2 > most[$1]) most[$1] = $2}
    END {for (event in count) printf "    %-10s %4d times, works again after %6d ms, at most %6d ms\n",
        event, count[event], sum[event] / count[event], most[event]}' "$SCRATCH/events" | sort
printf 'transfers of 4 MB both ways: %s good, %s failed\n' "$(transfers good)" "$(transfers bad)"
grep -h transmitted "$SCRATCH"/pings.*
awk '{gsub(",", ""); for (i = 1; i < NF; i += 2) {if (NR == 1) order[i] = $i; count[i] += $(i + 1)}}
    END {printf "the network:"; for (i = 1; i in order; i += 2) printf " %s %d", order[i], count[i];
        print ""}' "$SCRATCH/impaired"
for end in a b; do
    printf 'at %s:%s\n' "$end" "$(awk '$2 > 0 {gsub("\"", ""); printf " %s %s,", $1, $2}' \
        "$SCRATCH/counters.$end")"
done
check_equal 'no transfer failed' '' "$(grep '^bad' "$SCRATCH/transfers")"
check_true 'there were transfers' [ "$(transfers good)" -ge $((total / 60)) ]
awk -v first="${first:-0}" -v growth="$growth" '
    $1 <= (first > 60 ? first : 60) {for (i = 2; i <= 5; i++) if ($i > before[i]) before[i] = $i}
    {for (i = 2; i <= 5; i++) {now[i] = $i; if ($i > most[i]) most[i] = $i}}
    END {
        split("x|a: memory (kB)|a: descriptors|b: memory (kB)|b: descriptors", name, "|")
        for (i = 2; i <= 5; i++) {
            printf "%-16s %6d in the first round, %6d at the end, %6d at most\n", name[i], before[i],
                now[i], most[i]
            if (most[i] > before[i] + (i % 2 ? 0 : growth)) bad = 1
        }
        exit bad
    }' "$SCRATCH/samples" >"$SCRATCH/figures"
check_equal 'nothing has grown' 0 $?
cat "$SCRATCH/figures"
for end in a b; do
    stop_relay "$end"
    check_equal "the relay at $end ends well" 0 "$STATUS"
done
check_equal 'nothing was said' '' "$(cat "$errors/a" "$errors/b")"
finish
