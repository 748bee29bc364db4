#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The released program is built so that a mistake in it is hard to make use of.

# shellcheck source=tests/library.sh
. "$(dirname "$0")/../library.sh"
isolate "$@"
need readelf
# Sanitizers take the place of all this, and a debug build needs none of it.
grep -qs '^CMAKE_BUILD_TYPE:STRING=Rel' "$(dirname "$(dirname "$TUNIC")")/CMakeCache.txt" ||
    skip_all 'not a build to be released'

# told OPTION…: what readelf says of the program.
told() {
    readelf -W "$@" "$TUNIC" 2>/dev/null
}
matches() {
    local pattern=$1
    shift
    told "$@" | grep -E "$pattern" >"$SCRATCH/found"
}

check_true 'it runs at any address (PIE)' matches 'FLAGS_1.* PIE' -d
check_true 'all its references are bound at the start' matches 'BIND_NOW' -d
check_true 'and read-only from then on (RELRO)' matches 'GNU_RELRO' -l
check_true 'its stack is not code' matches 'GNU_STACK .* RW ' -l
check_false 'no memory of it is written and run' matches 'LOAD .* RWE ' -l
check_false 'it looks for libraries nowhere else' matches '(RPATH|RUNPATH)' -d
check_false 'it changes none of its code' matches 'TEXTREL' -d
check_true 'a stack that was written beyond is noticed' matches '__stack_chk_fail' --dyn-syms
check_true 'and a buffer whose size is known' matches '__memcpy_chk' --dyn-syms

if [ "$(uname -m)" = x86_64 ]; then
    check_true 'it can run with a shadow stack' matches 'x86 feature: .*SHSTK' -n
    library=$(dirname "$(dirname "$TUNIC")")/libtunic.a
    check_equal 'every object of ours marks where a branch may lead' "$(ar t "$library" | wc -l)" \
        "$(readelf -nW "$library" 2>/dev/null | grep -c 'x86 feature: IBT, SHSTK')"
else
    skip 'shadow stack' 'not this architecture'
fi

# As it runs, with all its libraries: it waits for its input.
mkfifo "$SCRATCH/input"
"$TUNIC" apply - <"$SCRATCH/input" >/dev/null 2>&1 &
waiting=$!
exec {input}>"$SCRATCH/input"
check_true 'it runs' until_true 5 grep -q 'tunic$' "/proc/$waiting/maps"
check_equal 'nothing in it is written and run' '' "$(grep -E ' .?wx' "/proc/$waiting/maps")"
exec {input}>&-
wait "$waiting"

finish
