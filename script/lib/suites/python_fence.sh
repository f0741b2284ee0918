# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# leaderlife.fence on Debian's PostgreSQL and Redis, on SQLite and on objects of a real control plane: every store
# refuses a leader that was frozen. By the Python that has their clients.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_python
find_controlplane || say "no control plane: nobody is frozen in an election"
LEADERLIFE_TOOLS_PYTHON=$(python_tools)/bin/python
export LEADERLIFE_TOOLS_PYTHON
PYTHONDEVMODE=1 pytest_venv=python_frameworks run_pytest tests/python/fence
