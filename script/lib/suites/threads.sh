# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The header's rules on threads, wake-ups from other threads and from signal handlers, and forks, under ThreadSanitizer:
# many handles in many threads on this machine's lock and on the fake API server.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

only=threads build_in build/threads -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_COMPILER=gcc \
    -DCMAKE_C_FLAGS=-fsanitize=thread -DLEADERLIFE_TESTS=ON -DLEADERLIFE_EXAMPLES=OFF -DLEADERLIFE_COMMAND=OFF
run_pytest tests/threads
