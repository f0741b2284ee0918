# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Seeded random histories on three etcd members and three API servers in network namespaces, which fail one by one and
# together; each is also judged by a linearizability checker, which must see broken ones.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_tests ""
build_python
build_lua
find_controlplane || say "no control plane: no histories are played"
LEADERLIFE_PORCUPINE=$(script/porcupine) || say "no linearizability checker: no histories are judged"
export LEADERLIFE_PORCUPINE
# Three API servers begin anew one after another, beside all the other suites.
export LEADERLIFE_PATIENCE=${LEADERLIFE_PATIENCE:-2}
run_pytest tests/ha
