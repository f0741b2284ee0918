# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Cargo, for what it brings. Sourced.

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
