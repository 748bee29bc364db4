#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Holds together what tells of the command line: the tables (by `tunic help`), the man pages, what
# a shell is offered, and the JSON of `show`. What is in one of them must be in the others.

# shellcheck source=tests/library.sh
. "$(dirname "$0")/../library.sh"
isolate "$@"
need jq perl

man=$ROOT/man
mkdir "$SCRATCH/empty" # of files, which a shell is offered
cd "$SCRATCH/empty" || exit 1

# check_lists WHAT EXPECTED ACTUAL: the same lines, in whatever order.
check_lists() {
    check_equal "$1" "$(sort -u <<<"$2")" "$(sort -u <<<"$3")"
}

# check_part WHAT PART WHOLE: every line of PART is one of WHOLE.
check_part() {
    check_equal "$1" '' "$(comm -23 <(sort -u <<<"$2") <(sort -u <<<"$3"))"
}

# ---- what the program says of itself ----

help_commands() {
    "$TUNIC" help | sed -n '/^commands:/,/^$/s/^  \([a-z]\+\) .*/\1/p'
}

# Keywords and the options behind them: a line each, at most four blanks before it.
help_keywords() {
    "$TUNIC" help "$1" | grep -E '^ {2,4}[a-z]' | awk '{print $1}'
}

# The keywords alone.
help_rows() {
    "$TUNIC" help "$1" | sed -nE 's/^ {2}([a-z_-]+).*/\1/p'
}

# The options of one of them.
help_nested() {
    "$TUNIC" help "$1" | awk -v keyword="$2" '/^  [a-z]/ { inside = $1 == keyword }
        /^    [a-z]/ && inside { print $1 }'
}

# "-j --json", or "- --force" where there is no letter.
help_options() {
    "$TUNIC" help | sed -nE 's/^  (-.), (--[a-z-]+).*/\1 \2/p; s/^ {6}(--[a-z-]+).*/- \1/p'
}

# ---- what the man pages say ----

# The words that have an entry of their own.
page_keywords() {
    sed -nE 's/^\.It Cm ([a-z_-]+).*/\1/p' "$man/$1.8"
}

page_options() {
    sed -nE 's/^\.It Fl Fl ([a-z-]+).*/- --\1/p
        s/^\.It Fl (.) , Fl Fl ([a-z-]+).*/-\1 --\2/p' "$man/tunic.8"
}

# The rows of a table in tunic-show(8): the keys of an interface, or those that an event has too.
page_table() {
    awk -v wanted="$1" '/^\.Bl -column/ { table++ } table == wanted && /^\.It Va/' \
        "$man/tunic-show.8"
}

page_keys() {
    page_table "$1" | awk '{ print $3 }'
}

# ---- what a shell is offered ----

offered() {
    "$TUNIC" __complete -- "$@" '' | cut -f 1
}

# Behind a keyword and its value, what is offered there first: its options.
offered_options() {
    offered "$@" | head -n "$(help_nested "$1" "$3" | wc -l)"
}

# ---- commands and options ----

commands=$(help_commands)
check_true 'help lists the commands' test "$(wc -l <<<"$commands")" -ge 8
check_lists 'tunic(8) has every command, and no other' "$commands" "$(page_keywords tunic)"
check_lists 'a shell is offered every command' "$commands" "$(offered)"
check_lists 'tunic(8) has every option, and no other' "$(help_options)" "$(page_options)"
check_lists 'a shell is offered every option' "$(help_options | cut -d ' ' -f 2)" \
    "$("$TUNIC" __complete -- -- | cut -f 1)"

check 'an option that no command has anything to do with' 0 "$TUNIC" -V add tap9
check_stdout_like 'is not offered beside one: the version is printed' '^tunic [0-9]'
check_false 'and nothing else is done' ip link show tap9

# ---- keywords ----

# Where a page says that another describes them.
described_elsewhere() {
    case $1 in
    ensure | set | relay) page_keywords tunic-add ;;
    del) page_keywords tunic-add && page_keywords tunic-show ;;
    esac
}

for command in $commands; do
    keywords=$(help_keywords "$command")
    page=tunic-$command
    if [ ! -e "$man/$page.8" ]; then
        check_equal "$command has no page, and help does not name one" 'more: man tunic' \
            "$("$TUNIC" help "$command" | tail -n 1)"
        check_equal "$command has no keywords that a page must have" '' "$keywords"
        continue
    fi
    check_equal "help names the page of $command" "more: man $page" \
        "$("$TUNIC" help "$command" | tail -n 1)"
    check_part "$page(8) has every keyword" "$keywords" \
        "$(page_keywords "$page")
$(described_elsewhere "$command")"
    known=$keywords
    # The attributes' page has those of the other commands too.
    [ "$command" != add ] || known+=$'\n'$(help_keywords set)
    check_part "$page(8) has no other" "$(page_keywords "$page")" "$known"
    check_part "tunic.8 refers to $page(8)" "$page" \
        "$(sed -nE 's/^\.Xr (tunic-[a-z]+) 8.*/\1/p' "$man/tunic.8")"
    # Options of a keyword are offered behind it alone, `dev` is no row of a table.
    check_lists "a shell is offered the keywords of $command" "$(help_rows "$command")" \
        "$(offered "$command" | grep -vx dev)"
done

public_key=hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=
while read -r command keyword value; do
    nested=$(help_nested "$command" "$keyword")
    check_true "$keyword of $command has options" test -n "$nested"
    check_lists 'and a shell is offered them behind it' "$nested" \
        "$(offered_options "$command" x "$keyword" "$value")"
done <<END
set addr fd00::/64
set route fd00::/64
relay addr fd00::/64
relay route fd00::/64
relay peer $public_key
attach replay file
END

# ---- every page is reached and sound ----

for page in "$man"/*.[58]; do
    name=$(basename "$page")
    case $name in
    tunic.8 | tunic-compat.8) ;;
    *.5) check_true "tunic.8 refers to $name" grep -q "^.Xr ${name%.5} 5" "$man/tunic.8" ;;
    *)
        name=${name%.8}
        check_part "$name(8) is a command's" "${name#tunic-}" "$commands"
        ;;
    esac
    while read -r other section; do
        check_true "$name refers to $other($section), which exists" test -e "$man/$other.$section"
    done < <(sed -nE 's/^\.Xr (tunic[a-z.-]*) ([58]).*/\1 \2/p' "$page")
done

# ---- files ----

# The example of tunic.conf(5), with users and a namespace that there are.
namespace blue
sed -n '/^\.Bd -literal/,/^\.Ed/p' "$man/tunic.conf.5" | grep -v '^\.' |
    sed -e 's/\\e$/\\/' -e 's/ alice / daemon /' -e 's/ kvm / bin /' -e 's/ vpn / bin /' \
        -e "s/ netns blue / netns $NAMESPACE /" >"$SCRATCH/example"
check 'the example of tunic.conf(5) can be applied' 4 "$TUNIC" apply check "$SCRATCH/example"
check_stderr 'without a word' ''
check_equal 'all of it' 5 "$(grep -c 'missing -> created' "$STDOUT")"

# ---- JSON ----

# One interface for each thing that may be said of one.
"$TUNIC" add plain0 mode tun user any || exit 1
ip link add name trunk type bridge
"$TUNIC" add rich0 mode tap user daemon group bin master trunk alias text altname another \
    addr 10.0.0.1/24 broadcast + addr 10.1.0.1/32 peer 10.1.0.2 addr fd00::1/64 nodad \
    addr fd00:1::1/64 route 10.9.0.0/16 via 10.0.0.9 metric 7 up || exit 1
"$TUNIC" add many0 mode tun multi_queue || exit 1
"$TUNIC" add echo0 mode tap || exit 1
"$TUNIC" add late0 mode tap addr fd00:3::1/64 || exit 1
"$TUNIC" set late0 up || exit 1 # nobody holds it: the address stays tentative

# A process that holds one queue of many0 and another that is switched off, and sends back what
# comes by echo0: the kernel then believes that somebody else has the address it asks for.
cat >"$SCRATCH/hold" <<'PERL'
use strict;
sub attach {
    my ($name, $flags) = @_;
    open(my $node, "+<", "/dev/net/tun") or die "open: $!";
    my $request = pack("a16Sx22", $name, $flags);
    ioctl($node, 0x400454ca, $request) or die "$name: $!";
    return $node;
}
my $first = attach("many0", 0x1101);
my $second = attach("many0", 0x1101);
my $detach = pack("a16Sx22", "", 0x0400);
ioctl($second, 0x400454d9, $detach) or die "detach: $!";
my $echo = attach("echo0", 0x1002);
open(my $ready, ">", $ARGV[0]) or die;
close($ready);
while (sysread($echo, my $frame, 65536)) { syswrite($echo, $frame) }
PERL
perl "$SCRATCH/hold" "$SCRATCH/ready" &
until_true 10 test -e "$SCRATCH/ready" || exit 1
# By its nonce the kernel would know its own question.
echo 0 >/proc/sys/net/ipv6/conf/all/enhanced_dad
echo 0 >/proc/sys/net/ipv6/conf/echo0/enhanced_dad
"$TUNIC" set echo0 up addr fd00:2::1/64 || exit 1

show() {
    "$TUNIC" -j -d -s show
}
# shellcheck disable=SC2317 # called by until_true
duplicate_found() {
    show | jq -e 'any(.[].addr_info[]?; .dadfailed)'
}
until_true 20 duplicate_found || fail 'a duplicate address is found' "$(show | jq .)"

paths='.[] | paths | map(if type == "number" then "[]" else "." + . end) | join("") |
    ltrimstr(".") | select(endswith("[]") | not)'
check_lists 'tunic-show(8) has every key of the JSON, and no other' "$(show | jq -r "$paths")" \
    "$(page_keys 1)"
check_equal 'without options there is no key that belongs to one' '' \
    "$("$TUNIC" -j show | jq -r "$paths" | grep -E '^(processes|stats64)')"

# The types, and what is always there.
# shellcheck disable=SC2016 # jq's variables
types='.[] | . as $interface | paths | . as $path |
    {key: (map(if type == "number" then "[]" else "." + . end) | join("") | ltrimstr(".")),
     type: ($interface | getpath($path) | type)} | select(.key | endswith("[]") | not) |
    "\(.key) \(.type)"'
documented_types=$(page_table 1 | awk '{ print $3, $5 }' |
    sed -E 's/ text$/ string/; s/ (words|texts|objects)$/ array/')
check_lists 'and their types' "$(show | jq -r "$types")" "$documented_types"
always=$(page_table 1 | sed -nE 's/^\.It Va ([a-z0-9_]+) Ta .* Ta always$/\1/p')
check_part 'what is always there is' "$always" \
    "$(show | jq -r 'map(keys) | reduce .[1:][] as $one (.[0]; . - (. - $one)) | .[]')"

# ---- JSON of events ----

log=$SCRATCH/watch
"$TUNIC" -j show watch >"$log" &
watch=$!
until_true 10 grep -q rich0 "$log" || fail 'a watch begins'
ip link set plain0 name renamed0
until_true 10 grep -q old_ifname "$log" || fail 'a rename is an event' "$(cat "$log")"
kill "$watch"
wait "$watch"
check_lists 'tunic-show(8) has every key of an event, and no other' \
    "$(comm -23 <(jq -r "$paths" "$log" | sort -u) <(page_keys 1 | sort -u))" "$(page_keys 2)"

# ---- JSON of a doctor ----

page_doctor_keys() {
    sed -nE 's/^\.It Va ([a-z_]+) Ta (text|number) Ta .*/\1 \2/p' "$man/tunic-doctor.8"
}
{
    "$TUNIC" -j doctor nosuch
    "$TUNIC" -j doctor many0
} >"$SCRATCH/doctor"
check_lists 'tunic-doctor(8) has every key of the JSON, and no other' \
    "$(jq -r '.[] | to_entries[] | "\(.key) \(.value | type)"' "$SCRATCH/doctor" |
        sed 's/ string$/ text/')" "$(page_doctor_keys)"

# ---- JSON of a relay ----

# The first table: of every relay; the second one: of one with keys, too.
relay_keys() {
    awk -v last="$1" '/^\.Sh JSON/ { inside = 1 } /^\.Sh ENVIRONMENT/ { inside = 0 }
        inside && /^\.Bl -column/ { table++ } inside && table <= last' "$man/tunic-relay.8" |
        sed -nE 's/^\.It Va ([a-z_]+) Ta (text|number) Ta .*/\1 \2/p'
}

# shellcheck disable=SC2317 # called by until_true
has_heard() {
    kill -USR1 "$relay"
    grep -q "$1" "$log"
}
# reported_keys KEY: those of relay0, once it tells KEY. Both of them end.
reported_keys() {
    until_true 10 ip link show relay0 >/dev/null 2>&1 && until_true 10 has_heard "$1"
    kill "$relay" "$other"
    wait "$relay" "$other"
    jq -r '.[-1] | to_entries[] | "\(.key) \(.value | type)"' "$log" | sed 's/ string$/ text/'
}

# Two that speak with each other: IPv6 has something to say as soon as an interface is up.
log=$SCRATCH/relay
"$TUNIC" -j relay relay0 mode tun up insecure listen 127.0.0.1:5001 connect 127.0.0.1:5002 >"$log" &
relay=$!
"$TUNIC" relay relay1 mode tun up insecure listen 127.0.0.1:5002 connect 127.0.0.1:5001 &
other=$!
reported_keys silence >"$SCRATCH/keys"
check_lists 'tunic-relay(8) has every key of the JSON, and no other' "$(cat "$SCRATCH/keys")" \
    "$(relay_keys 1)"

# The pairs of RFC 7748, 6.1.
umask 077
echo dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo= >"$SCRATCH/alice"
echo XasIfmJKikt54X+Lg4AO5m87sSkmGLb9HC+LJ/+I4Os= >"$SCRATCH/bob"
"$TUNIC" -j relay relay0 mode tun up key "$SCRATCH/alice" listen 127.0.0.1:5001 control off \
    peer 3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08= endpoint 127.0.0.1:5002 >"$log" &
relay=$!
"$TUNIC" relay relay1 mode tun up key "$SCRATCH/bob" listen 127.0.0.1:5002 control off \
    peer "$public_key" endpoint 127.0.0.1:5001 &
other=$!
reported_keys handshake_age >"$SCRATCH/keys"
check_lists 'and of one with keys' "$(cat "$SCRATCH/keys")" "$(relay_keys 2)"

finish
