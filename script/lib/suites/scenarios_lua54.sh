# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The same scenarios through Lua 5.4.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_lua
find_controlplane || say "no control plane: scenarios on Kubernetes are skipped"
run_pytest tests/scenarios -k lua5.4
