#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Completion in real shells: each runs in a terminal of tmux, keys are typed, Tab is pressed, and
# the screen is read. Behind Tab an X is typed: where it lands tells whether a blank was added.

# shellcheck source=tests/library.sh
. "$(dirname "$0")/../library.sh"
isolate "$@"
need tmux

limit=20 # seconds for anything that a shell shall show
work=$SCRATCH/work
export HOME=$SCRATCH/home

"$TUNIC" add tap0 mode tap user any || exit 1
"$TUNIC" add tap1 mode tap user daemon || exit 1
"$TUNIC" add unique0 mode tun user any || exit 1
# shellcheck disable=SC2016 # that is its name
"$TUNIC" add 'odd;$x' mode tun || exit 1
ip link add name trunk type bridge
namespace other
"$TUNIC" -n "$NAMESPACE" add inner0 mode tap

mkdir -p "$work/bin" "$work/folder" "$work/xdg" "$HOME"
ln -s "$TUNIC" "$work/bin/tunic"
touch "$work/lines.txt" "$work/with:colon" "$work/two words" "$HOME/home.conf"
export PATH=$work/bin:$PATH

# ---- the terminal ----

# A server for each shell: one that is going away would take the next one's terminal with it.
terminal() {
    tmux -S "$SCRATCH/tmux-$shell" -f /dev/null "$@"
}

screen() {
    terminal capture-pane -p -t shell
}

screen_has() {
    screen | grep -qxE -e "$1 *"
}

# The line that is being typed, without what a list below it shows.
line_is() {
    [ "$(screen | grep '^READY>' | tail -n 1 | sed 's/ *$//')" = "READY> $1" ]
}

# An empty line on an empty screen.
clear_line() {
    # Fish has a list to leave; bash, left so, ends a later completion now and then.
    [ "$shell" != fish ] || terminal send-keys -t shell C-c
    terminal send-keys -t shell C-e C-u C-l
    until_true "$limit" test_empty
}

test_empty() {
    [ "$(screen | sed '/^ *$/d; s/ *$//')" = 'READY>' ]
}

# typed WHAT KEYS EXPECTED: KEYS, Tab and X make the line EXPECTED.
typed() {
    clear_line || fail "$shell: an empty line" "$(screen)"
    terminal send-keys -t shell -l "$2"
    terminal send-keys -t shell Tab X
    if until_true "$limit" line_is "$3"; then
        pass "$shell: $1"
    else
        fail "$shell: $1" "typed: $2, Tab, X
expected: READY> $3
$(screen)"
    fi
}

# listed WHAT KEYS REGEX…: behind Tab there is a line on the screen for each of them.
listed() {
    local what=$1 keys=$2 regex
    shift 2
    clear_line || fail "$shell: an empty line" "$(screen)"
    terminal send-keys -t shell -l "$keys"
    terminal send-keys -t shell Tab
    for regex; do
        if until_true "$limit" screen_has "$regex"; then
            pass "$shell: $what: $regex"
        else
            fail "$shell: $what: $regex" "$(screen)"
        fi
    done
}

# begin SHELL COMMAND…: its first prompt.
begin() {
    shell=$1
    shift
    terminal new-session -d -s shell -x 100 -y 40 -c "$work" "$@" || {
        fail "$shell: a terminal"
        return 1
    }
    until_true "$limit" test_empty || {
        fail "$shell: a prompt" "$(screen)"
        return 1
    }
}

end() {
    terminal kill-server
}

# ---- what all of them do ----

interactions() {
    typed 'a command' 'tunic sho' 'tunic show X'
    typed 'of a program that is called by its path' './bin/tunic ensu' './bin/tunic ensure X'
    typed 'a keyword' 'tunic add vm0 multi' 'tunic add vm0 multi_queue X'
    typed 'a value' 'tunic add vm0 mode ta' 'tunic add vm0 mode tap X'
    typed 'an interface' 'tunic del uniq' 'tunic del unique0 X'
    typed 'an interface behind dev' 'tunic show dev uniq' 'tunic show dev unique0 X'
    typed 'an interface of another namespace' "tunic -n $NAMESPACE show in" \
        "tunic -n $NAMESPACE show inner0 X"
    typed 'a name with signs of the shell is quoted' 'tunic del od' "tunic del odd\\;\\\$x X"
    typed 'a bridge' 'tunic set tap0 master tr' 'tunic set tap0 master trunk X'
    typed 'a user' 'tunic add vm0 user dae' 'tunic add vm0 user daemon X'
    typed 'a word behind one with colons' 'tunic add vm0 addr fd00::1/64 nod' \
        'tunic add vm0 addr fd00::1/64 nodad X'
    typed 'nothing is known of an address' 'tunic add vm0 addr fd00::1/6' \
        'tunic add vm0 addr fd00::1/6X'
    typed 'the command that tunnels' 'tunic rel' 'tunic relay X'
    typed 'what has to be said of a tunnel' 'tunic relay tap0 inse' 'tunic relay tap0 insecure X'
    typed 'a word behind a host with a port' 'tunic relay unique0 connect host:5555 insec' \
        'tunic relay unique0 connect host:5555 insecure X'
    typed 'what a tunnel goes through' 'tunic relay tap0 underlay tr' 'tunic relay tap0 underlay trunk X'
    typed 'nothing is known of a host' 'tunic relay tap0 connect lin' 'tunic relay tap0 connect linX'
    typed 'the command that takes packets' 'tunic att' 'tunic attach X'
    typed 'a file to write to' 'tunic attach tap0 write lin' 'tunic attach tap0 write lines.txt X'
    typed 'what goes with a file' 'tunic attach tap0 replay lines.txt fa' \
        'tunic attach tap0 replay lines.txt fast X'
    typed 'as whom a command runs' 'tunic attach tap0 exec as dae' 'tunic attach tap0 exec as daemon X'
    typed 'a file of a command' 'tunic attach tap0 exec ls lin' 'tunic attach tap0 exec ls lines.txt X'
    typed 'no words of ours among a command'"'"'s' 'tunic attach tap0 exec ls filt' \
        'tunic attach tap0 exec ls filtX'
    typed 'an option' 'tunic --det' 'tunic --details X'
    typed "a value behind '='" 'tunic --color=al' 'tunic --color=always X'
    typed "a namespace behind '='" 'tunic --netns=tun' "tunic --netns=$NAMESPACE X"
    typed 'a file' 'tunic --batch lin' 'tunic --batch lines.txt X'
    typed 'a file below a folder, by a path' 'tunic -b ./lin' 'tunic -b ./lines.txt X'
    typed 'a file at home' 'tunic -b ~/ho' 'tunic -b ~/home.conf X'
    typed 'a file with a colon' 'tunic -b with:c' 'tunic -b with:colon X'
    typed 'a file with a blank' 'tunic -b two' 'tunic -b two\ words X'
    typed 'a folder, without a blank behind it' 'tunic -b fol' 'tunic -b folder/X'
    typed 'no files where none belong' 'tunic version lin' 'tunic version linX'
    typed 'a keyword that is used up' 'tunic add vm0 up do' 'tunic add vm0 up doX'
}

# ---- each shell ----

printf '%s\n' "PS1='READY> '" "bind 'set show-all-if-ambiguous on'" \
    "bind 'set enable-bracketed-paste off'" ". '$ROOT/completions/tunic.bash'" >"$work/bashrc"
if begin bash bash --noprofile --rcfile "$work/bashrc" -i; then
    interactions
    listed 'a list' 'tunic set tap' 'tap0 +tap1'
    listed 'commands' 'tunic ' '(.* )?add( .*)?' '(.* )?ensure( .*)?' '(.* )?attach( .*)?'
    typed 'a quoted file' 'tunic -b "two' 'tunic -b "two words" X'
fi
end

if command -v zsh >/dev/null; then
    mkdir -p "$work/zsh"
    printf '%s\n' "PS1='READY> '" "fpath=('$ROOT/completions' \$fpath)" \
        'autoload -Uz compinit && compinit -u -D' >"$work/zsh/.zshrc"
    if begin zsh env ZDOTDIR="$work/zsh" zsh -d -i; then
        interactions
        listed 'a list with descriptions' 'tunic set tap' \
            'tap0 +-- tap, open to every user, free' 'tap1 +-- tap, owned by daemon, free'
        listed 'commands' 'tunic ' 'ensure +-- make interfaces so.*'
        typed 'a quoted file' 'tunic -b "two' 'tunic -b "two words" X'
    fi
    end
else
    skip 'completion in zsh' "'zsh' is not installed"
fi

if command -v fish >/dev/null; then
    mkdir -p "$work/xdg/fish"
    printf '%s\n' "set -p fish_complete_path '$ROOT/completions'" 'set -g fish_greeting' \
        'set -g fish_autosuggestion_enabled 0' 'function fish_prompt' "echo -n 'READY> '" end \
        >"$work/xdg/fish/config.fish"
    if begin fish env XDG_CONFIG_HOME="$work/xdg" fish -i; then
        interactions
        listed 'a list with descriptions' 'tunic set tap' \
            'tap0 +\(tap, open to every user, free\) +tap1 +\(tap, owned by daemon, free\)'
        listed 'commands' 'tunic ' '.*ensure +\(make interfaces so.*'
        typed 'a quoted file' 'tunic -b "two' 'tunic -b "two words" X'
    fi
    end
else
    skip 'completion in fish' "'fish' is not installed"
fi

finish
