# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The protocol's models in Promela: none has an error, and each has one when a clause of the protocol is taken out.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

for name in $(/usr/bin/python3 tests/model/models.py --list ${LEADERLIFE_FULL:+--full}); do
    run_case "$name" gently /usr/bin/python3 tests/model/models.py "$name"
done
cat "$results"/*.log
