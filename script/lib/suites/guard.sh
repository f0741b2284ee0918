# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The record guard on a real control plane: nobody leads beside a leader whose lock was removed, and tokens fence.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_tests ""
build_release
build_python
build_lua
find_controlplane || say "no control plane: these tests are skipped"
run_pytest tests/guard
