# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# sources.sh FOLDER: the sources of what is linked into wheels and the static command, a folder for each, of the version
# and hash that script/versions.json names, by the clients of their registries.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../common.sh
. "$(dirname "$0")/../common.sh"
. script/lib/cargo.sh
. script/lib/release/cache.sh
. script/lib/release/debian.sh

# Cargo checks each crate against the registry's checksum, and we the checksum against ours.
fetch_from_crates() {
    local target=$1 name package version sha256 file
    command -v cargo >/dev/null || die "no cargo here, which fetches curl, OpenSSL and nghttp2 (Debian: cargo)"
    mkdir "$target/cargo"
    pins cargo-manifest >"$target/cargo/Cargo.toml"
    : >"$target/cargo/none.rs"
    fetch_crates "$target/cargo"
    while read -r name package version sha256; do
        file=$(crate "$package" "$version" "$sha256") || die "$package $version is not what script/versions.json names"
        mkdir "$target/$name"
        tar -xzf "$file" -C "$target/$name" --strip-components 1
    done < <(pins crates)
    rm -r "$target/cargo"
}

# The .dsc has the hashes of the rest, which dpkg-source checks.
fetch_from_debian() {
    local target=$1 name package version sha256 work=$1/apt
    mkdir -p "$work/parts" "$work/lists/partial"
    debian_entries "$work/parts"
    source_apt "$work" update
    while read -r name package version sha256; do
        (cd "$work" && source_apt "$work" source --download-only "$package=$version")
        printf '%s  %s\n' "$sha256" "$work/${package}_${version#*:}.dsc" | sha256sum --check --strict ||
            die "$package $version is not what script/versions.json has the hash of"
        dpkg-source --no-check -x "$work/${package}_${version#*:}.dsc" "$target/$name"
    done < <(pins debian)
    rm -r "$work"
}

fetch_from_crates "$1"
fetch_from_debian "$1"
