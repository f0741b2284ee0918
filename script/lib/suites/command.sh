# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The leaderlife command on this machine's lock: errors in the command line, run, probes, hostile environments;
# completion, manual page, README and docs; and 200 kills.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_tests ""
LEADERLIFE_COMMAND="$build/tests/bin/leaderlife" run_pytest tests/cli/test_arguments.py tests/cli/test_completion.py \
    tests/cli/test_man.py tests/cli/test_readme.py tests/cli/test_run.py \
    tests/cli/test_hostile_environment.py tests/cli/test_stderr.py \
    tests/cli/test_watchdog.py tests/cli/test_health.py tests/cli/test_kills.py
