# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# leaderlife run and the programs that people start by it: ssh, sudo, su, daemons, process 1, s6, supervisord.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_tests ""
LEADERLIFE_COMMAND="$build/tests/bin/leaderlife" run_pytest tests/cli/test_named_programs.py
