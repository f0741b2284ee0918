# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The examples for Python's frameworks: several replicas of each, killed, frozen and restarted; two of them in pods.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_python
build_release
find_controlplane || say "no control plane: no example is run in pods"
LEADERLIFE_FRAMEWORKS_PYTHON=$(python_frameworks)/bin/python
export LEADERLIFE_FRAMEWORKS_PYTHON
run_pytest tests/python/howto
