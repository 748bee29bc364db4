#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The personality tunctl against tunctl of uml-utilities, byte for byte.

# shellcheck source=tests/compat/compare
. "$(dirname "$0")/compare" "$@"
need tunctl
case $(tunctl -h 2>&1) in
*' -p '*) skip_all 'the tunctl that is installed is not that of uml-utilities' ;;
esac
stand_in tunctl tunctl
chmod 755 "$SCRATCH" # for what runs as another user

# Both are called by their bare name, since they print it.
after() {
    local setup=$1
    shift
    pair "tunctl $*${setup:+ (after: $setup)}" "$setup" \
        env PATH="$SCRATCH/bin/original:$PATH" "${runner[@]}" tunctl "$@" /// \
        env PATH="$SCRATCH/bin/ours:$PATH" "${runner[@]}" tunctl "$@"
}
same() {
    after '' "$@"
}
runner=()

# ---- creating ----
same
same -b
same --
same -t tap7
same -t tap7 -b
same -b -b -t tap7
same -bttap7
same -ttap7 -u1
same -t 'vm%d'
same -b -t 'vm%d'
same -t 'vm%d%d'
same -t 'a%b'
same -t ''
same -t a/b
same -t a:b
same -t 'a b'
same -t .
same -t all
same -t default
same -t abcdefghijklmno
same -t abcdefghijklmnop
same -t abcdefghijklmnopqrstuvwxyz
same -t tun0
same -t lo
same -t one -t two
after 'tunctl -t tap7 -u 5 >/dev/null' -t tap7
after 'tunctl -t tap7 -u 5 >/dev/null' -t tap7 -u 6 -g 7
after 'tunctl -t tap7 -g 5 >/dev/null' -t tap7 -u 6
after 'tunctl >/dev/null; tunctl >/dev/null' -b
after 'ip tuntap add t mode tun' -t t
after 'ip tuntap add t mode tap multi_queue' -t t
after 'ip tuntap add t mode tap pi vnet_hdr one_queue' -t t
after 'ip link add dev t type bridge' -t t
after 'ip link add dev p type veth; ip link add link p name t type macvtap' -t t
after 'ip tuntap add t mode tap; ip link property add dev t altname alternate' -b -t alternate
after 'hold t:1002' -t t

# ---- users and groups ----
same -u nobody
same -g nogroup
same -u nobody -g nogroup
same -u root -g root
same -u 0
same -u 1 -u 2
same -u 0x10
same -u 010
same -u 08
same -u -5
same -u +5
same -u ' 5'
same -u '5 '
same -u ''
same -g ''
same -u -1
same -g -1
same -u -1 -g 5
same -u 0 -g -1
same -u 4294967295
same -u 4294967294
same -u 4294967296
same -g 4294967295 -u 3
same -u 99999999999
same -u 99999999999999999999999
same -u 2147483648 -g 2147483648
same -u 12x
same -g 12x
same -u nosuch
same -g nosuch
same -u nosuch -g nosuch
same -u 1.5
same -g 0x10 -u root -t t
same -b -u 7 -g 8
same -u nosuch -f /nowhere
same -u nosuch -h

# ---- deleting ----
same -d t
same -d ''
same -d lo
same -d abcdefghijklmnopqrst
after 'tunctl -t t >/dev/null' -d t
after 'tunctl -t t >/dev/null' -d t -b
after 'tunctl -t t >/dev/null' -b -d t -u 7 -g 8
after 'tunctl -t t >/dev/null' -t t -d u
after 'tunctl -t t >/dev/null' -d u -t t
after 'ip tuntap add t mode tun' -d t
after 'ip tuntap add t mode tap multi_queue' -d t
after 'ip tuntap add t mode tap pi one_queue vnet_hdr' -d t
after 'ip link add dev t type bridge' -d t
after 'tunctl -t t >/dev/null; hold t:1002' -d t
after 'hold t:1002' -d t
after 'tunctl -t abcdefghijklmno >/dev/null' -d abcdefghijklmnopqrst
after 'tunctl -t t >/dev/null; ip link property add dev t altname alternate' -d alternate
same -d 't%d'

# ---- the node ----
same -f /dev/net/tun
same -f /nowhere/tun
same -f ''
same -f /dev/null
same -f /dev
same -f /etc/passwd
after 'mknod node c 10 200' -f node -t t
after 'mknod node c 10 200' -f ./node -b
same -d t -f /dev/zero
same -f /nowhere -f /dev/net/tun
same -f /nowhere -d t

# ---- wrong words ----
same extra
same -t t extra
same extra -t t
same -- -t
same -h
same --help
same -x
same -bx
same -t
same -u
same -g
same -f
same -d
same -t t -u
same -
same ''
same -V

# ---- as others, and where the kernel refuses ----
node='mknod -m 666 node c 10 200'
runner=(setpriv --reuid 1000 --regid 1000 --clear-groups)
after "$node" -f node
after "$node" -f node -d t
after "$node; tunctl -t t -u 1000 >/dev/null" -f node -t t
after "$node; tunctl -t t -u 1000 >/dev/null" -f node -t t -g 5
after "$node; tunctl -t t -u 1000 >/dev/null" -f node -d t
after "$node; tunctl -t t -u 1001 >/dev/null" -f node -d t
after "$node; tunctl -t t -u 1001 >/dev/null" -f node -t t
after "$node; tunctl -t t -g 1000 >/dev/null" -f node -d t
after 'mknod -m 600 node c 10 200' -f node

# The original makes it persistent first: where the owner is refused, it leaves a device behind
# that is open to every user. Ours leaves none, and says the same.
apart=(effect)
if command -v strace >/dev/null; then
    for nth in 1 2 3 4; do
        runner=(strace -qq -o /dev/null -P /dev/net/tun -e trace=ioctl
            -e "inject=ioctl:error=ENOMEM:when=$nth"
            -E ASAN_OPTIONS=detect_leaks=0) # a sanitizer cannot look for leaks under strace
        same -t t -u 1 -g 1
        same -d t
    done
else
    skip 'what is said where an ioctl fails' "'strace' is not installed"
fi
apart=()
runner=()

# ---- beyond the original: the two options of tunctl 1.5 ----
begin() {
    one "$SCRATCH/alone" "$1" env PATH="$SCRATCH/bin/ours:$PATH" tunctl "${@:2}"
}
begin '' -n -t t
check_equal '-n makes a tun' "Set 't' persistent and owned by uid 0" "$(cat "$SCRATCH/alone/stdout")"
check_equal '-n has made it' '/sys/class/net/t/tun_flags:0x1801' "$(tail -n 1 "$SCRATCH/alone/effect")"
begin '' -n -b
check_equal '-n numbers as a tun' tun0 "$(cat "$SCRATCH/alone/stdout")"
begin 'ip tuntap add t mode tun' -n -d t
check_equal '-n deletes a tun' "Set 't' nonpersistent" "$(cat "$SCRATCH/alone/stdout")"
check_false 'and it is gone' grep -q ' t: ' "$SCRATCH/alone/effect"
begin '' -n -p -b
check_equal 'the last of -n and -p counts' tap0 "$(cat "$SCRATCH/alone/stdout")"

settle
finish
