# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# One election for all workers of a real nginx and of a real HAProxy, on the embedded lock and on the control plane.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_lua
find_controlplane || say "no control plane: the servers elect on the embedded lock alone"
run_pytest tests/lua/servers
