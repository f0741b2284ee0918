# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The examples in Python and their manifests on a real control plane, and what docs show in Python.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_python
find_controlplane || say "no control plane: the examples in Python are not run"
LEADERLIFE_EXAMPLES_PYTHON=$(python_examples)/bin/python
export LEADERLIFE_EXAMPLES_PYTHON
run_pytest tests/python/examples tests/python/test_readme.py
