# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The scenarios through C: on the embedded lock, and on a real Kubernetes.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_tests ""
find_controlplane || say "no control plane: scenarios on Kubernetes are skipped"
run_pytest tests/scenarios -k "not python and not lua"
