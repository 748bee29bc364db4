#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The personality ip-tuntap against `ip tuntap` of iproute2 6.1, byte for byte.

# shellcheck source=tests/compat/compare
. "$(dirname "$0")/compare" "$@"
case $(ip -V) in
*iproute2-6.1.*) ;;
*) skip_all "it is compared with iproute2 6.1, and here is $(ip -V)" ;;
esac
stand_in ip ip-tuntap
ours=$SCRATCH/bin/ours/ip-tuntap

# try SET-UP OPTIONS [WORD…]: the options as one text, since ip wants them before the object.
try() {
    local setup=$1 options
    eval "options=($2)"
    local what="ip $2 tuntap ${*:3}${setup:+ (after: $setup)}"
    shift 2
    # shellcheck disable=SC2154 # it is assigned by eval
    pair "$what" "$setup" \
        "${runner[@]}" ip "${options[@]}" tuntap "$@" /// "${runner[@]}" "$ours" "${options[@]}" "$@"
}
same() {
    try '' '' "$@"
}
after() {
    try "$1" '' "${@:2}"
}
# bare OPTION…: ip without an object, where it does not come so far.
bare() {
    pair "ip $*" '' ip "$@" /// "$ours" "$@"
}
runner=()

# ---- adding ----
same add tap7 mode tap
same add dev tap7 mode tap
same add name tap7 mode tap
same add mode tap tap7
same add mode tun tap7
same add mode tun
same add mode tap
same add mode tun dev 'vm%d'
same add mode tun dev 'vm%d%d'
same add mode tun dev 'v%x'
same a t mode tun
same ad t mode tun
same add t m tap
same add t mode tu
same add t mode ta
same add t mode t
same add t mode tap mode tap
same add t mode tap mode tun
same add t mode tun mode tap
same add t mode foo
same add t mode ''
same add t mode taps
same add t mode
same add t
same add
same add t mode tap pi one_queue vnet_hdr multi_queue
same add mode tun one v pi mu dev t
same add mode tap vnet t
same add mode tap multi t
same add mode tap multi_queue multi_queue pi pi t
same add p mode tun
same add mode tun o
same add mode tun d t
same add mode tun n t
same add mode tun na name
same add mode tun name name
same add mode tun name help
same add mode tun dev help
same add mode tun help
same add mode tun h
same add mode tun hel t
same add mode tun helper
same add t mode tun user 5
same add t mode tun u 5 g 6
same add t mode tun user nobody group nogroup
same add t mode tun user root
same add t mode tun user 1 user 2
same add t mode tun user -1
same add t mode tun user -2
same add t mode tun group -1
same add t mode tun group -2
same add t mode tun user 99999999999
same add t mode tun user 4294967294 group 4294967294
same add t mode tun user 99999999999999999999999
same add t mode tun user ' 5'
same add t mode tun user +5
same add t mode tun user 010
same add t mode tun user 0x5
same add t mode tun user 5x
same add t mode tun user ''
same add t mode tun user
same add t mode tun user nosuch
same add t mode tun user any
same add t mode tun group ''
same add t mode tun group
same add t mode tun group nosuch
same add mode tun dev
same add mode tun name
same add mode tun ''
same add mode tun dev ''
same add mode tun name ''
same add mode tun a/b
same add mode tun dev a/b
same add mode tun name a/b
same add mode tun 'a b'
same add mode tun dev $'a\tb'
same add mode tun dev a:b
same add mode tun dev .
same add mode tun dev ..
same add mode tun dev all
same add mode tun dev default
same add mode tun dev abcdefghijklmno
same add mode tun dev abcdefghijklmnop
same add mode tun abcdefghijklmnop
same add mode tun one two
same add mode tun x y
same add mode tun name x y
same add mode tun name x name y
same add mode tun dev x name y
same add mode tun name x dev y
same add mode tun dev x dev y
same add mode tun x dev y
same add mode tun dev x /
same add lo mode tun
same add t mode tap mtu 1400
after 'ip tuntap add t mode tap' add t mode tap
after 'ip tuntap add t mode tun' add t mode tap
after 'ip link add dev t type bridge' add t mode tap
after 'ip tuntap add t mode tap; ip link property add dev t altname alternate' add alternate mode tap
after 'ip tuntap add tun0 mode tun; ip tuntap add tun1 mode tap' add mode tun
after 'rm -f /dev/null/none; mount --bind /etc/passwd /dev/net/tun' add t mode tap
after 'mount -t tmpfs none /dev/net' add t mode tap

# ---- deleting ----
same del t mode tun
same delete t mode tun
same d t mode tap
same de t mode tap
same del t
same del
same del mode tun
same del mode tun user 5
same del t mode tun user 5
same del t mode tun group 5
same del mode tun u
same del lo mode tun
same del mode tun a/b
same del t mode tun help
after 'ip tuntap add t mode tap' del t mode tap
after 'ip tuntap add t mode tap' del t mode tun
after 'ip tuntap add t mode tap' del mode tap dev t pi
after 'ip tuntap add t mode tap' del t mode tap multi_queue
after 'ip tuntap add t mode tap multi_queue' del t mode tap
after 'ip tuntap add t mode tap multi_queue' del t mode tap multi_queue
after 'ip tuntap add t mode tun pi one_queue vnet_hdr' del t mode tun
after 'ip tuntap add t mode tap; hold t:1002' del t mode tap
after 'ip tuntap add t mode tap multi_queue; hold t:1102' del t mode tap multi_queue
after 'hold t:1002' del t mode tap
after 'ip link add dev t type bridge' del t mode tap
after 'mount -t tmpfs none /dev/net' del t mode tap

# ---- showing ----
some='ip tuntap add a mode tun; ip tuntap add b mode tap pi user 5;
    ip tuntap add c mode tap one_queue multi_queue vnet_hdr group 6;
    ip tuntap add dev d mode tun pi one_queue vnet_hdr multi_queue user 4294967294 group 0'
same
same show
after "$some"
for verb in s sh show l li lis list ls lst; do
    after "$some" "$verb"
done
for verb in lo sho lsts shows lists foo '' help h hel helps set change A; do
    after "$some" "$verb"
done
after "$some" show a
after "$some" show nosuch and more mode
after "$some" list help
after 'tunctl -n >/dev/null 2>&1; hold t:1002 n:1032 f:1032 p:2 q:5102 q:5102'
after 'ip tuntap add t mode tap; ip link set dev t up name u mtu 1400 alias x group 5'
after 'ip link add dev b type bridge; ip link add dev v type veth; ip tuntap add t mode tap'
after 'ip tuntap add t mode tap; link_type t 512; ip tuntap add dev u mode tun'
after 'ip tuntap add t mode tun; link_type t 1 1001'
after 'ip tuntap add t mode tap; link_type t 65534'
after 'ip tuntap add b mode tap; ip tuntap add a mode tap; ip link del dev b; ip tuntap add b mode tun'
# shellcheck disable=SC2016 # for the set-up to expand
odd='ip tuntap add dev "$(printf "a\"b")" mode tap; ip tuntap add dev "$(printf "a\\\\b")" mode tap
    ip tuntap add dev "$(printf "a\033[1mb")" mode tap; ip tuntap add dev "$(printf "\303\244\377")" mode tap'
after "$odd"
try "$odd" -j show

# ---- options ----
for options in -j -json --json -js -j\ -p -pretty\ -json -p -o -oneline -s -s\ -s -stats -statistics \
    -4 -6 -0 -M -B -h -hu -human -human-readable -iec -i -r -resolve -t -timestamp -ts -tshort \
    -fo -force -br -brief -N -Numeric -a -all -echo -- -j\ -- -d -details -det -d\ -d \
    '-l 5' '-loops x' '-f inet' '-family inet6' '-f link' '-f mpls' '-f bridge' \
    '-rc 1000' '-rcvbuf 0x1000' '-rc 0' -c=never -color=auto -col -c=; do
    try "$some" "$options"
done
for options in -x -v -e -ech -jp -jd -I -D -Hum ---j --- -foo -c=foo -color=alway -colors -J '-f ine' \
    '-f any' "-f ''" '-f dnet' '-f help' '-rc x' "-rc ''" '-rc -1' '-rc 12k' '-rc 5000000000' -help \
    -he --help -V -Ver --Version -V\ -x -x\ -V '-n nosuch' '-netns nosuch' "-n ''" '-n .' '-n a/b' \
    '-j -n nosuch'; do
    try "$some" "$options"
done
for option in -n -netns -b -batch -ba -f -family -l -loops -rc -rcvbuf -; do
    bare "$option"
done
try "$some" '-c'
try "$some" '-c=always -d'
try "$some" '-c -j'
try "$some" '-c -c=never'
for colors in '0;0' '15;6' '15;7' '15;8' '15;9' '15;default;0' '8' '15;' '15;00'; do
    try "export COLORFGBG='$colors'; $some" -c
done
try '' -j
try '' '-j -p'
try "$some" -- -j
try '' -d
try '' '-d -j'
try "$some" -j add t mode tap
try "$some" -j add a mode tap
try "$some" '-p -j' bogus
try "$some" -d del a mode tun

# ---- namespaces ----
blue='ip netns add blue; ip -n blue tuntap add x mode tap one_queue; ip tuntap add y mode tun'
try "$blue" '-n blue'
try "$blue" '-netns blue -j' show
try "$blue" '-n blue -d'
try "$blue" '-n blue' add z mode tun pi
try "$blue" '-n blue' del x mode tap
try "$blue" '-n blue -n nosuch' show
try "$blue; : >/run/netns/file" '-n file' show

# ---- holders, by name alone: those of another namespace's interface of this name too ----
held="ip tuntap add a mode tap; ip tuntap add b mode tap multi_queue; hold a:1002 b:1102 b:1102 c:1002
    call_it 'two words'; hold b:1102; ip netns add blue; ip -n blue tuntap add a mode tap"
try "$held" -d
try "$held" '-d -c' show
try "$held" '-d -o' list
try "$held" '-d -n blue'
quoted="call_it 'a\"b\\c'; hold a:1002"
try "$quoted" -d

# With -d, 6.1 leaves out the braces around each process. Ours are there, as 6.18 has them.
braces() {
    sed -zE -e 's/"name":("([^"\\]|\\.)*"),"pid":([0-9]+)/{"name":\1,"pid":\3}/g;:a' \
        -e 's/( ?)\n {12}"name": ([^\n]*),\n {12}"pid": ([0-9]+)/\1{\n                "name": \2,\n                "pid": \3\n            }/;ta'
}
one_each="ip tuntap add b mode tap multi_queue user 7; hold a:1002; call_it 'two words'; hold b:1102"
amend=braces
try "$one_each" '-j -d'
try "$one_each" '-j -d -p'
try "$quoted" '-j -d -p'
try "hold b:1102 b:1102" '-j -d -p'
amend='cat'

# ---- batches ----
lines() {
    try "input $(printf %q "$1")" "${2:--b -}"
}
lines ''
lines $'tuntap\n' '-j -b -'
lines $'tuntap add a mode tap\ntuntap\n'
lines $'tap add a mode tap\ntunta\nta l\n' '-batch -'
lines $'tap add a mode tap\ntap add a mode tap\ntap\n'
lines $'tap add a mode tap\ntap add a mode tap\ntap\n' '-force -b -'
lines $'tap add\ntap' '-force -b -'
lines $'tap foo\ntap' '-force -b -'
lines $'tap help\ntap' '-force -b -'
lines $'tap add a mode foo\ntap' '-force -b -'
lines $'help\ntap' '-force -b -'
lines $'foo\ntap\n' '-force -b -'
lines $'foo\ntap\n'
lines $'\n  \t\n# comment\ntap add a mode tap # comment\ntap'
lines $'tap add a \\\n  mode tap\ntap del b\n' '-b -'
lines $'tap add a \\# x\n mode tap\n' '-b -'
lines $'tap add a # \\\n mode tap\n' '-force -b -'
lines $'tap add a mode tap \\\n'
lines $'tap add a mode tap \\'
lines $'tap add "a" mode \'tap\'\ntap' '-b -'
lines $'tap add dev "a b" mode tap' '-b -'
lines $'tap add dev "a"b mode tap' '-b -'
lines $'tap add dev a"b" mode tap\ntap' '-b -'
lines $'tap add dev "" mode tap\ntap' '-b -'
lines $'tap add "a mode tap\ntap' '-force -b -'
lines $'"" add\ntap' '-force -b -'
lines "tap show $(printf 'x%.0s ' {1..509})" '-b -'
lines "tap show $(printf 'x%.0s ' {1..510})" '-force -b -'
lines $'tap add a mode tap\ntap\n' '-j -p -b -'
lines $'tap add a mode tap\ntap\n' '-d -b - -j'
lines $'tap\r\ntap add a mode tap\r\n' '-b -'
try "printf 'tap add a mode tap\nfoo' >lines" '-b lines'
try "printf 'tap add a mode tap\nfoo' >lines" '-b lines' show these words
try '' '-b nosuch'
try '' "-b ''"
try '' '-b .'
try '' '-b nosuch -b other'
try "$blue; input 'tap'" '-n blue -b -'
try '' '-b - -x'

# ---- as others, and where the kernel refuses ----
chmod 755 "$SCRATCH"
node='mknod -m 666 node c 10 200; mount --bind node /dev/net/tun'
runner=(setpriv --reuid 1000 --regid 1000 --clear-groups)
after '' add t mode tap
after '' del t mode tap
after "$node; $some"
after "$node" add t mode tap
after "$node" del t mode tap
after "$node; ip tuntap add t mode tap user 1000" del t mode tap
after "$node; ip tuntap add t mode tap user 1000" add t mode tap
after "$node; ip tuntap add t mode tap user 1001" del t mode tap
after "$node; ip tuntap add t mode tap" del t mode tap
try "$blue" '-n blue'

if command -v strace >/dev/null; then
    for nth in 1 2 3 4; do
        runner=(strace -qq -o /dev/null -P /dev/net/tun -e trace=ioctl
            -e "inject=ioctl:error=ENOMEM:when=$nth"
            -E ASAN_OPTIONS=detect_leaks=0) # a sanitizer cannot look for leaks under strace
        same add t mode tap user 1 group 1
        after 'ip tuntap add t mode tap' del t mode tap
    done
else
    skip 'what is said where an ioctl fails' "'strace' is not installed"
fi

settle
finish
