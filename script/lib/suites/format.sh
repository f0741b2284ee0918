# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# All C is as .clang-format wants it.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

run_case clang-format script/format --check
