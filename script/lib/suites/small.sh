# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The library of the embedded lock alone (LEADERLIFE_KUBERNETES=OFF): what it needs, its size, and that no pod is fooled
# by it.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_in build/small -DCMAKE_BUILD_TYPE=Release -DLEADERLIFE_KUBERNETES=OFF -DLEADERLIFE_TESTS=ON \
    -DLEADERLIFE_EXAMPLES=OFF \
    -DLEADERLIFE_PYTHON=ON -DPython3_EXECUTABLE=/usr/bin/python3 -DLEADERLIFE_LUA=5.4 -DLEADERLIFE_WERROR=ON
run_ctest build/small 'unit|local'
candidate=$build/small/tests/candidate run_pytest -s tests/small tests/scenarios/test_scenarios.py \
    -k "small or local-c-"
