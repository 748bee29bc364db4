#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The time of day of one side is stepped, forth and back, by hours and years: a tunnel that works
# goes on, and a new handshake does whatever the protocol lets it.
#
#     as `tunnel` has it; the relay at A sees the wrong time

# shellcheck disable=SC2034 # tunnel looks at it
secure=yes
# shellcheck source=tests/netns/tunnel
. "$(dirname "$0")/tunnel" "$@"
need perl
[ -z "$SANITIZED" ] || skip_all 'a sanitizer must be loaded first'
ends

"${CC:-cc}" -shared -fPIC -D_GNU_SOURCE -o "$SCRATCH/wrong_clock.so" \
    "$ROOT/tests/netns/wrong_clock.c" -ldl || skip_all 'nothing can be compiled'

# In place: it is mapped.
step() {
    perl -e 'open(my $file, "+<", $ARGV[0]) or die; syswrite($file, pack("q", $ARGV[1]))' \
        "$SCRATCH/clock" "$1"
}
truncate -s 8 "$SCRATCH/clock"
chmod 644 "$SCRATCH/clock"

mode=tun mtu=1400
hour=3600 year=31557600
# shellcheck disable=SC2046 # words they are
start_a() {
    LD_PRELOAD=$SCRATCH/wrong_clock.so WRONG_CLOCK=$SCRATCH/clock \
        relay a $(attributes a) proto "$proto" $(connecting a 10.99.0.2)
}
# shellcheck disable=SC2046
start_b() {
    relay b $(attributes b) proto "$proto" $(listening b)
}

# ---- while it works ----

for proto in udp tcp; do
    for secure in '' yes; do
        what=$proto${secure:+ with keys}
        step 0
        start_b
        start_a
        check_true "$what: it works" until_true 10 reaches 10.77.0.2
        check_true "$what: with a clock of ours" grep -q wrong_clock "/proc/${RELAY[a]}/maps"
        for seconds in $hour $((50 * year)) $((-50 * year)) -$hour 0; do
            step "$seconds"
            check_true "$what: wrong by $seconds s" until_true 5 reaches 10.77.0.2
        done
        transfer "$what" 4 10.77.0.2
        stop_relays
    done
done

# ---- between two handshakes ----

# As the manual has it: one that goes back is refused, until the other side has forgotten.
proto=udp
step $((50 * year))
start_b
start_a
check_true 'a handshake ahead of time is taken' until_true 10 reaches 10.77.0.2
stop_relay a
step $((51 * year))
start_a
check_true 'and one that is later' until_true 10 reaches 10.77.0.2
stop_relay a
step 0
start_a
check_false 'an earlier one is not' until_true 3 reaches 10.77.0.2
check_true 'but the relay lives' relay_works "${RELAY[a]}"
stop_relay b
start_b
check_true 'until the other side begins anew' until_true 20 reaches 10.77.0.2
stop_relays

finish
