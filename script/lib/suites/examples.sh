# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The examples run.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_release
run_pytest tests/examples
