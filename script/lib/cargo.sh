# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Crates, which cargo brings, and does nothing else. Sourced, after common.sh.

# thrifty_cargo WORDS...: cargo, which asks the registry for the crates that are wanted alone. Debian 12's would fetch
# the index of all crates with their history first, from a server of its own.
thrifty_cargo() {
    local release
    release=$(cargo --version | sed -n 's/^cargo 1\.\([0-9]*\).*/\1/p')
    if [[ -n $release ]] && ((release < 68)); then # it can, but calls that unstable
        RUSTC_BOOTSTRAP=1 cargo -Zsparse-registry "$@"
    else
        CARGO_REGISTRIES_CRATES_IO_PROTOCOL=sparse cargo "$@"
    fi
}

# fetch_crates FOLDER: those that FOLDER/Cargo.toml names, into cargo's cache. Not by `cargo vendor`, whose older ones
# leave files out.
fetch_crates() {
    (cd "$1" && thrifty_cargo fetch --quiet --target "$(uname -m)-unknown-linux-gnu") >&2
}

# crate NAME VERSION SHA256: the path of what has been fetched.
crate() {
    local home found
    home=${HOME:-$(getent passwd "$(id -u)" | cut -d : -f 6)} # as cargo finds it
    for found in "${CARGO_HOME:-$home/.cargo}"/registry/cache/*/"$1-$2.crate"; do
        if [[ -e $found ]] && printf '%s  %s\n' "$3" "$found" | sha256sum --check --status; then
            printf '%s\n' "$found"
            return
        fi
    done
    die "cargo has brought no $1 $2 with the sum $3"
}
