# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the suites in script/lib/suites share. script/test gives each $suite, its name, and $results, its folder.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. script/lib/build.sh
. script/lib/venv.sh

: "${suite:?}" "${results:?}"
results=$root/$results
all_results=$results
build=$root/build
export PYTHONDONTWRITEBYTECODE=1

# run_case NAME COMMAND...: one test that is a command; writes its XML, shows its output if it fails, never fails.
run_case() {
    local name=$1 status=0
    shift
    "$@" >"$results/$name.log" 2>&1 || status=$?
    ((status == 0)) || cat "$results/$name.log"
    /usr/bin/python3 script/lib/junit.py "$results/$name.xml" "$suite" "$name" "$status" "$results/$name.log"
}

# The tests in C and all they need, in build/tests, by gcc and without a warning.
build_tests() {
    build_in build/tests -DCMAKE_BUILD_TYPE="${LEADERLIFE_TEST_BUILD_TYPE:-RelWithDebInfo}" \
        -DCMAKE_C_COMPILER=gcc -DLEADERLIFE_WERROR=ON \
        -DLEADERLIFE_TESTS=ON -DLEADERLIFE_EXAMPLES=ON -DLEADERLIFE_TEST_PREFIX="${1:-}"
}

# The same under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer, in build/sanitize; and the options of
# the sanitizers.
build_sanitized() {
    build_in build/sanitize -DCMAKE_BUILD_TYPE=RelWithDebInfo -DLEADERLIFE_TESTS=ON -DLEADERLIFE_EXAMPLES=OFF \
        -DLEADERLIFE_SANITIZE=ON
    export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1
    export UBSAN_OPTIONS=print_stacktrace=1
}

# run_ctest FOLDER AREAS [ctest options]: every program writes its own XML; ctest's tells how each ended.
run_ctest() {
    local folder=$1 areas=$2
    shift 2
    if [[ -n ${LEADERLIFE_FULL:-} ]]; then
        export LEADERLIFE_MODEL_RUNS=${LEADERLIFE_MODEL_RUNS:-20000}
    fi
    CMOCKA_MESSAGE_OUTPUT=xml CMOCKA_XML_FILE="$results/%g.xml" gently ctest --test-dir "$folder" \
        --label-regex "^($areas)\$" --parallel "$(nproc)" --output-on-failure --no-tests=error \
        --output-junit "$results/ctest.xml" "$@" >"$results/ctest.log" 2>&1 ||
        grep -F -e '***' -e '% tests passed' "$results/ctest.log"
}

# lua_command VERSION: the command line of that interpreter with our modules, the tests', and the system's.
lua_command() {
    printf "env LUA_PATH='%s/lua/lua/share/?.lua;;' LUA_CPATH='%s/lua/lua/%s/?.so;%s/lua/lua/tests/%s/?.so;;' lua%s" \
        "$build" "$build" "$1" "$build" "$1" "$1"
}

# run_pytest PATH... ($candidate: another candidate program than that in build/tests; $python: another Python for the
# candidate in Python; $candidate_python: another candidate in Python; $pytest_venv: another function of venv.sh). No
# signal is ignored, as nohup(1) and a shell's & have it: what the tests start would inherit that.
run_pytest() {
    local in_python=${candidate_python:-$root/tests/python/candidate.py}
    LEADERLIFE_BUILD="$build" LEADERLIFE_CANDIDATE_C="${candidate:-$build/tests/tests/candidate}" \
        LEADERLIFE_CANDIDATE_PYTHON="${python:-/usr/bin/python3} -X dev -W error $in_python" \
        LEADERLIFE_CANDIDATE_LUA51="$(lua_command 5.1) $root/tests/lua/candidate.lua" \
        LEADERLIFE_CANDIDATE_LUA54="$(lua_command 5.4) $root/tests/lua/candidate.lua" \
        LEADERLIFE_CANDIDATE_LUAJIT="$(lua_command jit) $root/tests/lua/candidate.lua" \
        PYTHONPATH="$build/python/python" \
        env --default-signal "$("${pytest_venv:-python_tools}")/bin/python" -m pytest -q -rs -p no:cacheprovider \
        --junitxml "$results/pytest.xml" "$@"
}

# The scenarios that a library or a server of another version is tried with.
core_scenarios='one-leads-until-its-life-ends or resign-hands-over or restarted-leader-resumes or ended-as-Evicted'
core_scenarios+=' or lock-deleted-by-hand-auto or takeover-without-controller-manager or without-leases'
export core_scenarios

# results_in NAME: where the same tests run more than once, what follows has a folder of its own.
results_in() {
    results=$all_results/$1
    mkdir -p "$results"
}

# The path of the control plane's binary in LEADERLIFE_CONTROLPLANE. Waits for the build that script/test has begun.
find_controlplane() {
    LEADERLIFE_CONTROLPLANE=$(script/controlplane) || return 1
    export LEADERLIFE_CONTROLPLANE
}
