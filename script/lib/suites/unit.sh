# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The tests in C, without a checker.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_tests ""
run_ctest build/tests 'unit|machine|model|local'
