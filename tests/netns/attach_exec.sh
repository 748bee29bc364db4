#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# attach ... exec: a command that has the interface's descriptors, as whom it runs, how it ends,
# and QEMU as one of them.
#
#     tunic attach m0 queues 2 exec given {fds}  ──becomes──▶  given 3:4
#                                                              3 ──▶ m0  first queue
#                                                              4 ──▶ m0  second queue

# shellcheck source=tests/netns/common
. "$(dirname "$0")/common" "$@"
need perl
GIVEN=$SCRATCH/given
"${CC:-cc}" -D_GNU_SOURCE -o "$GIVEN" "$ROOT/tests/netns/given.c" ||
    skip_all 'nothing can be compiled'
# What the harness was started with is not ours.
for descriptor in /proc/self/fd/*; do
    descriptor=${descriptor##*/}
    [ "$descriptor" -le 2 ] || [ "$descriptor" -eq 255 ] || eval "exec $descriptor>&-"
done
run_exec() {
    timeout 20 "$TUNIC" attach "$@"
}

# Accounts of the script's own.
cp -a /etc "$SCRATCH/etc"
mount --bind "$SCRATCH/etc" /etc
printf 'tunic-bob:x:1234:4000:Bob:/home/bob:/bin/bobsh\n' >>/etc/passwd
printf 'tunic-bob:x:4000:\ntunic-vm:x:4001:tunic-bob\ntunic-kvm:x:4002:tunic-bob\n' >>/etc/group

"$TUNIC" add t0 mode tap user tunic-bob up
"$TUNIC" add p0 mode tun pi vnet_hdr up
"$TUNIC" add m0 mode tap multi_queue up

# ---- descriptors ----
check 'one' 0 run_exec t0 exec "$GIVEN"
check_stdout 'at 3, blocking, and no other' '3 t0 1802 blocking'
check 'the flags that it had' 0 run_exec p0 exec "$GIVEN"
check_stdout 'are those that it has' '3 p0 5801 blocking'
check_equal 'and stay' 'true true' "$(link p0 '.linkinfo.info_data | "\(.pi) \(.vnet_hdr)"')"
check 'several queues' 0 run_exec m0 queues 3 exec "$GIVEN"
check_stdout 'follow each other' $'3 m0 1902 blocking\n4 m0 1902 blocking\n5 m0 1902 blocking'
check 'as many as there can be' 0 run_exec m0 queues 256 exec "$GIVEN"
check_equal 'all there' 256 "$(grep -c '^[0-9]* m0 1902 blocking$' "$STDOUT")"
check_equal 'up to the last number' 258 "$(tail -n 1 "$STDOUT" | cut -d' ' -f1)"
check 'of one with a single queue not two' 4 run_exec t0 queues 2 exec "$GIVEN"

# Whatever is open where they go, and at the standard numbers.
run run_exec t0 exec "$GIVEN" 3</dev/null 4</dev/null 9</dev/null
check_stdout 'what the caller had there is replaced, the rest is kept' \
    $'3 t0 1802 blocking\n4 - 0 blocking\n9 - 0 blocking'
run run_exec m0 queues 3 exec "$GIVEN" 3</dev/null 5</dev/null
check_stdout 'with gaps between' $'3 m0 1902 blocking\n4 m0 1902 blocking\n5 m0 1902 blocking'
# closed REDIRECTIONS: our own descriptors take the numbers that are free then.
closed() {
    timeout 20 bash -c "\"\$@\" $1" bash "$TUNIC" attach m0 queues 2 exec "$GIVEN"
}
for redirections in '<&-' '2>&-' '<&- 2>&-'; do
    check "with $redirections" 0 closed "$redirections"
    check_stdout 'they are at 3 all the same' $'3 m0 1902 blocking\n4 m0 1902 blocking'
done

reads() {
    run_exec t0 exec "$GIVEN" '{fd}' >"$SCRATCH/read" &
    until_true 5 grep -q '^3 t0' "$SCRATCH/read" || return
    ip -6 neigh replace fd77::9 lladdr 02:00:00:00:00:09 dev t0
    ip addr replace fd77::1/64 dev t0 nodad
    ping -c 1 -W 0.1 -s 100 fd77::9
    wait $!
}
check_true 'a packet comes through one' reads
check_true 'a whole one' grep -Eq '^packet [0-9]+$' "$SCRATCH/read"

# ---- words ----
# shellcheck disable=SC2016 # as it stands
check 'numbers in words' 0 run_exec m0 queues 2 exec echo '{fd}' 'a={fds},b' '{{fd}' '{x}' '' '$fd'
# shellcheck disable=SC2016
check_stdout 'anywhere, and nothing else is touched' '3 a=3:4,b {3 {x}  $fd'
check 'options behind the word are the command'\''s' 0 run_exec t0 exec printf '%s|' -j --json -h -n x
check_stdout 'all of them' '-j|--json|-h|-n|x|'
check 'options before it are ours' 0 run_exec t0 -q exec -- echo -q
check_stdout 'and "--" ends them' '-q'
check 'a command is needed' 2 run_exec t0 exec
check_stderr_like 'and told so' "missing after 'exec' \('exec \[as USER\] COMMAND…'\)"
check 'the word may not be cut off' 2 run_exec t0 exe true
"$TUNIC" add exec mode tap
check 'an interface of that name' 0 run_exec dev exec exec "$GIVEN"
check_stdout 'needs "dev"' '3 exec 1802 blocking'
"$TUNIC" del dev exec
check 'what a shell offers behind it' 0 "$TUNIC" __complete attach t0 exec as tunic-b
check_stdout_like 'are users' '^tunic-bob	'
check 'a filter means nothing to it' 2 run_exec t0 filter icmp exec true
printf 'attach t0 exec true\n' >"$SCRATCH/batch"
check 'it has no place in a batch' 2 "$TUNIC" -b "$SCRATCH/batch"

# ---- vhost ----
own_dev() {
    local node
    mkdir "$SCRATCH/dev"
    mount -t tmpfs tmpfs "$SCRATCH/dev"
    mkdir "$SCRATCH/dev/net"
    for node in null zero net/tun; do
        : >"$SCRATCH/dev/$node"
        mount --bind "/dev/$node" "$SCRATCH/dev/$node"
    done
    ln -s /proc/self/fd "$SCRATCH/dev/fd"
    mount --move "$SCRATCH/dev" /dev
}
own_dev
check 'without the node of vhost' 1 run_exec t0 exec echo '{vhostfds}'
check_stderr "the way out is told" "tunic: attach t0: cannot open '/dev/vhost-net': No such file or \
directory ('modprobe vhost_net' makes it; a container must be given it)"
check_stdout 'and nothing is run' ''
: >/dev/vhost-net
check 'one for each queue' 0 run_exec m0 queues 2 exec "$GIVEN"
check_stdout 'only where it is asked for' $'3 m0 1902 blocking\n4 m0 1902 blocking'
# shellcheck disable=SC2016 # for the inner shell
check 'with the node' 0 run_exec m0 queues 2 exec sh -c '"$0"; echo "$@"' "$GIVEN" '{fds}' '{vhostfds}'
check_stdout 'behind the queues' \
    $'3 m0 1902 blocking\n4 m0 1902 blocking\n5 - 0 blocking\n6 - 0 blocking\n3:4 5:6'
rm /dev/vhost-net

# ---- the process ----
check 'its exit code is ours' 42 run_exec t0 exec sh -c 'exit 42'
STATUS=0
run_exec t0 exec cat >"$STDOUT" 2>"$STDERR" <<<'through' || STATUS=$?
check_stdout 'standard input and output are the caller'\''s' 'through'
"$TUNIC" attach t0 exec sleep 1000 &
process=$!
became() {
    [ "$(cat "/proc/$process/comm")" = sleep ]
}
check_true 'the process becomes the command' until_true 5 became
check 'which is seen to hold it' 0 "$TUNIC" -d show t0
check_stdout_like 'by name' "held by +sleep\[$process\]"
kill -TERM "$process"
STATUS=0
wait "$process" 2>/dev/null || STATUS=$?
check_equal 'signals reach it' 143 "$STATUS"
check 'what is no command' 1 run_exec t0 exec tunic-nothing
check_stderr 'is named' "tunic: attach t0: cannot run 'tunic-nothing': there is no such command"
check 'what is no file' 1 run_exec t0 exec ./nothing
check_stderr_like 'is named' "cannot run './nothing': there is no such file"
check 'what is no program' 1 run_exec t0 exec /etc/passwd
check_stderr_like 'is named' "cannot run '/etc/passwd': it is no program"
printf '#!/nowhere/interpreter\n' >"$SCRATCH/script"
chmod +x "$SCRATCH/script"
check 'a script whose interpreter is missing' 1 run_exec t0 exec "$SCRATCH/script"
check_stderr_like 'is told apart' 'a script without its interpreter'

# signals WORD…: the masks of the command, started by a perl that ignores and blocks some.
signals() {
    # shellcheck disable=SC2016 # for perl
    perl -e 'use POSIX; my $ignored = shift; my $blocked = shift;
        $SIG{$_} = "IGNORE" for split /,/, $ignored;
        sigprocmask(SIG_BLOCK, POSIX::SigSet->new(map { eval "POSIX::SIG$_" } split /,/, $blocked));
        exec @ARGV or die' "$@" | sed -n 's/^Sig\(Blk\|Ign\):\t0*//p' | tr '\n' ' '
}
check_equal 'signals are as they were' "$(signals '' '' cat /proc/self/status)" \
    "$(signals '' '' "$TUNIC" attach t0 exec cat /proc/self/status)"
check_equal 'ignored and blocked ones too' \
    "$(signals PIPE,HUP TERM,USR1 cat /proc/self/status)" \
    "$(signals PIPE,HUP TERM,USR1 "$TUNIC" attach t0 exec cat /proc/self/status)"

namespace inner
space=inner
here "$TUNIC" add n0 mode tap up
check 'in another namespace' 0 run_exec -n "$NAMESPACE" n0 exec ip -br link show n0
check_stdout_like 'the command runs, too' '^n0 '
space=

# ---- as another user ----
status() {
    sed -n "s/^$1:[[:space:]]*//p" "$STDOUT" | tr '\t' ' ' | sed 's/ *$//'
}
unprivileged() {
    local set
    for set in Inh Prm Eff Bnd Amb; do
        check_equal "$1: no capability in Cap$set" 0000000000000000 "$(status "Cap$set")"
    done
    check_equal "$1: nor can it get one" 1 "$(status NoNewPrivs)"
}
check 'root as a user' 0 run_exec t0 exec as tunic-bob cat /proc/self/status
check_equal 'his id' '1234 1234 1234 1234' "$(status Uid)"
check_equal 'his group' '4000 4000 4000 4000' "$(status Gid)"
check_equal 'his groups' '4000 4001 4002' "$(status Groups)"
unprivileged 'as a user'
check 'with the descriptors' 0 run_exec m0 queues 2 exec as 1234 "$GIVEN"
check_stdout 'that only root could have' $'3 m0 1902 blocking\n4 m0 1902 blocking'
check 'his environment' 0 env HOME=/root USER=root LOGNAME=root SHELL=/bin/sh KEPT=yes \
    "$TUNIC" attach t0 exec as tunic-bob env
check_equal 'is his, and the rest is the caller'\''s' \
    $'HOME=/home/bob\nKEPT=yes\nLOGNAME=tunic-bob\nSHELL=/bin/bobsh\nUSER=tunic-bob' \
    "$(grep -E '^(HOME|USER|LOGNAME|SHELL|KEPT)=' "$STDOUT" | sort)"
check 'root as root' 0 run_exec t0 exec as root cat /proc/self/status
check_equal 'is root' '0 0 0 0' "$(status Uid)"
unprivileged 'as root'
check 'a program with a set-user-ID bit' 0 cp "$(command -v id)" "$SCRATCH/id"
chmod 4755 "$SCRATCH/id"
check 'is run' 0 run_exec t0 exec as tunic-bob "$SCRATCH/id" -u
check_stdout 'and brings nothing' 1234
check 'whom nobody knows' 2 run_exec t0 exec as tunic-nobody true
check_stderr_like 'is refused' "as 'tunic-nobody': there is no such user"
check 'a number without an account' 1 run_exec t0 exec as 4711 true
check_stderr_like 'is refused, with another way' 'cannot become user 4711: .*setpriv --reuid 4711'
check 'what he may not run' 1 run_exec t0 exec as tunic-bob /root/nothing
check_stderr_like 'is told' "cannot run '/root/nothing': "

# ---- as an ordinary user ----
bob() {
    as 1234:4000 timeout 20 "$PROGRAM" -f "$NODE" attach "$@"
}
check 'the owner' 0 bob t0 exec "$GIVEN"
check_stdout 'has it' '3 t0 1802 blocking'
check 'as himself' 0 bob t0 exec as tunic-bob cat /proc/self/status
check_equal 'he is himself' '1234 1234 1234 1234' "$(status Uid)"
check_equal 'with the groups that he has' '4000' "$(status Groups)"
check_equal 'for good' 1 "$(status NoNewPrivs)"
check 'as root' 6 bob t0 exec as root true
check_stderr 'he may not' \
    'tunic: attach t0: cannot become user 0: only root may become another user'
check 'what belongs to root' 6 bob m0 exec "$GIVEN"
printf '%s\n' "$(grep -v tunic-bob /etc/passwd)" >/etc/passwd
check 'himself without an account' 0 bob t0 exec as 1234 id -u
check_stdout 'is himself too' 1234

# ---- QEMU ----
monitor() {
    printf 'info network\nquit\n' | timeout 60 "$TUNIC" attach "$@" -monitor stdio
}
machine=(qemu-system-x86_64 -M pc -accel tcg -display none -nodefaults -S)
if command -v "${machine[0]}" >/dev/null; then
    check 'QEMU takes one' 0 monitor t0 exec "${machine[@]}" \
        -netdev 'tap,id=n0,fd={fd}' -device e1000,netdev=n0,romfile=
    check_stdout_like 'by its number' 'n0: index=0,type=tap,fd=3'
    check 'QEMU takes several' 0 monitor m0 queues 2 exec "${machine[@]}" \
        -netdev 'tap,id=n0,fds={fds}' -device virtio-net-pci,netdev=n0,mq=on,vectors=6,romfile=
    check_stdout_like 'the first' 'n0: index=0,type=tap,fd=3'
    check_stdout_like 'and the second' 'n0: index=1,type=tap,fd=4'
    run_exec t0 exec "${machine[@]}" -netdev 'tap,id=n0,fd={fd}' \
        -device e1000,netdev=n0,romfile= &
    holds() {
        "$TUNIC" -d show t0 | grep -Eq 'held by +qemu-system-x86\['
    }
    check_true 'and holds it' until_true 20 holds
    kill %%
    wait %%
else
    skip 'QEMU' 'it is not installed'
fi

finish
