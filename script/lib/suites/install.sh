# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What is installed is found by CMake and pkg-config, and works; as a shared library, and as a static one.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_release
build_in build/static -DCMAKE_BUILD_TYPE=Release -DLEADERLIFE_EXAMPLES=OFF -DBUILD_SHARED_LIBS=OFF
run_pytest tests/install
