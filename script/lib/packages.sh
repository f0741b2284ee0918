# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Debian packages: what is needed at which level, and how what is missing gets installed.

packages_library=(gcc libc6-dev pkg-config libcurl4-openssl-dev libjansson-dev libyaml-dev)
packages_command=("${packages_library[@]}" cmake ninja-build libmicrohttpd-dev)
packages_demo=("${packages_command[@]}" swig python3 python3-dev lua5.4 liblua5.4-dev)
# shellcheck disable=SC2034  # for script/install, with the next; pip itself brings CMake, Ninja and SWIG
packages_python=("${packages_library[@]}" python3-dev python3-venv)
# shellcheck disable=SC2034
packages_lua=("${packages_library[@]}" cmake make swig lua5.4 liblua5.4-dev luarocks)
# Without cargo where there is one already, as rustup brings it.
packages_release=("${packages_demo[@]}" git make perl dpkg-dev ca-certificates python3-venv)
command -v cargo >/dev/null || packages_release+=(cargo)
# What script/docs needs.
packages_docs=(python3-venv mandoc graphviz)
# shellcheck disable=SC2034  # for script/install
packages_test=("${packages_release[@]}" "${packages_docs[@]}" qemu-user-static skopeo strace g++ clang clang-tidy
    cppcheck libclang-rt-dev binutils abigail-tools buildah runc containerd containernetworking-plugins busybox
    debootstrap libcmocka-dev libcurl3-gnutls libnghttp2-dev libssl-dev zlib1g-dev libsqlite3-dev valgrind
    nghttp2-server openssl ca-certificates make python3-venv iproute2 nftables util-linux libcap2-bin spin lua5.1
    lua5.3 luajit2 liblua5.1-0-dev liblua5.3-dev libluajit2-5.1-dev luarocks lua-check lua-dkjson lua-cqueues
    lua-luv lua-copas lua-socket libjson-c5 nginx libnginx-mod-http-lua haproxy zsh openssh-client openssh-server
    sudo s6 supervisor tinyproxy squid-openssl dante-server redis-server postgresql uwsgi-plugin-python3
    python3-uwsgidecorators)

is_installed() {
    [[ $(dpkg-query -W -f='${db:Status-Abbrev}' "$1" 2>/dev/null) == ii* ]]
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    else
        sudo -- "$@"
    fi
}

# No package may start a daemon on the machine: while the command runs, a policy forbids it (unless there is one).
without_daemons() {
    local policy=/usr/sbin/policy-rc.d status=0
    if [[ -e $policy ]]; then
        "$@"
        return
    fi
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
    "$@" || status=$?
    as_root rm -f "$policy"
    return "$status"
}

install_packages() {
    local package missing=()
    command -v dpkg-query >/dev/null ||
        { say "no dpkg here, so nothing is installed; needed are what Debian calls: $*" >&2; return; }
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    if ((EUID != 0)) && ! command -v sudo >/dev/null; then
        die "missing packages, and neither root nor sudo to install them; as root: apt-get install ${missing[*]}"
    fi
    say "installing ${missing[*]}" >&2
    as_root apt-get -q -o Acquire::Retries=3 update >&2
    without_daemons as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 \
        -o DPkg::Lock::Timeout=300 install --no-remove --no-install-recommends "${missing[@]}" >&2
}
