# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What building and testing need, and how each system's package manager calls it. Sourced by
# run.sh. Tried: apt (Debian 12). The other columns are untested: taken from the distributions'
# lists. A dash: not packaged there; a comma: several packages.
#
# The first column tells how to see that it is there: a command, pc:MODULE for pkg-config,
# header:FILE, or fuzzer for clang's libFuzzer.
#
# Not among them, as they are large: QEMU (qemu-system-x86_64) and User-Mode Linux (linux.uml), which
# are tried where they are installed.

package_table='
probe                   apt             dnf                   pacman            zypper             apk
gcc                     gcc,libc6-dev   gcc,libasan,libubsan  gcc               gcc                gcc,musl-dev
clang                   clang           clang                 clang             clang              clang
fuzzer                  libclang-rt-dev compiler-rt           compiler-rt       clang              compiler-rt
clang-tidy              clang-tidy      clang-tools-extra     clang             clang-tools        clang-extra-tools
clang-format            clang-format    clang-tools-extra     clang             clang-tools        clang-extra-tools
cmake                   cmake           cmake                 cmake             cmake              cmake
ninja                   ninja-build     ninja-build           ninja             ninja              samurai
pkg-config              pkg-config      pkgconf-pkg-config    pkgconf           pkg-config         pkgconf
pc:libmnl               libmnl-dev      libmnl-devel          libmnl            libmnl-devel       libmnl-dev
pc:libpcap              libpcap-dev     libpcap-devel         libpcap           libpcap-devel      libpcap-dev
pc:libseccomp           libseccomp-dev  libseccomp-devel      libseccomp        libseccomp-devel   libseccomp-dev
pc:libcap-ng            libcap-ng-dev   libcap-ng-devel       libcap-ng         libcap-ng-devel    libcap-ng-dev
pc:libcrypto            libssl-dev      openssl-devel         openssl           libopenssl-devel   openssl-dev
header:intel-ipsec-mb.h libipsec-mb-dev intel-ipsec-mb-devel  -                 -                  -
pc:cmocka               libcmocka-dev   libcmocka-devel       cmocka            libcmocka-devel    cmocka-dev
pc:jansson              libjansson-dev  jansson-devel         jansson           libjansson-devel   jansson-dev
header:linux/if_tun.h   linux-libc-dev  kernel-headers        linux-api-headers linux-glibc-devel  linux-headers
cppcheck                cppcheck        cppcheck              cppcheck          cppcheck           cppcheck
valgrind                valgrind        valgrind              valgrind          valgrind           valgrind
shellcheck              shellcheck      ShellCheck            shellcheck        ShellCheck         shellcheck
mandoc                  mandoc          mandoc                mandoc            mandoc             mandoc
ip                      iproute2        iproute               iproute2          iproute2           iproute2
unshare                 util-linux      util-linux            util-linux        util-linux         util-linux
ethtool                 ethtool         ethtool               ethtool           ethtool            ethtool
ps                      procps          procps-ng             procps-ng         procps             procps
ping                    iputils-ping    iputils               iputils           iputils            iputils
arping                  iputils-arping  iputils               iputils           iputils            iputils-arping
diff                    diffutils       diffutils             diffutils         diffutils          diffutils
strace                  strace          strace                strace            strace             strace
tmux                    tmux            tmux                  tmux              tmux               tmux
zsh                     zsh             zsh                   zsh               zsh                zsh
fish                    fish            fish                  fish              fish               fish
jq                      jq              jq                    jq                jq                 jq
/usr/bin/time           time            time                  time              time               time
perl                    perl            perl                  perl              perl               perl
tunctl                  uml-utilities   tunctl                -                 -                  -
openvpn                 openvpn         openvpn               openvpn           openvpn            openvpn
socat                   socat           socat                 socat             socat              socat
wg                      wireguard-tools wireguard-tools       wireguard-tools   wireguard-tools    wireguard-tools-wg
wireguard-go            wireguard-go    wireguard-go          wireguard-go      wireguard-go       wireguard-go
nft                     nftables        nftables              nftables          nftables           nftables
tcpdump                 tcpdump         tcpdump               tcpdump           tcpdump            tcpdump
tcpreplay               tcpreplay       tcpreplay             tcpreplay         tcpreplay          tcpreplay
tshark                  tshark          wireshark-cli         wireshark-cli     wireshark          tshark
python3                 python3         python3               python            python3            python3
'

# What building the program alone needs of them.
# shellcheck disable=SC2034 # for those who source it
package_build='gcc cmake ninja pkg-config header:linux/if_tun.h
pc:libmnl pc:libpcap pc:libseccomp pc:libcap-ng pc:libcrypto'

package_present() {
    case $1 in
    pc:*) pkg-config --exists "${1#pc:}" 2>/dev/null ;;
    header:*) [ -e "/usr/include/${1#header:}" ] ;;
    fuzzer)
        printf 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return d && n; }\n' |
            clang -x c -fsanitize=fuzzer -o /dev/null - 2>/dev/null
        ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

# The package manager of this system, with its column in the table.
package_manager() {
    local column=2 manager
    for manager in apt-get dnf pacman zypper apk; do
        if command -v "$manager" >/dev/null; then
            printf '%s %s\n' "$manager" "$column"
            return
        fi
        column=$((column + 1))
    done
    return 1
}

package_install() {
    local manager=$1
    shift
    case $manager in
    apt-get) DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" ;;
    dnf) dnf install -y "$@" ;;
    pacman) pacman -S --noconfirm --needed "$@" ;;
    zypper) zypper --non-interactive install "$@" ;;
    apk) apk add "$@" ;;
    esac </dev/null
}

package_refresh() {
    case $1 in
    apt-get) apt-get update ;;
    pacman) pacman -Sy --noconfirm ;;
    zypper) zypper --non-interactive refresh ;;
    apk) apk update ;;
    *) ;;
    esac </dev/null
}

# Installs what is missing of the named probes, or of all. What cannot be had is told, and the tests
# that need it are skipped.
packages_ensure() {
    local manager column probe columns names name missing=()

    export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
    if ! read -r manager column < <(package_manager); then
        echo 'no package manager that is known here: using what is installed' >&2
        return
    fi
    while read -r probe columns; do
        [ $# -eq 0 ] || [[ " $* " == *" $probe "* ]] || continue
        package_present "$probe" && continue
        IFS=, read -r -a names <<<"$columns"
        missing+=("${names[@]}")
    done < <(awk -v column="$column" 'NR > 2 && NF && $column != "-" {print $1, $column}' \
        <<<"$package_table")
    [ "${#missing[@]}" -gt 0 ] || return 0
    printf 'installing: %s\n' "${missing[*]}"
    package_refresh "$manager" >/dev/null || echo 'the package lists could not be refreshed' >&2
    package_install "$manager" "${missing[@]}" >/dev/null && return
    # One name that this release does not know must not keep the others away.
    for name in "${missing[@]}"; do
        package_install "$manager" "$name" >/dev/null || printf 'cannot install %s\n' "$name" >&2
    done
}
