# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Where a release is built: a copy of the checkout's files with one time and one set of modes, in a folder that
# end_stage removes. begin_stage sets: stage (the copy), work (for builds), out (for what is made), version,
# SOURCE_DATE_EPOCH.

begin_stage() {
    out=$(cd "$1" && pwd)
    work=$(mktemp -d)
    stage=$work/source
    SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)} ||
        die "there is no git here that knows the time of the last commit: set SOURCE_DATE_EPOCH"
    version=$(sed -n 's/^ *VERSION \([0-9.]*\)$/\1/p' CMakeLists.txt)
    export SOURCE_DATE_EPOCH TZ=UTC0 PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0
    # Where it is built, and where the libraries lie, is not to be seen in what is made.
    export COMPILED_FROM=$work
    mkdir "$stage"
    git ls-files -z --cached --others --exclude-standard |
        while IFS= read -r -d '' file; do
            [[ ! -e $file ]] || printf '%s\0' "$file"
        done |
        tar -c --no-recursion --null --files-from=- | tar -x -C "$stage"
    chmod -R u=rwX,go=rX "$stage"
    find "$stage" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

end_stage() {
    [[ -z ${work:-} ]] || rm -rf "$work"
    work=
}

# with_target TARGET COMMAND...: with its compiler and its libraries.
with_target() {
    local prefix
    prefix=$(release_prefix "$1") || return
    shift
    gently env -u CFLAGS -u LDFLAGS -u CPPFLAGS -u CC CMAKE_TOOLCHAIN_FILE="$prefix/toolchain.cmake" \
        ZIG_GLOBAL_CACHE_DIR="$prefix/zig" ZIG_LOCAL_CACHE_DIR="$work/zig" "$@"
}

# quietly LOG COMMAND...: its output only if it fails.
quietly() {
    local log=$work/$1.log
    shift
    "$@" >"$log" 2>&1 || {
        tail -n 40 "$log" >&2
        die "$* failed"
    }
}

with_tools() {
    PYTHONPATH=$(release_tools) "$(python_release)/bin/python" "$@"
}

# release_python NAME ARGUMENT...: that file of this folder.
release_python() {
    "$(python_release)/bin/python" "$release_lib/$1.py" "${@:2}"
}
