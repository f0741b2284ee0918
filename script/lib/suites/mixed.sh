# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# A mixed fleet: candidates of the library as it was before the newest change of the protocol, and of this one, on one
# lock.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

# The candidate program of the commit that tests/mixed/before names, in build/before. Fails where the history is not
# there.
build_before() {
    local commit source=$build/before/source
    commit=$(cat tests/mixed/before)
    if [[ $(cat "$build/before/commit" 2>/dev/null) != "$commit" ]]; then
        rm -rf "$build/before"
        mkdir -p "$source"
        git -C "$root" archive "$commit" 2>/dev/null | tar -x -C "$source" 2>/dev/null || return 1
    fi
    gently cmake -G Ninja -S "$source" -B "$build/before/build" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
        -DLEADERLIFE_TESTS=ON "${library_alone[@]}" >"$results/before.log" 2>&1 &&
        gently cmake --build "$build/before/build" --parallel "$(nproc)" --target candidate \
            >>"$results/before.log" 2>&1 ||
        { cat "$results/before.log"; return 1; }
    printf '%s\n' "$commit" >"$build/before/commit"
}

build_tests ""
find_controlplane || say "no control plane: no histories are played"
if build_before; then
    export LEADERLIFE_CANDIDATE_BEFORE=$build/before/build/tests/candidate
else
    say "the commit $(cat tests/mixed/before) cannot be built: is this a clone without its history?"
fi
run_pytest tests/mixed
