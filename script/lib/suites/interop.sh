# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Candidates of operator-lib and ours on one lock, on a real control plane.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_tests ""
find_controlplane || say "no control plane: these tests are skipped"
run_pytest tests/interop
