#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# tunic apply: the interfaces of files are made so; nothing is changed where a file is wrong, and
# nothing is done twice.
#
#     ┌── the script's namespace ──────┐      ┌── "away" ──┐   ┌── "far" ──┐
#     │ x0 … x999  veth0  bridge7       │ ───▶ │ a1, a2     │   │ f1        │
#     └────────────────────────────────┘      └────────────┘   └───────────┘

# shellcheck source=tests/netns/common
. "$(dirname "$0")/common" "$@"
need script strace

ip link add name bridge7 type bridge
ip link add veth0 type veth peer name veth1
cd "$SCRATCH" || exit 1

# The TUN/TAP interfaces there are, in one line.
present() {
    here ip -br link show type tun | cut -d' ' -f1 | cut -d@ -f1 | sort -V | paste -sd' '
}

# file TEXT: what the next check applies.
file() {
    printf '%s' "$1" >file
}

# From standard input.
stdin() {
    "$TUNIC" "$@" <file
}

# told MESSAGE…: a line each, of the last run.
told() {
    check_stderr "told: $1" "$(printf 'tunic: %s\n' "$@")"
}

# unchanging WHAT FILE…: they change nothing, and say nothing.
unchanging() {
    local what=$1
    shift
    until_true 5 settled
    listen
    check "$what: exit code" 0 requests "$TUNIC" apply "$@"
    check_equal "$what: no event" '' "$(heard)"
    check_equal "$what: output" '' "$(cat "$STDOUT" "$STDERR")"
    check_equal "$what: no request" '' "$REQUESTS"
    check "$what: check" 0 "$TUNIC" apply check "$@"
    check_equal "$what: check says nothing" '' "$(cat "$STDOUT" "$STDERR")"
}

# Nothing that the kernel still changes of itself.
settled() {
    local before
    before=$(whole)
    [ "$before" = "$(whole)" ]
}

# refused EXIT WHAT: the file is refused, and changes nothing.
refused() {
    local before
    before=$("$TUNIC" -j show)
    check "$2" "$1" "$TUNIC" apply file
    check_equal "$2: nothing is printed" '' "$(cat "$STDOUT")"
    check_equal "$2: nothing is changed" "$before" "$("$TUNIC" -j show)"
}

# ---- made, changed, nothing to do ----
file '# what the guests need
x1 mode tap user 1234 mtu 1400 addr 10.1.0.1/24 addr 2001:db8::1/64 nodad master bridge7 \
    alias "two words # no comment" up   # a comment
	 # blanks alone before it

dev mode mode tun user any
"x3" mode "t"ap alias "\"quoted\" \\ back" down
name up mode tun down
x#4 mode tun user 0
'
check 'check of what is missing' 4 "$TUNIC" apply check file
check_stdout 'tells each' 'x1: missing -> created
mode: missing -> created
x3: missing -> created
up: missing -> created
x#4: missing -> created'
check_equal 'and makes nothing' '' "$(present)"
check 'apply' 0 "$TUNIC" apply file
check_equal 'prints nothing' '' "$(cat "$STDOUT" "$STDERR")"
check_equal 'made all' 'mode up x1 x3 x#4' "$(present)"
check_equal 'as they are to be' '1400 two words # no comment bridge7 1234 true true' \
    "$(link x1 '[.mtu, .ifalias, .master, .linkinfo.info_data.user, .linkinfo.info_data.persist,
        (.flags | index("UP") != null)] | map(tostring) | join(" ")')"
check_equal 'with addresses' $'10.1.0.1 24 global\n2001:db8::1 64 global' "$(addresses x1)"
check_equal 'with quotes' '"quoted" \ back' "$(link x3 .ifalias)"
indexes=$(ip -j link | jq -c 'map(.ifindex)')
unchanging 'a second time' file
check_equal 'nor is one made anew' "$indexes" "$(ip -j link | jq -c 'map(.ifindex)')"
check 'from standard input' 0 stdin apply -
check 'check from standard input' 0 stdin apply - check
ip link set x1 mtu 1300 down
ip link del x3
sed -i 's/alias "two.*comment" up/alias other up/' file
check 'check of what differs' 4 "$TUNIC" apply check file
check_stdout 'tells each difference' "x1: mtu 1300 -> 1400
x1: alias 'two words # no comment' -> 'other'
x1: addr + 2001:db8::1/64
x1: down -> up
x3: missing -> created"
check 'then it is made so' 0 "$TUNIC" apply file
unchanging 'and stays' file
listen
ip link set x1 alias heard
check_true 'a change would be heard' test -n "$(heard)"
check 'quiet' 1 "$TUNIC" -q apply nosuch
check_stderr 'is quiet' ''
clear_interfaces

# ---- files ----
printf 'x1 mode tap\n' >one
printf 'x2 mode tun\r\nx3 mode tap alias "a\tb" \\\r\n  mtu 1400\r\n' >two
check 'several files, one with line ends of another system' 2 "$TUNIC" apply one two
told "two:2: apply x3: alias 'a\\x09b': it contains control bytes"
check_equal 'one that is wrong stops the others' '' "$(present)"
sed -i 's/a\tb/a b/' two
check 'several files' 0 "$TUNIC" apply one two
check_equal 'are all made' 'x1 x2 x3' "$(present)"
check_equal 'their lines whole' 'a b 1400' "$(link x3 '"\(.ifalias) \(.mtu)"')"
unchanging 'and stay' one two
: >empty
printf '# nothing\n\n  \n' >nothing
check 'empty ones' 0 "$TUNIC" apply empty nothing
check_equal 'say nothing' '' "$(cat "$STDOUT" "$STDERR")"
check 'check of them' 0 "$TUNIC" apply check empty
check 'no file' 2 "$TUNIC" apply
check 'check alone is no file' 2 "$TUNIC" apply check
cp one check
check 'a file of that name' 0 "$TUNIC" apply ./check
printf 'x9 mode tap\n' >late
check 'one that is missing' 1 "$TUNIC" apply late nosuch
told "apply: cannot open 'nosuch': No such file or directory"
check 'a folder' 1 "$TUNIC" apply late .
told '.: apply: cannot read the file: Is a directory'
chmod 600 one
check 'one that may not be read' 6 as 1234:1234 "$PROGRAM" -f "$NODE" apply "$SCRATCH/one"
check_stderr_like 'is told' "cannot open '.*/one': Permission denied"
check_equal 'all this made nothing' 'x1 x2 x3' "$(present)"
printf 'x8 mode tap\nx9 mode\0 tap\n' >file
refused 2 'a NUL byte'
told 'file:2: apply: it holds a NUL byte'
file $'x8 mode tap\nx9 mode tap alias "open\n'
refused 2 'an open quote'
told "file:2: apply: a '\"' is not closed"
clear_interfaces

# ---- what is wrong is told, with its place, before anything is changed ----
seq -f 'x%.0f mode tap mtu 1400 addr 10.1.0.1/32 up' 0 999 >thousand
sed '700s/mtu/mut/' thousand >file
refused 2 'an error in line 700 of 1,000'
told "file:700: apply x699: unknown word 'mut' (did you mean 'mtu'?)"
check 'in check too' 2 "$TUNIC" apply check file
check_stdout 'which tells nothing else' ''
file 'x1 mode tap mtu 1
x2 mode tap
vm2 up
tun3 mac 02:00:5e:10:00:01
x4 mode tap route 10.0.0.0/8 route 10.0.0.0/8
x5 mode tap carrier on
x6 x7 mode tap
mode tap
x9/1 mode tap
x%d mode tap
x10 mode tap user nobody-at-all
add x11 mode tap
x12 mode tap netns
'
refused 2 'several errors'
check_equal 'each is told' '1 3 4 5 6 7 8 9 10 11 12 13' \
    "$(sed -nE 's/^tunic: file:([0-9]+): apply.*/\1/p' "$STDERR" | paste -sd' ')"
check_stderr_like 'a value' "^tunic: file:1: apply x1: mtu '1': .*68 to 65535"
check_stderr_like 'a mode' '^tunic: file:3: apply vm2: the mode is missing'
check_stderr_like 'what a tun cannot have' "^tunic: file:4: apply tun3: 'mac' belongs to tap"
check_stderr_like 'a route' "^tunic: file:5: apply x4: route '10.0.0.0/8' is given twice"
check_stderr_like 'what only set does' "^tunic: file:6: apply x5: 'carrier' has no place here"
check_stderr_like 'two names' "^tunic: file:7: apply x6: .*'x7'"
check_stderr_like 'no name' '^tunic: file:8: apply: '
check_stderr_like 'no user' "^tunic: file:11: apply x10: user 'nobody-at-all': there is no such user"

# ---- once only ----
file $'x1 mode tap\nx2 mode tap\nx1 mode tap\nx1 mode tun\n'
refused 2 'a name in several lines'
told 'file:3: apply x1: it is there already, in file:1' \
    'file:4: apply x1: it is there already, in file:3'
check 'a name in two files' 2 "$TUNIC" apply late file one
check_stderr_like 'is told with both places' \
    '^tunic: one:1: apply x1: it is there already, in file:4$'
check_equal 'and nothing is done' '' "$(present)"

# ---- what the kernel refuses ----
ip link add x500 type bridge
sed '700s/$/ master veth0/' thousand >file
check 'refusals' 4 "$TUNIC" apply file
told 'file:501: apply x500: it is not a TUN/TAP interface: it is a bridge interface' \
    'file:700: apply x699: cannot set master veth0: that interface takes no members: it is no bridge, bond or VRF'
check_equal 'the others are made' 998 "$(present | wc -w)"
check_equal 'and complete' 998 "$(ip -br -4 addr show up type tun | grep -c '10.1.0.1/32')"
check_false 'and of that one nothing is left' ip link show x699
ip link del x500
sed -i 's/veth0/bridge7/' file
check 'mended' 0 "$TUNIC" apply file
check_equal 'a second time makes all' 1000 "$(present | wc -w)"
check_equal 'as it is to be' bridge7 "$(link x699 .master)"
unchanging 'and no third one does anything' file
file $'tap7 master nosuch\nx1 mode tun\nveth0 mode tap\nx2 mtu 1300 mode tap\n'
check 'the first failure counts' 3 "$TUNIC" apply file
told "file:1: apply tap7: master 'nosuch': no such interface" \
    'file:2: apply x1: it is a tap interface, not a tun interface (this cannot be changed: delete it and add it anew)' \
    'file:3: apply veth0: it is not a TUN/TAP interface: it is a veth interface'
check_equal 'the last line is done' 1300 "$(link x2 .mtu)"
check 'check tells of them too' 4 "$TUNIC" apply check file
check_stderr_like 'each' '^tunic: file:3: apply veth0: it is not a TUN/TAP interface'
clear_interfaces

# ---- progress ----
tty() {
    script -qec "$1" /dev/null
}
grep -v x500 thousand >file
check 'on a terminal' 0 tty "'$TUNIC' apply file"
check_stdout_like 'progress is shown' 'tunic: apply: [0-9]+ of 999'
check_equal 'and cleared' '' "$(sed 's/.*\r\x1b\[K//' "$STDOUT" | tr -d '\r\n')"
clear_interfaces
check 'quiet' 0 tty "'$TUNIC' -q apply file"
check_stdout 'it is not' ''
clear_interfaces
check 'piped' 0 "$TUNIC" apply file
check_equal 'nor there' '' "$(cat "$STDOUT" "$STDERR")"
clear_interfaces

# ---- namespaces ----
namespace away
away=$NAMESPACE
namespace far
far=$NAMESPACE
file "x1 mode tap
a1 mode tap netns $away addr 10.2.0.1/24 up
f1 mode tun netns $far mtu 1300
a2 mode tun netns $away
x2 mode tap
"
"$TUNIC" add a2 mode tun # here, and to be moved
check 'check in several namespaces' 4 "$TUNIC" apply check file
check_stdout 'tells of each' 'x1: missing -> created
x2: missing -> created
a2: netns: moved
a1: missing -> created
f1: missing -> created'
check 'several namespaces' 0 "$TUNIC" apply file
check_equal 'here' 'x1 x2' "$(present)"
check_equal 'in one' 'a1 a2' "$(space=away present)"
check_equal 'in the other' f1 "$(space=far present)"
check_equal 'as it is to be' '10.2.0.1 24 global 1300' \
    "$(space=away addresses a1) $(space=far link f1 .mtu)"
unchanging 'a second time' file
check 'check there' 0 "$TUNIC" apply check file
printf 'x3 mode tap\nb1 mode tap netns nowhere\nf2 mode tap netns %s\n' "$far" >file
check 'one that there is not' 1 "$TUNIC" apply file
told "file:2: apply b1: cannot enter the network namespace 'nowhere': there is none of this name ('ip netns' lists them)"
check_equal 'the rest is done' 'x1 x2 x3 f1 f2' "$(present) $(space=far present)"
printf 'n1 mode tap\n' >file
check 'with -n' 0 "$TUNIC" -n "$far" apply file
check_equal 'it is there' 'f1 f2 n1' "$(space=far present)"
clear_interfaces

# ---- who uses it ----
hold one x1:1002 # transient
hold two x2:1001
"$TUNIC" set x2 up
file $'x1 mode tap mtu 1400\nx2 mode tun mtu 1300 up\n'
check 'what is held' 0 "$TUNIC" apply file
check_equal 'is changed' '1400 1300' "$(link x1 .mtu) $(link x2 .mtu)"
check_equal 'and transient all the same' false "$(link x1 .linkinfo.info_data.persist)"
unchanging 'a second time' file
file $'x1 mode tap user 1234\nx3 mode tap\n'
check 'but not its owner' 5 "$TUNIC" apply file
check_stderr_like 'as told' "^tunic: file:1: apply x1: .*held by hold\[${HOLDER[one]}\]"
check_equal 'the others are done' 'x1 x2 x3' "$(present)"
release one
release two
clear_interfaces

"$TUNIC" add x1 mode tap user 1234
chmod 644 file
file $'x1 mode tap user 1234\n'
check 'an ordinary user: nothing to change' 0 as 1234:1234 "$PROGRAM" -f "$NODE" apply - <file
file $'x1 mode tap mtu 1400\nx2 mode tap\n'
check 'an ordinary user' 6 as 1234:1234 "$PROGRAM" -f "$NODE" apply "$SCRATCH/file"
check_stderr_like 'changes nothing' ':1: apply x1: cannot set mtu 1400: .*this user may not'
check_stderr_like 'and makes nothing' ':2: apply x2: cannot create the interface: this user may not'
check_equal 'at all' 'x1 1500' "$(present) $(link x1 .mtu)"

finish
