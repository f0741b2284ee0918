# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Leaders whose nodes are lost, by the real kubelet code and the real node controller, and the three node policies.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_tests ""
find_controlplane || say "no control plane: these tests are skipped"
run_pytest tests/nodes
