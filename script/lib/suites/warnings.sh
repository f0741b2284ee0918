# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# All C compiles without a warning with gcc, which the build of the tests shows; the library and the examples with clang
# too.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

run_case gcc build_tests ""
run_case clang build_in build/clang -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_COMPILER=clang \
    -DLEADERLIFE_WERROR=ON -DLEADERLIFE_EXAMPLES=ON
