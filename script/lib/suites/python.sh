# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The Python package: signals, forks, threads, ends, bad input; and what is lost on a real control plane.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_python
find_controlplane || say "no control plane: loss of leadership is not tried"
PYTHONDEVMODE=1 run_pytest tests/python/test_*.py tests/python/testing
