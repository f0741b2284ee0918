# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The examples for Kubernetes, and what people do with them, on two nodes with real kubelets and containers. The image
# and the package for Python are made of what is built here, or are those that LEADERLIFE_IMAGE (an archive of an OCI
# layout) and LEADERLIFE_WHEEL name. With --full also with the other versions of Kubernetes: elections on the control
# plane, and some of these tests.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_tests ""
build_release
build_python
find_controlplane || say "no control plane: these tests are skipped"
export LEADERLIFE_CONTROLPLANE LEADERLIFE_COMMAND="$build/release/bin/leaderlife"
if [[ -z ${LEADERLIFE_FULL:-} ]]; then
    run_pytest tests/cluster
    exit
fi
run_pytest tests/cluster || true # its XML tells
core_cases='leader_deleted or rollout_restart or container_killed or sidecar or drain or eviction'
for module in tests/controlplane/versions/*.mod; do
    version=$(basename "$module" .mod)
    LEADERLIFE_CONTROLPLANE=$(script/controlplane --kubernetes "$version")
    results_in "$version-scenarios"
    run_pytest tests/scenarios -k "kubernetes and not python and not lua and ($core_scenarios)" || true
    results_in "$version-cluster"
    run_pytest tests/cluster -k "$core_cases" || true
done
