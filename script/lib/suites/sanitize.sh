# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The tests in C under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_in build/sanitize -DCMAKE_BUILD_TYPE=RelWithDebInfo -DLEADERLIFE_TESTS=ON -DLEADERLIFE_EXAMPLES=OFF \
    -DLEADERLIFE_SANITIZE=ON
export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1
export UBSAN_OPTIONS=print_stacktrace=1
run_ctest build/sanitize 'unit|machine|model|local'
