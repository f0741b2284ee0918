# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What README and docs tell people to run and to apply works, on a real control plane; no block of theirs is run by
# nobody.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_release
find_controlplane || say "no control plane: the manifests of README and docs are not tried"
run_pytest tests/readme
