# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Every request meets every fault, on a fake API server that is held to a real one; under AddressSanitizer.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_in build/sanitize -DCMAKE_BUILD_TYPE=RelWithDebInfo -DLEADERLIFE_TESTS=ON -DLEADERLIFE_EXAMPLES=OFF \
    -DLEADERLIFE_SANITIZE=ON
export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1
export UBSAN_OPTIONS=print_stacktrace=1
find_controlplane || say "no control plane: the fake API server is not compared with a real one"
candidate=$build/sanitize/tests/candidate run_pytest tests/apiserver tests/fault
