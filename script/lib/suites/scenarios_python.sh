# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The same scenarios through the Python package.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_python
find_controlplane || say "no control plane: scenarios on Kubernetes are skipped"
run_pytest tests/scenarios -k python
