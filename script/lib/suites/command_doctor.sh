# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# leaderlife doctor and leaderlife rbac on a real control plane, and doctor on this machine's lock.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_tests ""
find_controlplane || say "no control plane: most of these tests are skipped"
LEADERLIFE_COMMAND="$build/tests/bin/leaderlife" run_pytest tests/cli/test_doctor.py tests/cli/test_doctor_*.py \
    tests/cli/test_rbac.py
