# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The tests in C under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_sanitized
run_ctest build/sanitize 'unit|machine|model|local'
