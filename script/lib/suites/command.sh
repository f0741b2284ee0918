# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The leaderlife command on this machine's lock: what is wrong with a command line, run, probes, adversity;
# completion, manual page and README; and 200 deaths.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_tests ""
LEADERLIFE_COMMAND="$build/tests/bin/leaderlife" run_pytest tests/cli/test_arguments.py tests/cli/test_completion.py \
    tests/cli/test_man.py tests/cli/test_readme.py tests/cli/test_run.py tests/cli/test_adversity.py tests/cli/test_words.py \
    tests/cli/test_guard.py tests/cli/test_health.py tests/cli/test_kills.py
