# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# leaderlife status, on this machine's lock and on a real control plane; and the Events of option events.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_tests ""
find_controlplane || say "no control plane: most of these tests are skipped"
LEADERLIFE_COMMAND="$build/tests/bin/leaderlife" run_pytest \
    tests/cli/test_status.py tests/cli/test_status_kubernetes.py \
    tests/cli/test_events.py tests/cli/test_local_observation.py
