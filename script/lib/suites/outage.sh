# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Many candidates during outages of a real control plane and of its connections, and while the machine's clock steps.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_tests ""
build_python
build_lua
find_controlplane || say "no control plane: these tests are skipped"
run_pytest tests/outage
