# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Elections in the frameworks and servers in which Python runs, on the embedded lock and on the control plane; and the
# scenarios through greenlets of gevent and eventlet.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_python
find_controlplane || say "no control plane: the servers elect on the embedded lock alone"
LEADERLIFE_FRAMEWORKS_PYTHON=$(python_frameworks)/bin/python
export LEADERLIFE_FRAMEWORKS_PYTHON
run_pytest tests/python/frameworks || true

# With --full all of them. Each framework has a control plane of its own, so both play at a time.
which='python and (one-leads-until-its-life-ends or resign-hands-over or ended-as-Evicted or lock-deleted-by-hand-auto)'
[[ -z ${LEADERLIFE_FULL:-} ]] || which=python
play() {
    results_in "$1"
    python="env LEADERLIFE_GREEN=$1 $LEADERLIFE_FRAMEWORKS_PYTHON" \
        candidate_python="-W ignore::DeprecationWarning $root/tests/python/candidate_green.py" \
        run_pytest tests/scenarios/test_scenarios.py -k "$which" >"$results/output" 2>&1 || true
    cat "$results/output"
}
play gevent &
play eventlet &
wait
