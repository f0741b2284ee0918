# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Every request meets every fault, on a fake API server that is held to a real one; under AddressSanitizer.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_sanitized
# 48 cells at a time, sanitized: backoff may reach its 30 s on a slow machine.
export LEADERLIFE_PATIENCE=${LEADERLIFE_PATIENCE:-3}
find_controlplane || say "no control plane: the fake API server is not compared with a real one"
candidate=$build/sanitize/tests/candidate run_pytest tests/apiserver tests/fault
