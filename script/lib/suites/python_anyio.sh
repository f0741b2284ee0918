# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Elections in trio, and in anyio on asyncio and uvloop, in development mode with warnings as errors; and a sample of
# the scenarios through trio, with --full all of them.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_python
results_in units
pytest_venv=python_frameworks PYTHONDEVMODE=1 \
    run_pytest --confcutdir tests/python/anyio tests/python/anyio || true # its XML tells

results_in scenarios
find_controlplane || say "no control plane: scenarios on Kubernetes through trio are skipped"
sample="and ($core_scenarios) and not without" # those are other servers, not other loops
[[ -z $LEADERLIFE_FULL ]] || sample=
python=$(python_frameworks)/bin/python candidate_python="$root/tests/python/candidate_trio.py" \
    run_pytest tests/scenarios/test_scenarios.py -k "python $sample"
