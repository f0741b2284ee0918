# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The leaderlife command on this machine's lock, and what is wrong with a command line; all of it also under the sanitizers.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

local_tests=(tests/cli/test_arguments.py tests/cli/test_run.py tests/cli/test_health.py)

build_tests ""
LEADERLIFE_COMMAND="$build/tests/bin/leaderlife" run_pytest "${local_tests[@]}"
