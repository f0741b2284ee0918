# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The parts of a release: make_wheels, make_command, make_image, make_sdist, make_sums. In the stage (stage.sh), for all
# of $archs and $libcs, into $out.

# build_command TARGET: the path of the program that needs no library but the C library (none, with musl).
build_command() {
    local target=$1 folder=$work/command-$1
    if [[ ! -e $folder/bin/leaderlife ]]; then
        quietly "command-$target" with_target "$target" cmake -G Ninja -S "$stage" -B "$folder" \
            -DCMAKE_BUILD_TYPE=Release \
            -DLEADERLIFE_EXAMPLES=OFF -DLEADERLIFE_COMMAND_ALONE=ON
        quietly "command-$target" with_target "$target" cmake --build "$folder" --target leaderlife_command \
            --parallel "$(nproc)"
    fi
    printf '%s\n' "$folder/bin/leaderlife"
}

# The bill of materials of a target, as a file.
bill_of() {
    local file=$work/$1.cdx.json
    [[ -e $file ]] || release_python sbom "$1" "$version" "$SOURCE_DATE_EPOCH" >"$file"
    printf '%s\n' "$file"
}

make_wheel() {
    local target=$1 raw=$work/wheel-$1 prefix command bill
    prefix=$(release_prefix "$target")
    command=$(build_command "$target")
    bill=$(bill_of "$target")
    rm -rf "$stage/build" "$raw"
    quietly "wheel-$target" with_target "$target" env PATH="$(python_release)/bin:$PATH" \
        "$(python_release)/bin/python" -m build --wheel --no-isolation --skip-dependency-check --outdir "$raw" "$stage"
    release_python wheel "$raw"/*.whl "$target" "$command" "$prefix/licenses" "$bill" "$SOURCE_DATE_EPOCH" "$out"
}

make_wheels() {
    local arch libc wheel
    for arch in "${archs[@]}"; do
        for libc in "${libcs[@]}"; do
            make_wheel "$arch-linux-$libc"
        done
    done
    # For glibc alone: of another C library than this machine's auditwheel finds no loader. What those wheels need, the
    # tests see.
    for wheel in "$out"/*manylinux*.whl; do
        [[ ! -e $wheel ]] || check_tag "$wheel"
    done
}

# What auditwheel finds the wheel fit for must be what its name says.
check_tag() {
    local shown
    shown=$(with_tools -m auditwheel show "$1") || die "auditwheel cannot read ${1##*/}"
    [[ $(tr '\n' ' ' <<<"$shown") =~ following[[:space:]]+platform[[:space:]]+tag:[[:space:]]+\"([a-z0-9_]+)\" &&
        ${1##*-} == *"${BASH_REMATCH[1]}"* ]] || die "auditwheel finds ${1##*/} fit for less than its name says: $shown"
}

# with_static ARCH: sets the array static to the program without any library, its licences, and its bill of materials.
with_static() {
    local target=$1-linux-musl program prefix bill
    program=$(build_command "$target")
    prefix=$(release_prefix "$target")
    bill=$(bill_of "$target")
    static=("$program" "$prefix/licenses" "$bill")
}

make_command() {
    local arch static
    for arch in "${archs[@]}"; do
        with_static "$arch"
        release_python command "${static[@]}" "$stage" "leaderlife-$version-linux-$arch" "$SOURCE_DATE_EPOCH" "$out"
    done
}

make_image() {
    local arch static arguments=()
    for arch in "${archs[@]}"; do
        with_static "$arch"
        arguments+=("$arch" "${static[@]}")
    done
    release_python image "$stage" "$version" "$SOURCE_DATE_EPOCH" "$out" "${arguments[@]}"
}

make_sdist() {
    local raw=$work/sdist
    rm -rf "$raw"
    quietly sdist env PATH="$(python_release)/bin:$PATH" \
        "$(python_release)/bin/python" -m build --sdist --no-isolation --skip-dependency-check --outdir "$raw" "$stage"
    release_python sdist "$raw"/*.tar.gz "$SOURCE_DATE_EPOCH" "$out"
}

make_sums() (
    cd "$out"
    find . -maxdepth 1 -type f ! -name SHA256SUMS -printf '%P\0' | sort -z | xargs -0 sha256sum >"$work/SHA256SUMS"
    mv "$work/SHA256SUMS" SHA256SUMS
)
