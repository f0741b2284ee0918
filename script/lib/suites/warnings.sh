# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The library, the examples and the tests compile without a warning, optimised, with both compilers.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

for compiler in gcc clang; do
    run_case "$compiler" build_in "build/$compiler" -DCMAKE_C_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=Release \
        -DLEADERLIFE_WERROR=ON -DLEADERLIFE_EXAMPLES=ON -DLEADERLIFE_TESTS=ON
done
