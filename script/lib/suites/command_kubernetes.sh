# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# leaderlife run in pods on a real control plane, and the manifest that shows how.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_tests ""
find_controlplane || say "no control plane: all of it is skipped"
LEADERLIFE_COMMAND="$build/tests/bin/leaderlife" run_pytest \
    tests/cli/test_run_kubernetes.py tests/cli/test_manifest.py \
    tests/cli/test_plugins.py tests/cli/test_nothing_written.py tests/cli/test_own_pod.py \
    tests/cli/test_core_dump.py
