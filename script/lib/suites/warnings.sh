# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# All C compiles without a warning with gcc, the library and the examples with clang too.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

strict=(-DCMAKE_BUILD_TYPE=RelWithDebInfo -DLEADERLIFE_WERROR=ON -DLEADERLIFE_EXAMPLES=ON)
run_case gcc build_in build/gcc -DCMAKE_C_COMPILER=gcc "${strict[@]}" -DLEADERLIFE_TESTS=ON
run_case clang build_in build/clang -DCMAKE_C_COMPILER=clang "${strict[@]}"
