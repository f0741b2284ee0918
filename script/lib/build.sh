# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Configuring and building. A folder that exists is built further, never anew.

# build_in FOLDER [cmake options]: all targets.
build_in() {
    local folder=$1
    shift
    CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja} gently cmake -S . -B "$folder" "$@" >"$folder.log" 2>&1 ||
        { cat "$folder.log" >&2; return 1; }
    gently cmake --build "$folder" --parallel "$(nproc)" >"$folder.log" 2>&1 ||
        { cat "$folder.log" >&2; return 1; }
}

# What users get, and where the demo, the examples and the checks of the binary look.
build_release() {
    mkdir -p build
    build_in build/release -DCMAKE_BUILD_TYPE=Release -DLEADERLIFE_EXAMPLES=ON
}
