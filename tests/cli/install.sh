#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Installs to a folder of its own, and uses what is there as another program would.

# shellcheck source=tests/library.sh
. "$(dirname "$0")/../library.sh"
isolate "$@"
need cmake pkg-config cc

prefix=$SCRATCH/prefix
build=$(dirname "$(dirname "$TUNIC")")
check 'it installs' 0 cmake --install "$build" --prefix "$prefix"

# What the build asks for is what the scripts install.
# shellcheck source=tests/packages.sh
. "$ROOT/tests/packages.sh"
needed=" ${package_build//$'\n'/ } "
while read -r module; do
    check_equal "the scripts install $module" "pc:$module" \
        "$([[ $needed != *" pc:$module "* ]] || printf 'pc:%s' "$module")"
done < <(sed -nE 's/^pkg_check_modules\(.* ([a-z-]+)(>=[0-9.]+)?\)$/\1/p' "$ROOT/CMakeLists.txt")

# ---- the program ----

check 'the program is there and runs' 0 "$prefix/bin/tunic" version
for name in tunctl ip-tuntap; do
    link=$(find "$prefix" -path "*/libexec/tunic/$name")
    check_equal "$name is a link to the program" "$(realpath "$prefix/bin/tunic")" \
        "$(realpath "$link")"
    check_equal "$name still is one where the folder is moved" '../../bin/tunic' \
        "$(readlink "$link")"
done
check_equal 'no other program is installed' tunic "$(ls "$prefix/bin")"

# ---- what starts it at boot ----

for file in lib/systemd/system/tunic.service lib/systemd/system/tunic-relay@.service \
    etc/network/if-pre-up.d/tunic etc/network/if-post-down.d/tunic; do
    check_true "$file is installed" test -f "$prefix/$file"
    check_false "and nothing of it is left open" grep -q '@[A-Z_]*@' "$prefix/$file"
done

# ---- pages and completions, as many as there are ----

for page in "$ROOT"/man/*.[0-9]; do
    [ -f "$page" ] || continue
    check_true "${page##*/} is installed" \
        test -f "$prefix/share/man/man${page##*.}/${page##*/}"
done
completion() {
    [ -f "$ROOT/completions/$1" ] || return 0
    check_true "the completion $1 is installed" cmp "$ROOT/completions/$1" "$prefix/share/$2"
}
completion tunic.bash bash-completion/completions/tunic
completion _tunic zsh/site-functions/_tunic
completion tunic.fish fish/vendor_completions.d/tunic.fish

# ---- the library ----

for header in "$prefix"/include/tunic/*/*.h; do
    name=${header#"$prefix"/include/tunic/}
    check_true "tunic.h includes $name" grep -qF "#include \"$name\"" \
        "$prefix/include/tunic/tunic.h"
done

folder=$(dirname "$(find "$prefix" -name libtunic.pc)")
check 'pkg-config knows it' 0 env PKG_CONFIG_PATH="$folder" \
    pkg-config --define-variable=prefix="$prefix" --cflags --libs --static libtunic
check_stdout_like 'and what it stands on' '-ltunic .*-lmnl'
read -r -a flags <"$STDOUT"
# What a sanitizer has put into the library asks for its own.
[ -z "$SANITIZED" ] || flags+=("-fsanitize=${SANITIZED//;/,}")
check 'a program is built with it' 0 \
    cc -Wall -Wextra -Werror -o "$SCRATCH/example" "$ROOT/tests/example.c" "${flags[@]}"
check_stderr 'without a warning' ''
check 'and runs' 0 "$SCRATCH/example"
check_stdout 'and tells what the kernel told' 'example0: tap, mtu 1400'
check_equal 'libtunic(3) shows it as it is' "$(sed '1,/^ \* it, and/d' "$ROOT/tests/example.c")" \
    "$(sed -n '/^\.Bd -literal$/,/^\.Ed$/p' "$ROOT/man/libtunic.3" |
        sed -e '1d;$d' -e 's/\\e/\\/g')"

finish
