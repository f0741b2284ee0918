# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Campaigns in Python, in threads and in asyncio: their own tests, losses on a real control plane, and a sample of the
# scenarios, with --full all of them.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_python
find_controlplane || say "no control plane: losses and scenarios on Kubernetes are skipped"
chosen=()
[[ -n ${LEADERLIFE_FULL:-} ]] || chosen=(-k "not test_scenario or ($core_scenarios)")
PYTHONDEVMODE=1 run_pytest tests/python/campaign "${chosen[@]}"
