# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The Dockerfiles of examples/images become images, without a daemon, and elect in them.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

LEADERLIFE_IMAGES=$(cache_folder)/images
export LEADERLIFE_IMAGES
run_pytest tests/images
