#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A packet as a line: what tunic says and what tcpdump says of the same packets, which
# decode_corpus.py makes. Of the kinds of fields that both show all have to agree, but for those that
# decode_compare.py lists.

# shellcheck source=tests/library.sh
. "$(dirname "$0")/../library.sh"
need tcpdump python3 "${CC:-cc}"

DECODE=$SCRATCH/decode
"${CC:-cc}" -O1 -std=c11 -D_GNU_SOURCE -I "$ROOT/lib" -o "$DECODE" \
    "$ROOT/tests/interop/decode.c" "$ROOT"/lib/packet/*.c -lpcap ||
    skip_all 'nothing can be compiled'
export PYTHONDONTWRITEBYTECODE=1
check 'the packets' 0 python3 "$ROOT/tests/interop/decode_corpus.py" "$SCRATCH"
for file in tun tap; do
    cp "$SCRATCH/$file.pcap" "$SCRATCH/before"
    python3 "$ROOT/tests/interop/decode_corpus.py" "$SCRATCH"
    check_true "$file: they are always the same" cmp "$SCRATCH/before" "$SCRATCH/$file.pcap"
done

# compare WHAT FILE PACKETS FIELDS FORM OPTION…: at least so many of both; FORM is "link" or "".
compare() {
    local what=$1 file=$SCRATCH/$2.pcap packets=$3 fields=$4 form=$5 result
    shift 5
    check "$what: tcpdump reads them" 0 tcpdump -# -n -t -S "$@" -r "$file"
    cp "$STDOUT" "$SCRATCH/theirs"
    # shellcheck disable=SC2086 # a word or none
    check "$what: tunic reads them" 0 "$DECODE" "$file" $form
    cp "$STDOUT" "$SCRATCH/ours"
    check_false "$what: each is a line of printable ASCII" grep -q '[^ -~]' "$SCRATCH/ours"
    check "$what: nothing differs" 0 \
        python3 "$ROOT/tests/interop/decode_compare.py" "$SCRATCH/theirs" "$SCRATCH/ours"
    result=$(tail -n 1 "$STDOUT")
    printf '%s: %s\n' "$what" "$result"
    check_equal "$what: enough was compared" yes \
        "$(awk -v packets="$packets" -v fields="$fields" \
            '{ print ($1 >= packets && $6 >= fields ? "yes" : $0) }' <<<"$result")"
}
compare 'a tun' tun 1350 4300 ''
compare 'a tap' tap 1480 4600 ''
compare 'a tap with its headers' tap 1480 8300 link -e

finish
