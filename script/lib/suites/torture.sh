# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Every allocation, system call and descriptor of the library, of the command and of the modules for Python and Lua
# fails once: a sample by a seed (LEADERLIFE_SEED), with --full all of them, in each way in which they may. Through C
# also under the sanitizers, and on a real control plane.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_tests ""
build_python
build_lua
build_sanitized
find_controlplane || say "no control plane: the sample on a real one is skipped"
run_pytest -s tests/torture
