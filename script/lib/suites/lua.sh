# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The Lua modules in every version: life and end, bad input, forks, memory, event loops, examples, rock.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_lua
find_controlplane || say "no control plane: the examples in Lua are not run in pods"
run_case luacheck luacheck --no-color -q bindings examples tests
run_pytest tests/lua --ignore tests/lua/servers
