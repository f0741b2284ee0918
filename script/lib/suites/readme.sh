# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the README tells people to apply works on a real control plane.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_release
find_controlplane || say "no control plane: README's manifests are not tried"
run_pytest tests/readme
