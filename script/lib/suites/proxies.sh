# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Elections on a real control plane through real proxies, in networks where nothing else reaches it.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_tests ""
build_python
build_lua
find_controlplane || say "no control plane: these tests are skipped"
LEADERLIFE_COMMAND="$build/tests/bin/leaderlife" LEADERLIFE_CANDIDATE_ALONE="$build/tests/tests/candidate_alone" \
    run_pytest tests/proxies
