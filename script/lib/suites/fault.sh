# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Every request meets every fault, on a fake API server that is held to a real one; under AddressSanitizer.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_sanitized
find_controlplane || say "no control plane: the fake API server is not compared with a real one"
candidate=$build/sanitize/tests/candidate run_pytest tests/apiserver tests/fault
