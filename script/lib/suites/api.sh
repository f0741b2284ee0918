# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The header, the exported symbols, the structure of the sources, and what documents say of them.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_release
build_abi
run_pytest tests/api
