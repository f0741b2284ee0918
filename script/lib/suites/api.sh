# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the header, the exported symbols and the order of the sources promise.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_release
run_pytest tests/api
