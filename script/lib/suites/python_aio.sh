# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Elections in the loops of asyncio and uvloop, on the embedded lock, in development mode with warnings as errors.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_python
PYTHONDEVMODE=1 run_pytest tests/python/aio
