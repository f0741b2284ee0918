# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The pages: their links and lengths, what is made of header, package, modules and manual page, and the site without a
# warning. That their blocks run is the suite readme's.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

run_case site script/docs
run_pytest tests/docs
