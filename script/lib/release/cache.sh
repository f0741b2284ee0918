# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What takes long to make for a release is kept outside the checkout, in folders that are named by a hash of what they
# are made from: tools, sources, and for each target (such as x86_64-linux-musl) a compiler and the libraries. After
# script/lib/common.sh and script/lib/venv.sh.

release_lib=script/lib/release

pins() {
    /usr/bin/python3 "$release_lib/pins.py" "$@"
}

# made FOLDER SCRIPT ARGUMENT...: prints FOLDER. If there is none, the script makes it, under another name until it is
# complete.
made() {
    local folder=$1 script=$2
    shift 2
    mkdir -p "${folder%/*}"
    (
        flock 9
        if [[ ! -d $folder ]]; then
            rm -rf "$folder.new"
            mkdir "$folder.new"
            gently bash "$release_lib/$script" "$@" "$folder.new" >"$folder.log" 2>&1 || {
                tail -n 40 "$folder.log" >&2
                die "$script failed; all that it said is in $folder.log"
            }
            mv "$folder.new" "$folder"
            # What other states of the checkout were made from, unless one has been used lately.
            find "${folder%/*}" -mindepth 1 -maxdepth 1 -mtime +14 -exec rm -rf {} +
        fi
        touch "$folder"
    ) 9>"$folder.lock" || return
    printf '%s\n' "$folder"
}

# key_of FILE...: of what a folder is made from.
key_of() {
    { /usr/bin/python3 --version; cat "$@"; } | sha256sum | cut -c 1-16
}

release_cache() {
    printf '%s/release\n' "$(cache_folder)"
}

# Prints a folder for PYTHONPATH: with Zig, which compiles C for all targets, and auditwheel.
release_tools() {
    made "$(release_cache)/tools-$(key_of script/versions.json "$release_lib"/{pins.py,tools.sh})" tools.sh
}

# Prints a folder with one folder for each source in script/versions.json.
release_sources() {
    made "$(release_cache)/sources-$(key_of script/versions.json "$release_lib"/{pins.py,debian.sh,sources.sh})" \
        sources.sh
}

# release_prefix TARGET: prints a folder with the static libraries, and a CMake toolchain that takes these and no
# others.
release_prefix() {
    local tools sources
    tools=$(release_tools) && sources=$(release_sources) || return
    local recipe=("$release_lib"/{pins.py,tools.sh,debian.sh,sources.sh,toolchain.sh,libraries.sh})
    made "$(release_cache)/$1-$(key_of script/versions.json "${recipe[@]}")" \
        libraries.sh "$1" "$tools" "$sources"
}

# release_rootfs ARCH (as Debian calls it): prints a folder with the smallest Debian that has Python, to try wheels in.
release_rootfs() {
    made "$(release_cache)/rootfs-$1-$(key_of /etc/os-release "$release_lib/rootfs.sh")" rootfs.sh "$1"
}
