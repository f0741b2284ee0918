# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# in_cluster.sh IMAGE: the test of docs/start/cluster.md with this image, an archive of an OCI layout.

suite=doors results=build/doors
# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_tests ""
build_release
build_python
find_controlplane
export LEADERLIFE_CONTROLPLANE LEADERLIFE_COMMAND="$build/release/bin/leaderlife" LEADERLIFE_IMAGE=$1
run_pytest tests/cluster/test_readme.py
