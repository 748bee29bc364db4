#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Who holds an interface, as root and as an ordinary user see it.
#
#     ┌── the script's namespace ───────┐        ┌── "blue" ────────────────┐
#     │ x7 ◀── hold "here"              │        │ x7 ◀── hold "there"      │
#     │                                 │        │                          │
#     │ came ◀──────────────────────────┼────────┼── hold "behind": came was │
#     │                                 │        │   moved after it attached │
#     │ hold "behind2" ─────────────────┼────────┼─▶ went                   │
#     └─────────────────────────────────┘        └──────────────────────────┘

# shellcheck source=tests/netns/common
. "$(dirname "$0")/common" "$@"

namespace blue
blue=$NAMESPACE

# Column HELD BY of the table, for one interface.
held_by() {
    here "$TUNIC" show "$1" | awk 'NR == 1 {at = index($0, "HELD BY")} NR == 2 && at {
        text = substr($0, at); sub(/  .*/, "", text); print text}'
}
# The lines "held by" of the details, without their label.
details() {
    here "$TUNIC" -d show "$1" | sed -n 's/^ *held by *//p'
}
processes() {
    here "$TUNIC" -j -d show "$1" | jq -c '.[0].processes'
}

# ---- here and elsewhere, under one name ----
"$TUNIC" add x7 came mode tap
"$TUNIC" -n "$blue" add x7 went mode tap
hold here x7:1002
holding=(ip netns exec "$blue")
hold there x7:1002
hold behind2 went:1002
holding=()
ip -n "$blue" link set dev went netns 1
"$TUNIC" del came
holding=(ip netns exec "$blue")
ip link set dev went netns "$blue"
ip -n "$blue" tuntap add dev came mode tap
hold behind came:1002
holding=()
ip -n "$blue" link set dev came netns 1
release behind2
hold behind2 gone:1002
ip link set dev gone netns "$blue" name went2

check_equal 'the table, here' "hold[${HOLDER[here]}]" "$(held_by x7)"
check_equal 'the table, there' "hold[${HOLDER[there]}]" "$(space=blue held_by x7)"
check_equal 'details, here' "hold[${HOLDER[here]}], user root" "$(details x7)"
check_equal 'details, there' "hold[${HOLDER[there]}], user root" "$(space=blue details x7)"
check_equal 'JSON, here' \
    "[{\"name\":\"hold\",\"pid\":${HOLDER[here]},\"user_name\":\"root\",\"queues\":1,\"certain\":true}]" \
    "$(processes x7)"
check_equal 'JSON, there' "${HOLDER[there]} true" \
    "$(space=blue processes x7 | jq -r '.[] | "\(.pid) \(.certain)"')"
check_equal 'with -n' "${HOLDER[there]}" "$("$TUNIC" -n "$blue" -j -d show x7 | jq '.[].processes[].pid')"
check 'lines' 0 "$TUNIC" -o -d show x7
check_stdout 'are those of ip tuntap' \
    "$(printf 'x7: tap persist user 0\n\tAttached to processes: hold(%s)' "${HOLDER[here]}")"
check_equal 'one that came with its holder left behind' "hold[${HOLDER[behind]}]" "$(held_by came)"
check_equal 'one that went, renamed, with its holder left behind' "hold[${HOLDER[behind2]}]" \
    "$(space=blue held_by went2)"
check 'add, here' 4 "$TUNIC" add x7 mode tap
check_stderr_like 'names the one here' "\(tap, owned by root, held by hold\[${HOLDER[here]}\]\); 'tunic ensure'"
check 'add, there' 4 "$TUNIC" -n "$blue" add x7 mode tap
check_stderr_like 'names the one there' "held by hold\[${HOLDER[there]}\]"
check 'del, there' 5 "$TUNIC" -n "$blue" del x7
check_stderr_like 'names the one there' "it is in use: held by hold\[${HOLDER[there]}\]"
release here
check_equal 'free, although one of its name is held elsewhere' 'no process' "$(details x7)"
check 'and so it can be deleted' 0 "$TUNIC" del x7
check 'not the other' 5 "$TUNIC" -n "$blue" del x7
release there
check 'then that one, too' 0 "$TUNIC" -n "$blue" del x7
release behind
release behind2
check 'the others' 0 "$TUNIC" del came
clear_interfaces
space=blue clear_interfaces

# ---- queues ----
"$TUNIC" add x7 mode tap multi_queue
hold one x7:1102 x7:1102 x7:1102
check_equal 'three queues of one process' "hold[${HOLDER[one]}]" "$(held_by x7)"
check_equal 'in details' "hold[${HOLDER[one]}], user root, 3 queues" "$(details x7)"
check_equal 'in JSON' '3 3' "$("$TUNIC" -j -d show x7 | jq -r '.[] | "\(.queues) \(.processes[].queues)"')"
hold two x7:1102
check_equal 'and one of another' "hold[${HOLDER[one]}] +1" "$(held_by x7)"
check_equal 'in details' "hold[${HOLDER[one]}], user root, 3 queues
hold[${HOLDER[two]}], user root, 1 queue" "$(details x7)"
check_true 'the head counts them' grep -q 'multi_queue, .* 4 queues attached$' <("$TUNIC" -d show x7)
hold three x7:1102:detached x7:1102
check_equal 'and one switched off' "hold[${HOLDER[three]}], user root, 1 queue, 1 switched off" \
    "$(details x7 | tail -n 1)"
check_equal 'in JSON' '5 1 1' "$("$TUNIC" -j -d show x7 | jq -r '.[] |
    "\(.queues) \(.disabled_queues) \(.processes[2].disabled_queues)"')"
check 'add' 4 "$TUNIC" add x7 mode tap
check_stderr_like 'counts processes' "held by hold\[${HOLDER[one]}\] and 2 more"
release one
release two
tell three close
check_equal 'a queue that is switched off, alone, holds it' \
    "hold[${HOLDER[three]}], user root, 0 queues, 1 switched off" "$(details x7)"
check_equal 'in the table' "hold[${HOLDER[three]}]" "$(held_by x7)"
check_equal 'as a selector says' x7 "$("$TUNIC" -j show held | jq -r '.[].ifname')"
check 'del' 5 "$TUNIC" del x7
release three
check_equal 'and then none' '' "$(held_by x7)"
check 'del' 0 "$TUNIC" del x7

# ---- a descriptor that was inherited ----
"$TUNIC" add x7 mode tun
hold one -f x7:1001
child=$(pgrep -P "${HOLDER[one]}")
check_equal 'parent and child' "hold[${HOLDER[one]}] +1" "$(held_by x7)"
release one
check_equal 'the child alone' "hold[$child]" "$(held_by x7)"
check 'is enough' 5 "$TUNIC" del x7
check_stderr_like 'and is named' "held by hold\[$child\]"
kill "$child"
check 'until it is gone' 0 "$TUNIC" wait x7 free timeout 5
check 'then' 0 "$TUNIC" del x7

# ---- other users ----
"$TUNIC" add x7 mode tun user 1234
"$TUNIC" add x8 mode tun
"$TUNIC" add x9 mode tun
become 1234:1234
holding=("${become[@]}")
hold user -n "$NODE" x7:1001
holding=()
hold root x8:1001
ip link set x8 up
check_equal 'another user, seen by root' "hold[${HOLDER[user]}], user 1234" "$(details x7)"
check 'root deletes it' 5 "$TUNIC" del x7
check_stderr_like 'not, but is told' "held by hold\[${HOLDER[user]}\]"
check 'the user himself sees it' 0 as 1234:1234 "$PROGRAM" -d show x7
check_stdout_like 'without certainty' \
    "^ *held by *hold\[${HOLDER[user]}\], user 1234 \(by its name alone: root can tell for certain\)"
check 'in the table' 0 as 1234:1234 "$PROGRAM" show x7
check_stdout_like 'with a mark' "hold\[${HOLDER[user]}\]\?"
check 'and in JSON' 0 as 1234:1234 "$PROGRAM" -j -d show x7
check_equal 'so' "${HOLDER[user]} false" "$(jq -r '.[].processes[] | "\(.pid) \(.certain)"' "$STDOUT")"
check "root's holder, seen by the user" 0 as 1234:1234 "$PROGRAM" -d show x8
check_stdout_like 'is known to be there' '^ *held by *a process that this user cannot see$'
check 'in the table' 0 as 1234:1234 "$PROGRAM" show
check_stdout_like 'it is hidden' '^x8 .*\(hidden\)'
check_stderr 'and nothing is complained of' ''
check_equal 'in JSON it has no processes' '[]' "$(as 1234:1234 "$PROGRAM" -j -d show x8 | jq -c '.[].processes')"
check 'a stranger sees that it is held' 0 as 1235:1235 "$PROGRAM" -d show x7 x9
check_stdout_like 'by somebody' '^ *held by *a process that this user cannot see$'
release user
release root
clear_interfaces

# A holder whose name is odd, and one whose own name is that of the interface.
cp "$HOLD" "$SCRATCH/we\"ird) x7"
"$TUNIC" add x7 mode tun
"$SCRATCH/we\"ird) x7" x7:1001 <>"$SCRATCH/user.in" >"$SCRATCH/odd.out" &
odd=$!
until_true 5 grep -q ready "$SCRATCH/odd.out"
check_equal 'an odd name' "we\"ird) x7[$odd], user root" "$(details x7)"
check_equal 'in JSON' 'we"ird) x7' "$("$TUNIC" -j -d show x7 | jq -r '.[].processes[].name')"
kill "$odd"
wait "$odd" 2>/dev/null

finish
