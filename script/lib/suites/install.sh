# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What is installed is found by CMake and pkg-config, and works.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_release
run_pytest tests/install
