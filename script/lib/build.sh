# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Configuring and building. A folder that exists is built further, never anew.

# build_in FOLDER [cmake options]: all targets. Silent unless it fails, and then without the lines of progress. Suites that
# run side by side build one after the other.
build_in() {
    local folder=$1 lock
    shift
    mkdir -p "$folder"
    exec {lock}>"$folder.lock"
    flock "$lock"
    if ! { CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja} gently cmake -S . -B "$folder" "$@" &&
        gently cmake --build "$folder" --parallel "$(nproc)"; } >"$folder/build.log" 2>&1; then
        grep -Ev '^(\[[0-9]+/[0-9]+\]|--) ' "$folder/build.log" >&2
        return 1 # the lock goes with the process
    fi
    exec {lock}>&-
}

# What users get, and where the demo, the examples and the checks of the binary look.
build_release() {
    build_in build/release -DCMAKE_BUILD_TYPE=Release -DLEADERLIFE_EXAMPLES=ON
}
