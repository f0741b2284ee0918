# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# prepare.sh TARGET...: makes what the suite release waits for, unless this machine already has it: minutes the first
# time.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../common.sh
. "$(dirname "$0")/../common.sh"
. script/lib/venv.sh
. script/lib/release/cache.sh

for target; do
    release_prefix "$target"
done
release_rootfs amd64
