# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The library with other libcurls than the system's: built against the oldest that serves, its HTTP tested, and
# elections held on a real control plane; built against the newest, its HTTP tested. With --full against all of them:
# unit and local tests, all scenarios in C, and the faults; and once built against the oldest and run with each newer
# one, as after an upgrade of the system.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

mapfile -t versions < <(script/curls --list)
oldest=${versions[0]}

# on VERSION: what follows is with that libcurl.
on() {
    version=$1
    folder=$build/libcurl-$version
    prefix=$(script/curls "$version")
    PKG_CONFIG_PATH=$prefix/lib/pkgconfig build_in "$folder" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DLEADERLIFE_TESTS=ON \
        -DLEADERLIFE_EXAMPLES=OFF -DLEADERLIFE_COMMAND=OFF -DLEADERLIFE_WERROR=ON -DCMAKE_BUILD_RPATH="$prefix/lib"
}

# The targets of the candidate and of the tests in tests/unit whose names match; in full, all.
targets() {
    [[ -z ${LEADERLIFE_FULL:-} ]] || return 0
    local file
    printf 'candidate'
    for file in tests/unit/test_*.c; do
        file=${file##*/test_}
        file=${file#unit_}
        [[ ! $file =~ $1 ]] || printf ' test_unit_%s' "${file%.c}"
    done
}

programs() {
    results_in "$version-programs"
    run_ctest "$folder" "$@"
}

# elections NAME TESTS... [pytest options]
elections() {
    results_in "$version-$1"
    shift
    candidate=$folder/tests/candidate run_pytest "$@" || true # its XML tells
}

find_controlplane || say "no control plane: elections on Kubernetes are skipped"
build_tests "" # with the system's
only=$(targets 'http|proxy|endpoint') on "$oldest"
results_in "$oldest-versions"
LEADERLIFE_LIBCURL=$prefix LEADERLIFE_COMMAND=$build/tests/bin/leaderlife run_pytest tests/libcurls || true
if [[ -z ${LEADERLIFE_FULL:-} ]]; then
    programs unit --tests-regex 'http|proxy|endpoint'
    elections scenarios tests/scenarios \
        -k "kubernetes and not python and not lua and ($core_scenarios)"
    only=$(targets http) on "${versions[-1]}" # it can ask peers for signs of life, and what a system has may not
    programs unit --tests-regex 'http'
    exit
fi
for each in "${versions[@]}"; do
    on "$each"
    programs 'unit|local'
    elections scenarios tests/scenarios \
        -k "not python and not lua"
    # Before 7.80 no claim is on the wire when the cable is cut: it waits for a connection of its own, and is withdrawn.
    case $each in
    7.7[0-9].*) elections fault tests/fault --deselect tests/fault/test_cut_cable.py ;;
    *) elections fault tests/fault ;;
    esac
done
# As after an upgrade of the system.
for each in "${versions[@]:1}"; do
    on "$oldest"
    version=$oldest-on-$each
    prefix=$(script/curls "$each")
    LD_LIBRARY_PATH=$prefix/lib programs unit --tests-regex 'http|proxy|endpoint'
    LD_LIBRARY_PATH=$prefix/lib elections scenarios tests/scenarios \
        -k "kubernetes and not python and not lua and ($core_scenarios)"
done
