# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Seeded random histories of real candidates on a real control plane, and the checker, which must see faulty ones.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_tests ""
build_python
build_lua
find_controlplane || say "no control plane: no histories are played"
run_pytest tests/history
