#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What `tunic __complete` offers, at every position of every command.

# shellcheck source=tests/library.sh
. "$(dirname "$0")/../library.sh"
isolate "$@"
need perl

"$TUNIC" add tap0 mode tap user any || exit 1
"$TUNIC" add tap1 mode tap user daemon group bin || exit 1
"$TUNIC" add tun0 multi_queue || exit 1
# shellcheck disable=SC2016 # that is its name
"$TUNIC" add 'odd;$x' mode tun user any || exit 1
"$TUNIC" add -- -dash mode tun user any || exit 1
ip link add name trunk type bridge
masters=trunk
if ip link add name blue type vrf table 10 2>/dev/null; then
    masters='trunk blue'
else
    skip 'a VRF as master' 'the kernel has none'
fi
ip link set tap1 name "$(printf 'b\303\244r')"
ip link set tun0 name "$(printf 'bad\001')" # a control byte: it cannot be typed as it is shown
"$TUNIC" add tun0 multi_queue || exit 1
namespace there
there=$NAMESPACE
"$TUNIC" -n "$there" add inner0 mode tap
ip -n "$there" link add name trunk9 type bridge
tap1=$(printf 'b\303\244r')

mkdir "$SCRATCH/files" "$SCRATCH/files/folder" "$SCRATCH/home"
touch "$SCRATCH/files/a.conf" "$SCRATCH/files/.hidden" "$SCRATCH/files/two words" \
    "$SCRATCH/home/at-home" "$SCRATCH/files/$(printf 'line\nend')"
cd "$SCRATCH/files" || exit 1

# offers 'LINE' WORD…: behind the words of LINE (the last one being typed; a blank at the end begins
# a new one) exactly these words are offered, in whatever order.
offers() {
    local line=$1 words
    shift
    read -r -a words <<<"$line"
    case $line in
    '' | *' ') words+=('') ;;
    esac
    run "$TUNIC" __complete -- "${words[@]}"
    check_equal "tunic $line" "$(printf '%s\n' "$@" | sort)" "$(cut -f 1 "$STDOUT" | sort)"
    if [ "$STATUS" -ne 0 ] || [ -s "$STDERR" ]; then
        fail "tunic $line: quietly" "$(test_output)"
    fi
}

# says 'LINE' WORD DESCRIPTION: a candidate with its description, a regular expression.
says() {
    local words
    read -r -a words <<<"$1"
    [[ $1 != *' ' ]] || words+=('')
    run "$TUNIC" __complete -- "${words[@]}"
    check_stdout_like "tunic $1: $2 is described" "^$2"$'\t'"$3\$"
}

# without 'WORDS' WORD…: WORDS but for some.
without() {
    local word list=" $1 "
    shift
    for word; do
        list=${list/ $word / }
    done
    printf '%s' "$list"
}

commands='add ensure set del show wait apply save attach relay genkey pubkey genpsk doctor help version'
options='--json --pretty --details --stats --oneline --hex --quiet --netns --batch --force'
options+=' --device-node --color --version --help'
beside_command=$(without "$options" --batch --force --version)
interfaces="tap0 $tap1 tun0 odd;\$x"
attributes='mode user group pi one_queue vnet_hdr multi_queue napi napi_frags mac mtu txqueuelen'
attributes+=' alias altname master addr linkdown_routes forwarding down up route netns'
of_tun=$(without "$attributes" mac napi_frags)
flags='mode pi one_queue vnet_hdr multi_queue'
selectors='mode user group name held free'
conditions='present up carrier free gone'
mapfile -t users < <(getent passwd | cut -d: -f1 | sort)
mapfile -t groups < <(getent group | cut -d: -f1 | sort)

# shellcheck disable=SC2046,SC2086,SC2088 # lists of words, and a tilde that nothing expands
commands_and_options() {
    offers '' $commands
    offers 's' set show save
    offers 'nothing'
    offers 'nothing '
    offers 'add' add
    offers 'a' add apply attach
    says '' del 'remove interfaces'
    offers '-' $options
    offers '--' $options
    offers '--de' --details --device-node
    offers '-j' -j
    offers '-js' -json
    says '-j' -j 'print JSON'
    offers '-j -d --' $(without "$options" --json --details)
    offers '-jd --' $(without "$options" --json --details)
    offers 'show --' $beside_command
    offers 'show tap0 --js' --json
    offers 'show -- --'
    offers '-q ' $commands
    offers '--wrong ' $commands
    offers '--color=' --color=auto --color=always --color=never
    offers '--color=al' --color=always
    offers '-c=n' -c=never
    offers '--color ' $commands
    offers '-n ' "$there"
    offers '--netns ' "$there"
    offers '-jn ' "$there"
    offers "--netns=${there:0:3}" "--netns=$there"
    offers "-n=" "-n=$there"
    offers 'show -n ' "$there"
    offers '--json='
    offers '-b ' - a.conf folder/ 'two words'
    offers '--batch a' a.conf
    offers '--batch=a' --batch=a.conf
    offers '--batch ./fo' ./folder/
    offers '--batch .h' .hidden
    offers "--batch $SCRATCH/home/" "$SCRATCH/home/at-home"
    offers '--batch -' -
    offers '--batch nothing/'
    offers '--batch a.conf '
    offers '--batch a.conf --fo' --force
    offers '-f /dev/net/tu' /dev/net/tun
    HOME=$SCRATCH/home offers '--batch ~/' '~/at-home'
    offers 'version '
    offers 'version x'
    offers 'help ' $commands
    offers 'help sh' show
    offers 'help show '
}

commands_and_options

# shellcheck disable=SC2046,SC2086
attributes_of_all() {
    offers 'add ' $attributes dev
    offers 'add mo' mode
    offers 'add vm0 ' $attributes dev
    offers 'a vm0 mo' mode
    offers 'add tap0 ' $attributes dev
    offers 'add tun0 ' $of_tun dev
    offers 'add vm0 mode tun ' $(without "$of_tun" mode) dev
    offers 'add tun7 mode tap ' $(without "$attributes" mode) dev
    offers 'add vm0 vm1 ' $(without "$attributes" mac altname) dev
    offers 'add dev '
    offers 'add dev vm0 ' $attributes dev
    offers 'add vm0 mode ' tun tap
    offers 'add vm0 m ' tun tap
    offers 'add vm0 mode ta' tap
    says 'add vm0 mode ' tun 'IP packets'
    says 'add vm0 mode ' tap 'Ethernet frames'
    offers 'add vm0 mode tap mo'
    offers 'add vm0 user ' any "${users[@]}"
    says 'add vm0 user ' root 'uid 0.*'
    offers 'add vm0 user daem' daemon
    offers 'add vm0 user daemon us'
    offers 'add vm0 group ' any "${groups[@]}"
    says 'add vm0 group ' root 'gid 0'
    offers 'add vm0 pi p'
    offers 'add vm0 pi vnet_hdr multi_queue napi ' \
        $(without "$attributes" pi vnet_hdr multi_queue napi) dev
    offers 'add vm0 mac '
    offers 'add vm0 mtu '
    offers 'add vm0 txqueuelen 5'
    offers 'add vm0 alias '
    offers 'add vm0 altname '
    offers 'add vm0 altname x altn' altname
    offers 'add vm0 master ' none $masters
    says 'add vm0 master ' trunk bridge
    offers "add vm0 netns $there master " none trunk9
    offers 'add vm0 netns ' "$there"
    offers 'add vm0 addr '
    offers 'add vm0 addr fd00::1/6'
    offers 'add vm0 addr fd00::1/64 ' peer broadcast nodad $attributes dev
    offers 'add vm0 addr fd00::1/64 nodad ' peer broadcast $attributes dev
    offers 'add vm0 addr 10.0.0.1/24 peer '
    offers 'add vm0 addr 10.0.0.1/24 peer 10.0.0.2 ' broadcast nodad $attributes dev
    offers 'add vm0 addr 10.0.0.1/24 broadcast ' + -
    offers 'add vm0 addr 10.0.0.1/24 broadcast -' - $beside_command
    offers 'add vm0 addr 10.0.0.1/24 broadcast + mtu 1400 pe'
    offers 'add vm0 addr 10.0.0.1/24 addr 10.0.1.1/24 pe' peer
    offers 'add vm0 route ' default
    offers 'add vm0 route 10.0.0.0/8 ' via metric $attributes dev
    offers 'add vm0 route 10.0.0.0/8 via 10.0.0.1 ' metric $attributes dev
    offers 'add vm0 route 10.0.0.0/8 metric '
    offers 'add vm0 linkdown_routes ' use ignore
    offers 'add vm0 forwarding ' on off
    offers 'add vm0 carr'
    offers 'add vm0 up ' $(without "$attributes" up down) dev
    offers 'add vm0 down u' user
    offers 'add vm0 wrong mo' mode
    offers 'ensure ' $attributes check dev $interfaces
    offers 'ensure tap0 tun0 che' check
    offers 'ensure vm0 check c'
    offers 'ensure ta' tap0
    offers 'set ' $(without "$attributes" napi napi_frags) carrier dev $interfaces
    offers 'set tap0 ' $(without "$interfaces" tap0) \
        $(without "$attributes" napi napi_frags) carrier dev
    offers 'set dev ' $interfaces
    offers 'set dev tap0 ' $(without "$attributes" napi napi_frags) carrier dev
    offers 'set dev tap0 dev ' $(without "$interfaces" tap0)
    offers 'set mtu 1400 ' $(without "$attributes" mtu napi napi_frags) carrier dev $interfaces
    offers 'set tap0 mtu 1400 ta'
    offers 'set tap0 carrier ' on off
}

attributes_of_all

# shellcheck disable=SC2046,SC2086
selections_and_conditions() {
    offers 'del ' $flags user group name held free all force if-exists dev $interfaces
    offers 'del tap0 ' $flags name force if-exists dev $(without "$interfaces" tap0)
    offers 'del all ' mode user group name held free force if-exists
    offers 'delete all held ' mode user group name force if-exists
    offers 'del held ' mode user group name all force if-exists
    offers 'del tap0 force if-exists mode tap f'
    offers 'del name ' $interfaces
    offers 'del if' if-exists
    says 'del t' tap0 'tap, open to every user, free'
    offers 'show ' $selectors watch dev $interfaces
    offers 's ta' tap0
    offers 'list ta' tap0
    says 'show b' "$tap1" 'tap, owned by daemon, of group bin, free'
    offers 'show tap0 tun0 ' $selectors watch dev $(without "$interfaces" tap0 tun0)
    offers 'show mode ' tun tap
    offers 'show user d' daemon
    offers 'show group any '  $(without "$selectors" group) watch dev $interfaces
    offers 'show held ' $(without "$selectors" held free) watch dev $interfaces
    offers 'show name tap0 name ' $(without "$interfaces" tap0)
    offers 'show watch w'
    offers "-n $there show " $selectors watch dev inner0
    offers "show -n $there i" inner0
    offers "--netns=$there del in" inner0
    offers '-n missing show ' $selectors watch dev
    offers 'show -- -' -dash
    offers 'apply ' a.conf folder/ 'two words' check
    offers 'apply a' a.conf
    offers 'apply a.conf ' a.conf folder/ 'two words' check
    offers 'apply check ' a.conf folder/ 'two words'
    offers 'apply a.conf check '
    offers 'apply ./fo' ./folder/
    offers 'ap' apply
    says 'apply c' check 'change nothing.*'
    offers 'save ' dev $interfaces
    offers 'save tap0 ta'
    offers 'save tap0 tu' tun0
    offers "-n $there save " dev inner0
    offers 'wait ' $conditions timeout dev $interfaces
    offers 'wait tap0 ' $conditions timeout
    offers 'wait dev ' $interfaces
    offers 'doctor ' dev $interfaces
    offers 'doctor tap0 '
    offers 'wait up tap0 ' timeout
    offers 'wait tap0 timeout '
    offers 'wait tap0 timeout 5 ' $conditions
    offers 'wait tap0 timeout 5 gone '
}

selections_and_conditions

both='proto listen offload mss fwmark underlay sandbox'
plain='insecure connect from jumbo'
keyed='key peer config workers control'
relaying="$both $plain $keyed"
of_peer='psk endpoint allow keepalive'
public=hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=
of_relay=$(without "$attributes" pi one_queue vnet_hdr napi napi_frags netns)
mapfile -t links < <(ip -o link | sed -E 's/^[0-9]+: ([^:@]+).*/\1/' | grep -vx -e '-dash' -e 'bad.*')

# shellcheck disable=SC2046,SC2086
relays() {
    offers 'r' relay
    offers 'relay ' $of_relay $relaying dev $interfaces
    offers 'relay tap0 ' $of_relay $relaying
    offers 'relay tun0 ' $(without "$of_relay" mac) $relaying
    offers 'relay insecure ta' tap0
    offers 'relay dev ' $interfaces
    offers 'relay tun7 insecure connect 192.0.2.1 ' $(without "$of_relay" mac) from jumbo $both
    offers 'relay tun7 proto ' udp tcp
    says 'relay tun7 proto ' tcp 'a stream of frames.*'
    offers 'relay tun7 listen '
    offers 'relay tun7 connect h'
    offers 'relay tun7 from ' any
    offers 'relay tun7 fwmark '
    offers 'relay tun7 offload ' on off
    offers 'relay tun7 mss ' auto off
    offers 'relay tun7 sandbox ' on off
    offers 'relay tun7 underlay ' "${links[@]}"
    offers 'relay tap0 underlay t' $(printf '%s\n' "${links[@]}" | grep '^t' | grep -vx tap0)
    says 'relay tun7 underlay ' trunk bridge
    offers "-n $there relay tun7 underlay tr" trunk9
    offers 'relay tun7 addr fd00::1/64 no' nodad
}

relays

# shellcheck disable=SC2046,SC2086
relays_with_keys() {
    local attributes files='a.conf folder/'
    attributes=$(without "$of_relay" mac)
    offers 'relay tun7 ke' key
    offers 'relay tun7 key ' $files 'two words'
    offers 'relay tun7 key a' a.conf
    offers 'relay tun7 key f ' $attributes $both peer workers control
    offers 'relay tun7 key f peer '
    offers "relay tun7 key f peer $public " $of_peer $attributes $both peer workers control
    offers "relay tun7 key f peer $public end" endpoint
    offers "relay tun7 key f peer $public psk " $files 'two words'
    offers "relay tun7 key f peer $public endpoint "
    offers "relay tun7 key f peer $public allow "
    offers "relay tun7 key f peer $public keepalive " off
    offers "relay tun7 key f peer $public keepalive 25 allow ::/0 psk g " allow endpoint \
        $attributes $both peer workers control
    offers "relay tun7 key f peer $public mtu 1400 " $(without "$attributes" mtu) $both peer \
        workers control
    offers "relay tun7 peer $public " $of_peer $attributes $both key peer workers control
    # Directly behind an address it is that of the other end, and offered once.
    offers 'relay tun7 addr 10.0.0.1/24 pe' peer
    says 'relay tun7 addr 10.0.0.1/24 pe' peer 'the address at the other end'
    says 'relay tun7 addr 10.0.0.1/24 up pe' peer 'whom it speaks with.*'
    offers "relay tun7 addr 10.0.0.1/24 peer 10.0.0.2 peer $public al" alias altname allow
    offers 'relay tun7 config ' $files 'two words'
    offers 'relay tun7 config f ' $attributes $both workers control
    offers 'relay tun7 workers '
    offers 'relay tun7 key f control ' off $files 'two words'
    offers 'relay tun7 key f control o' off
    offers 'relay tun7 psk '  $attributes $relaying # it has no place there
}

relays_with_keys

actions='print write replay respond hold stdio exec'
taking='count filter sandbox'

# shellcheck disable=SC2046,SC2086
attaches() {
    local files='a.conf folder/'
    offers 'attach ' $actions $taking queues dev $interfaces
    offers 'attach tap0 ' $actions $taking queues
    offers 'attach dev ' $interfaces
    offers 'attach tap0 count '
    offers 'attach tap0 count 5 ' print write replay respond filter sandbox
    offers 'attach tap0 filter icmp ' print write replay respond stdio count sandbox
    offers 'attach tap0 queues 2 ' exec
    offers 'attach tap0 print ' $taking
    offers 'attach tap0 write ' - $files 'two words'
    says 'attach tap0 write ' - 'standard output.*'
    offers 'attach tap0 write f ' $taking
    offers 'attach tap0 replay ' - $files 'two words'
    says 'attach tap0 replay ' - 'standard input'
    offers 'attach tap0 replay f ' fast loop $taking
    offers 'attach tap0 replay f loop '
    offers 'attach tap0 replay f loop 2 ' fast $taking
    offers 'attach tap0 hold ' sandbox
    offers 'attach tap0 sandbox ' on off
    offers 'attach tap0 stdio ' filter sandbox
    offers 'attach tap0 exec ' as $files 'two words'
    offers 'attach tap0 exec as d' daemon
    offers 'attach tap0 exec as daemon ' $files 'two words'
    offers 'attach tap0 exec ls ' $files 'two words'
    offers 'attach tap0 exec ls a' a.conf
    offers 'attach -x tap0 pr' print
    offers 'attach tap0 -' $beside_command
}

attaches

# One that is held is not free for a relay.
cat >"$SCRATCH/hold" <<'PERL'
open(my $node, "+<", "/dev/net/tun") or die "open: $!";
my $request = pack("a16Sx22", "tap0", 0x1002);
ioctl($node, 0x400454ca, $request) or die "tap0: $!";
open(my $ready, ">", $ARGV[0]) or die;
close($ready);
sleep 1000;
PERL
perl "$SCRATCH/hold" "$SCRATCH/ready" &
holder=$!
until_true 10 test -e "$SCRATCH/ready" || fail 'an interface is held'
ip link set tap0 up # its carrier tells of the holder
offers 'relay ta'
offers 'show ta' tap0
kill "$holder"
wait "$holder"

# ---- what it is asked with ----
check '-- may be left out' 0 "$TUNIC" __complete sho
check_stdout 'and changes nothing' $'show\tshow interfaces'
check 'no word at all' 0 "$TUNIC" __complete
check_stdout_like 'begins the first' $'^add\t'
check 'nothing can be shown that is held' 0 "$TUNIC" __complete -- show tun0
check_stdout_unlike 'a control byte is never printed' "$(printf '\001')"

finish
