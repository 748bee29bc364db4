#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# How a command line is read: options, commands cut off, help; and many of them from a file.

# shellcheck source=tests/library.sh
. "$(dirname "$0")/../library.sh"
isolate "$@"
need jq

# The TUN/TAP interfaces there are, in one line.
present() {
    ip -br link show type tun | cut -d' ' -f1 | sort -V | paste -sd' '
}
# lines TEXT: the batch that the next check runs.
lines() {
    printf '%s' "$1" >"$SCRATCH/lines"
}
# From standard input.
stdin() {
    "$TUNIC" "$@" <"$SCRATCH/lines"
}
cd "$SCRATCH" || exit 1

# ---- batches ----
lines $'add x1 mode tap\nadd x2 mode tun mtu 1400\n\n'
check 'a batch' 0 "$TUNIC" -b lines
check_stdout 'prints nothing' ''
check_equal 'and is done' 'x1 x2' "$(present)"
lines $'show x1\nset x1 alias "two words"\n-j show x1\ndel x1 x2'
check 'from standard input, without a last line end' 0 stdin -b -
check_equal 'is done' '' "$(present)"
check_stdout_like 'and prints as each command does' '^x1 '
check_stdout_like 'with the options of the line' '"ifalias":"two words"'
lines $'# a comment\n   \t\n  add x1 mode tap # another\n#add x2 mode tap\nadd x3#1 mode tap\n\t\tset x1 alias "a # b"\n'
check 'comments, blanks and empty lines' 0 stdin --batch -
check_equal 'a # inside a word is none' 'x1 x3#1' "$(present)"
check_equal 'nor one in quotes' 'a # b' "$(ip -j link show x1 | jq -r '.[].ifalias')"
lines $'set x1 alias "say \\"hi\\" \\\\ \\n"\nset x3#1 alias "" mtu "1400"\nadd "x4" mode "t"ap\nset x4 alias a"b c"d\n'
check 'quotes' 0 stdin -b -
check_equal 'and what is escaped in them' 'say "hi" \ \n' "$(ip -j link show x1 | jq -r '.[].ifalias')"
check_equal 'in the middle of a word' 'ab cd' "$(ip -j link show x4 | jq -r '.[].ifalias')"
lines $'del x1 \\\n  x3#1 \\\n\n'
check 'lines that go on' 0 stdin -b -
check_equal 'are one' x4 "$(present)"
lines $'del \\\nx4\\'
check 'one that goes on at the end of the file' 0 stdin -b -
lines $'add x1 mode tap\r\nadd x2 mode tap\r\n'
check 'line ends of another system' 0 stdin -b -
check_equal 'are line ends' 'x1 x2' "$(present)"
lines ''
check 'an empty file' 0 stdin -b -
"$TUNIC" del x1 x2
lines $'add vm%d mode tap\nadd vm%d mode tap\nshow vm0 -o\n'
check 'chosen names' 0 stdin -b -
check_stdout 'are printed, in order with the rest' $'vm0\nvm1\nvm0: tap persist user 0'
"$TUNIC" del all

# ---- what fails ----
lines $'add x1 mode tap\n\n# comment\nadd x1 \\\n  mode tap\nadd x2 mode tap\n'
check 'a failure' 4 "$TUNIC" -b lines
check_stderr_like 'is told with its place' '^tunic: lines:4: add x1: already exists '
check_equal 'and ends it' x1 "$(present)"
check 'with --force' 4 "$TUNIC" -b lines --force
check_equal 'it goes on' 'x1 x2' "$(present)"
check_equal 'and tells of each' 'lines:1: lines:4:' "$(cut -d' ' -f2 "$STDERR" | paste -sd' ')"
"$TUNIC" del all
lines $'del nosuch\nadd mode\nbogus\nadd x1 mode tap\n'
check 'the first failure counts' 3 stdin -b - --force
check_equal 'of all' '-:1: -:2: -:3:' "$(cut -d' ' -f2 "$STDERR" | paste -sd' ')"
check_equal 'and the rest is done' x1 "$(present)"
"$TUNIC" del all
lines $'add x1 mode tap\nshow "x1\nadd x2 mode tap\n'
check 'an open quote' 2 stdin -b -
check_stderr_like 'is told with its place' "^tunic: -:2: a '\"' is not closed\$"
check_equal 'and ends it' x1 "$(present)"
printf 'add x2 mode tap\nsh\0w\n' >lines
check 'a NUL byte' 2 stdin -b -
check_stderr_like 'is told' '^tunic: -:2: it holds a NUL byte$'
"$TUNIC" del all
for line in '-n blue show' '-f /dev/null show' '-b other'; do
    lines "$line"$'\n'
    check "in a line: $line" 2 stdin -b -
    check_stderr_like 'is refused' '^tunic: -:1: namespace, device node and batch are chosen for the whole batch'
done
lines $'--bogus show\n'
check 'a wrong option in a line' 2 stdin -b -
check_stderr_like 'is told with its place' "^tunic: -:1: unknown option '--bogus'"
check 'a command beside it' 2 "$TUNIC" -b lines show
check 'a file that is missing' 1 "$TUNIC" -b nosuch
check_stderr "is told" "tunic: cannot open 'nosuch': No such file or directory"
check 'a folder' 1 "$TUNIC" -b .
check_stderr_like 'is told' '^tunic: .*Is a directory'
check 'an empty name' 2 "$TUNIC" -b ''
check 'no name' 2 "$TUNIC" -b
lines $'add x1 mode tap\nadd x1 mode tap\n'
check 'quiet' 4 stdin -q -b -
check_stderr 'is quiet' ''
"$TUNIC" del all

# ---- many ----
seq -f 'add vm%.0f mode tap mtu 1400' 0 332 >lines
seq -f 'set vm%.0f alias guest' 0 332 >>lines
seq -f 'show vm%.0f' 0 333 >>lines
check_equal 'a thousand lines' 1000 "$(wc -l <lines)"
check 'run until the last, which fails' 3 "$TUNIC" -b lines
check_stderr 'with its place' 'tunic: lines:1000: show vm333: no such interface'
check_equal 'all are made' 333 "$(present | wc -w)"
check_equal 'and shown' 333 "$(grep -c '^vm' "$STDOUT")"
{
    printf 'del'
    printf ' vm%s' {0..332}
} >lines
check 'a long line' 0 "$TUNIC" -b lines
check_equal 'is taken' '' "$(present)"
namespace blue
lines $'add x1 mode tap\n'
check 'in a namespace' 0 stdin -n "$NAMESPACE" -b -
check_equal 'it is there' x1 "$(ip -n "$NAMESPACE" -br link show type tun | cut -d' ' -f1)"
check_equal 'not here' '' "$(present)"
printf 'not a node' >node
check 'with a node' 7 stdin -f node -b -
check_stderr_like 'that is used' "^tunic: -:1: add x1: .*not the one of TUN/TAP"

# ---- options ----
"$TUNIC" add x1 mode tap multi_queue
json=$("$TUNIC" -j show x1)
details=$("$TUNIC" -j -d show x1)
# as TEXT WORDS…: these words print it.
as() {
    check "${*:2}" 0 "$TUNIC" "${@:2}"
    check_stdout "${*:2}: prints the same" "$1"
}
as "$json" show x1 -j
as "$json" show -j x1
as "$json" --json show x1
as "$json" show x1 --json
as "$json" -json show x1
as "$json" --js show x1
as "$json" -j -- show x1
as "$details" -jd show x1
check 'letters count before a word that is cut off: -js' 0 "$TUNIC" -js show x1
check_stdout_like 'brings counters' '"stats64"'
check 'and that before nothing: -det' 0 "$TUNIC" -j -det show x1
check_stdout_like 'brings holders' '"processes"'
as "$details" -dj show x1
as "$details" -j show x1 -d
as "$details" -details -json show x1
as "$details" -det show -j x1
as "$details" --details --json -- show x1
as "$(ip -n "$NAMESPACE" tuntap)" -o -n "$NAMESPACE" show
as "$(ip -n "$NAMESPACE" tuntap)" -netns "$NAMESPACE" -oneline show
as "$(ip -n "$NAMESPACE" tuntap)" --netns="$NAMESPACE" -o show
as "$(ip -n "$NAMESPACE" tuntap)" show -o --netns "$NAMESPACE"
as "$(ip -n "$NAMESPACE" tuntap)" -n="$NAMESPACE" show -o
as "$("$TUNIC" -j -p show x1)" -jp show x1
as "$("$TUNIC" -j -p show x1)" -pretty -j show x1
for word in -x --bogus -jx -jn --json=yes -n -f --netns= '' --color=sometimes -c=; do
    check "$word alone" 2 "$TUNIC" "$word"
done
check 'an unknown option' 2 "$TUNIC" show --jsom
check_stderr_like 'and the nearest' "unknown option '--jsom' \(did you mean '--json'\?\)"
check 'a namespace that is missing' 1 "$TUNIC" -n nosuch show
check_stderr_like 'is named' "'nosuch'"
check 'a dash is a word' 2 "$TUNIC" -
check 'behind -- all are words' 2 "$TUNIC" -- -j
check_stderr_like 'and no options' "unknown command '-j'"
check 'quiet' 3 "$TUNIC" -q show nosuch
check_stderr 'says nothing' ''
check 'quiet, behind' 3 "$TUNIC" show nosuch --quiet
check_stderr 'says nothing' ''
check 'quiet, wrong usage' 2 "$TUNIC" -q bogus
check_stderr 'says nothing' ''
check 'quiet shows what was asked for' 0 "$TUNIC" -q show x1
check_stdout_like 'all the same' '^x1 '

# ---- version and help ----
check 'version' 0 "$TUNIC" version
version=$(cat "$STDOUT")
check_stdout_like 'is one line' '^tunic [0-9]+\.[0-9]+'
for word in -V --version -version; do
    as "$version" "$word"
done
commands=$("$TUNIC" help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
check_true 'help lists the commands' test "$(wc -w <<<"$commands")" -ge 8
as "$("$TUNIC" help)" --help
as "$("$TUNIC" help)" -h
for command in $commands; do
    check "help $command" 0 "$TUNIC" help "$command"
    check_stdout_like 'has usage' "^usage: tunic \[OPTIONS\] $command"
    page=$(cat "$STDOUT")
    as "$page" "$command" --help
    as "$page" -h "$command"
    [ "$command" = help ] || as "$page" "$command" help
done
check 'help of what is none' 2 "$TUNIC" help bogus
# shellcheck disable=SC2016 # for the inner shell
check 'help to a full disk' 1 bash -c '"$TUNIC" help >/dev/full'
check 'no command' 2 "$TUNIC"
check_stdout 'prints nothing there' ''
check_stderr_like 'but help here' '^usage: tunic '
check 'options and no command' 2 "$TUNIC" -j
check 'an unknown command' 2 "$TUNIC" shwo
check_stderr_like 'and the nearest' "unknown command 'shwo' \(did you mean 'show'\?\)"
check 'one that is like none' 2 "$TUNIC" xyzzy
check_stderr_like 'is told where to look' "'tunic help' lists them"

# ---- commands cut off ----
for verb in s sh sho l li lis list ls lst; do
    as "$("$TUNIC" show)" "$verb"
done
for verb in a ad add; do
    check "$verb" 0 "$TUNIC" "$verb" x9 mode tap
    check_equal "$verb makes one" 'x1 x9' "$(present)"
    "$TUNIC" del x9
done
for verb in d de del dele delete; do
    "$TUNIC" add x9 mode tap
    check "$verb" 0 "$TUNIC" "$verb" x9
    check_equal "$verb removes it" x1 "$(present)"
done
check 'en is ensure' 0 "$TUNIC" en x1 mode tap
check 'se is set' 0 "$TUNIC" se x1 mtu 1400
check 'w is wait' 0 "$TUNIC" w x1
check 'v is version' 0 "$TUNIC" v
check 'h is help' 0 "$TUNIC" h
for verb in shows adds lstx '' S Add; do
    check "'$verb' is none" 2 "$TUNIC" "$verb"
done
# `set x1 mt 1300` would be a second name.
check 'a keyword cut off' 0 "$TUNIC" set x1 down mt 1300
check_equal 'is one where no name may stand' 1300 "$(ip -j link show x1 | jq '.[].mtu')"
check 'one that could be two' 2 "$TUNIC" set x1 down al x
check_stderr_like 'is told' "'al' could be more than one keyword"
check 'never where a name may stand' 0 "$TUNIC" add mode tap mt
check_equal 'it is a name' 'mt x1' "$(present)"
check 'a keyword mistyped' 2 "$TUNIC" add x5 mode tap mtuu 1400
check_stderr_like 'is no interface' "^tunic: add: unknown word 'mtuu' \(did you mean 'mtu'\?\)|unknown word '1400'"
check_equal 'none' 'mt x1' "$(present)"

finish
