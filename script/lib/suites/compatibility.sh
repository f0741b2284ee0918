# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What client-go itself takes of the same files and variables, beside what this library takes.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_tests ""
find_controlplane || say "no control plane: these tests are skipped"
run_pytest tests/compatibility
