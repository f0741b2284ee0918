# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The tests of the control plane itself: the Kubernetes on which the others build.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

find_controlplane
run_pytest tests/controlplane
