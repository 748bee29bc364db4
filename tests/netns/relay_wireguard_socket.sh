#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Who may read a key file, and who may speak to the socket that `wg` uses. One namespace, "a", and no
# other end; the users are 1234 and 1235.

# shellcheck source=tests/netns/wireguard
. "$(dirname "$0")/wireguard" "$@"
namespace a
keys a b c
chmod 755 "$SCRATCH"
his=$SCRATCH/his
mkdir -m 755 "$his"
cp "$keys/a" "$his/key"
chown -R 1234:1234 "$his"
wg=$(command -v wg)
peer=(peer "${PUBLIC[b]}" endpoint 127.0.0.1:51820 allow "$everything")
tunic() {
    inside a "$TUNIC" "$@"
}
# wg_as UID WORDS…: wg as this user.
wg_as() {
    local user=$1
    shift
    as "$user:$user" "$wg" "$@"
}
mode_and_owner() {
    stat -c '%a %u %F' "$1"
}

# ---- key files ----
for mode in 644 640 604 620 666; do
    chmod "$mode" "$keys/a"
    check "a key file of mode $mode" 6 tunic relay wga mode tun key "$keys/a" "${peer[@]}"
    check_stderr_like 'is refused with the way out' 'chmod'
done
chmod 400 "$keys/a"
check 'one that is not there' 1 tunic relay wga mode tun key "$keys/none" "${peer[@]}"
check_stderr_like 'is told' 'none'
chmod 600 "$keys/a"
for text in '' 'no key' "$(cat "$keys/a")$(cat "$keys/a")" "$(head -c 40 "$keys/a")"; do
    (umask 077 && printf '%s\n' "$text" >"$keys/bad")
    check_false "'${text:0:6}…' is no key" tunic relay wga mode tun key "$keys/bad" "${peer[@]}"
    check_stderr_unlike 'and is not shown' "$(head -c 20 "$keys/a")"
done
check_false 'nothing was made' ip -n "tunic-$test_id-a" link show wga

# ---- the socket of root's ----
device a key "$keys/a" "${peer[@]}" && {
    check_equal 'the socket is for its owner alone' '600 0 socket' \
        "$(mode_and_owner "$sockets/wga.sock")"
    check 'root may ask' 0 wg show wga public-key
    check_stdout 'and is told' "${PUBLIC[a]}"
    check_false 'others may not' wg_as 1235 show wga
    check_false 'not even who it runs as, who is nobody' wg_as 65534 show wga public-key
    check 'a second one of the name' 5 tunic relay wga key "$keys/c" "${peer[@]}"
    check 'is no matter for the first' 0 wg show wga public-key
    check_stdout 'which still answers' "${PUBLIC[a]}"

    # ---- what it gave up ----
    check_false 'a mark needs what it gave up' wg set wga fwmark 7
    check_stderr_like 'which is the answer' 'Operation not permitted|Permission denied'
    check_equal 'and is not set' off "$(wg show wga fwmark)"
    check_false 'so does a low port' wg set wga listen-port 80
    check 'the same mark is no change' 0 wg set wga fwmark 0
    check 'another port it may have' 0 wg set wga listen-port 40000
    check_equal 'and has' 40000 "$(wg show wga listen-port)"
    check_true 'really' test -n "$(inside a ss -Hlnu 'sport = :40000')"
    check 'any port' 0 wg set wga listen-port 0
    check_true 'is another one' test "$(wg show wga listen-port)" -gt 0
}
# ---- a socket that was left ----
kill -KILL "${RELAY[a]}"
wait "${RELAY[a]}" 2>/dev/null
check_true 'killed, it leaves its socket' test -S "$sockets/wga.sock"
device a key "$keys/b" listen 40001 peer "${PUBLIC[c]}" allow "$everything" && {
    check 'the next one takes its place' 0 wg show wga public-key
    check_stdout 'and answers' "${PUBLIC[b]}"
}
stop_relay a
check_equal 'it ends well' 0 "$STATUS"
device a control off key "$keys/b" listen 40001 peer "${PUBLIC[c]}" allow "$everything" &&
    check_false 'none where none is wanted' wg show wga
stop_relay a
device a user 1234 key "$keys/b" listen 40001 peer "${PUBLIC[c]}" allow "$everything" && {
    check_equal "the interface's owner has it" '600 1234 socket' \
        "$(mode_and_owner "$sockets/wga.sock")"
    check 'and may ask' 0 wg_as 1234 show wga public-key
    check_false 'others may not' wg_as 1235 show wga public-key
}
stop_relay a

# ---- that of an ordinary user ----
check 'an interface of his' 0 tunic add wga mode tun user 1234 addr 10.77.0.1/24 up
become 1234:1234
his_relay() {
    ip netns exec "tunic-$test_id-a" "${become[@]}" "$PROGRAM" -j -f "$NODE" relay wga "$@" \
        >"$errors/a.json" 2>"$errors/a" </dev/null &
    RELAY[a]=$!
    until_true 5 relay_works "${RELAY[a]}" || fail "a user's relay" "$(cat "$errors/a")"
}
rm -f "$sockets/wga.sock"
his_relay key "$his/key" "${peer[@]}"
check_equal 'where he may not make a socket there is one warning' 1 "$(wc -l <"$errors/a")"
check_true 'of it' grep -q "$sockets/wga.sock" "$errors/a"
stop_relay a
check_equal 'and it works' 0 "$STATUS"
his_relay key "$his/key" control "$his/wga.sock" "${peer[@]}"
check_equal 'where he may it is his' '600 1234 socket' "$(mode_and_owner "$his/wga.sock")"
check_equal 'without a warning' '' "$(cat "$errors/a")"
# wg looks nowhere else.
touch "$sockets/wga.sock"
mount --bind "$his/wga.sock" "$sockets/wga.sock"
check 'he may ask' 0 wg_as 1234 show wga public-key
check_stdout 'and is told' "${PUBLIC[a]}"
check_false 'others may not' wg_as 1235 show wga
check 'root may' 0 wg set wga peer "${PUBLIC[b]}" persistent-keepalive 7
check_equal 'and change it' 7 "$(told a persistent-keepalive)"
umount "$sockets/wga.sock"
stop_relay a
chmod 644 "$his/key"
check 'his key file, open to others' 6 ip netns exec "tunic-$test_id-a" "${become[@]}" \
    "$PROGRAM" -f "$NODE" relay wga key "$his/key" "${peer[@]}"
check "somebody else's" 6 ip netns exec "tunic-$test_id-a" "${become[@]}" \
    "$PROGRAM" -f "$NODE" relay wga key "$keys/b" "${peer[@]}"

finish
