# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What reads the code and does not run it: gcc's analyser, clang-tidy (.clang-tidy says which checks) and cppcheck, on
# the library, the command and the examples. With --full clang's analyser too.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

folder=build/analysers

# Also writes what the others read: how each file is compiled. Leaks are left to LeakSanitizer and valgrind: gcc 12
# loses sight of memory that is reached by a pointer in an argument, and reports what is kept there as lost.
with_gcc() {
    build_in "$folder" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_COMPILER=gcc -DCMAKE_EXPORT_COMPILE_COMMANDS=ON \
        "-DCMAKE_C_FLAGS=-fanalyzer -Wno-analyzer-malloc-leak" -DLEADERLIFE_EXAMPLES=ON -DLEADERLIFE_WERROR=ON
}

# Clang knows no option of gcc's analyser.
with_clang_tidy() {
    sed 's/ -fanalyzer -Wno-analyzer-malloc-leak / /' "$folder/compile_commands.json" >"$results/compile_commands.json"
    gently run-clang-tidy -quiet -j "$(nproc)" -p "$results" "$@"
}

# clang's own analyser: its knowledge of a va_list is wrong in C (it sees each as not begun), the order of members is
# ours, and it calls each memcpy unsafe.
with_clang_analyser() {
    with_clang_tidy -checks='-*,clang-analyzer-*,-clang-analyzer-valist.*,-clang-analyzer-optin.performance.Padding'\
',-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling'
}

# It reads no header of others, so it does not know libcurl's version. What an example has open ends with its main.
# Each stream of readdir is one thread's own; readdir_r is what the C library advises against.
with_cppcheck() {
    gently cppcheck --project="$folder/compile_commands.json" --enable=warning,portability,performance --quiet \
        --inline-suppr --error-exitcode=1 -j "$(nproc)" --library=posix,gnu \
        --library="$root/script/lib/analysers/jansson.cfg" \
        '--suppress=preprocessorErrorDirective:*/curl_features.h' \
        '--suppress=resourceLeak:*c/examples/*' \
        --suppress=readdirCalled
}

run_case gcc with_gcc
run_case clang-tidy with_clang_tidy
run_case cppcheck with_cppcheck
[[ -z ${LEADERLIFE_FULL:-} ]] || run_case clang-analyser with_clang_analyser
