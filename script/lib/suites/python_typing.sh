# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The Python package as type checkers, editors and help() see it.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_python
run_pytest tests/python/typing
