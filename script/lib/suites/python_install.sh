# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The Python package is built, published and installed as it should be, in every version of Python.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

run_pytest tests/python/install
