# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Debian's sources, from the archives that this machine installs its packages from. apt's lists lie in a folder of their
# own, so that nothing of this machine is changed: debian_entries FOLDER/parts, then source_apt FOLDER update.

# This machine's own entries of Debian, as sources.
debian_entries() {
    local parts=$1 file
    for file in /etc/apt/sources.list.d/*.sources; do
        [[ ! -e $file ]] || sed -E 's/^Types:.*/Types: deb-src/' "$file" >"$parts/${file##*/}"
    done
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [[ ! -e $file ]] || sed -nE 's/^deb(-src)?[[:space:]]/deb-src /p' "$file" | sort -u \
            >"$parts/$(basename "$file" .list).list"
    done
}

source_apt() {
    local work=$1
    shift
    apt-get -q -o Acquire::Retries=3 -o APT::Sandbox::User=root -o Dir::Etc::sourcelist=/dev/null \
        -o Dir::Etc::sourceparts="$work/parts" -o Dir::State::lists="$work/lists" \
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= "$@"
}

source_cache() {
    local work=$1
    shift
    apt-cache -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/parts" \
        -o Dir::State::lists="$work/lists" \
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= "$@"
}
