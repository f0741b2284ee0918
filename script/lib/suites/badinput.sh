# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Bad input and missing rights on a real control plane: a status, and a text that names cause and cure.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_tests ""
find_controlplane || say "no control plane: most of these tests are skipped"
run_pytest tests/badinput
