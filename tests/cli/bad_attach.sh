#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What `tunic attach` refuses, before it touches an interface. See tests/cli/bad.

# shellcheck source=tests/cli/bad
. "$(dirname "$0")/bad" "$@"

bad 2 'a name is missing' attach
bad 2 'a name is missing' attach print
bad 2 "'tun1' is one name too many" attach dev tun0 dev tun1
bad 3 'no such interface' attach nosuch
bad 3 'no such interface' attach prnit # a mistyped word is no interface, and makes none
bad 3 'no such interface' -j attach nosuch # errors stay text
bad 3 'no such interface' attach nosuch hold
bad 3 'no such interface' attach nosuch exec true
bad 1 'it is a bridge interface' attach br0
bad 1 'it is a veth interface' attach veth0 exec true
bad 4 'it has one queue' attach tap0 queues 2 exec true
bad 2 "unknown word 'prnt'" attach tun0 prnt
bad 2 "did you mean 'print'?" attach tun0 prnt

# ---- words that do not go together ----
bad 2 "'write' contradicts 'print'" attach tun0 print write f
bad 2 "'hold' contradicts 'respond'" attach tun0 respond hold
bad 2 "'exec' contradicts 'hold'" attach tun0 hold exec true
bad 2 "'print' is given twice" attach tun0 print print
for action in hold 'exec true'; do
    read -r -a words <<<"$action"
    bad 2 "'count' means nothing to '${words[0]}'" attach tun0 count 1 "${words[@]}"
    bad 2 "'filter' means nothing to '${words[0]}'" attach tun0 filter icmp "${words[@]}"
done
bad 2 "'count' means nothing to 'stdio'" attach tun0 count 1 stdio
for action in print 'write f' 'replay f' respond hold stdio ''; do
    read -r -a words <<<"$action"
    bad 2 "'queues' means nothing to '${words[0]:-print}'" attach tun0 queues 1 "${words[@]}"
done
bad 2 "'fast' has no place here" attach tun0 fast
bad 2 "'loop' has no place here" attach tun0 print loop 2
bad 2 "'as' has no place here" attach tun0 as daemon true

# ---- values ----
for number in '' 0 -1 x 1.5 4294967296 "$long_digits"; do
    bad 2 "count '${number:0:40}" attach tun0 count "$number"
    bad 2 "loop '${number:0:40}" attach tun0 replay f loop "$number"
done
for number in '' 0 -1 x 257 "$long_digits"; do
    bad 2 "queues '${number:0:40}" attach tun0 queues "$number" exec true
done
for word in count filter queues write replay; do
    bad 2 "a value is missing after '$word'" attach tun0 "$word"
done
bad 2 "a value is missing after 'loop'" attach tun0 replay f loop
bad 2 "a value is missing after 'exec'" attach tun0 exec
bad 2 "a value is missing after 'as'" attach tun0 exec as
bad 2 "a value is missing after 'exec'" attach tun0 exec as daemon
bad 2 "a value is missing after 'exec'" attach tun0 exec --
bad 2 'as ' attach tun0 exec as nosuchuser true
bad 2 'the filter is wrong' attach tun0 filter 'port x y'
bad 2 'the filter is wrong' attach tun0 filter 'icmp and' count 1

# ---- where it has no place ----
printf 'attach tun0 hold\n' >"$SCRATCH/batch"
bad 2 'no place in a batch' -b "$SCRATCH/batch"
finish_bad
