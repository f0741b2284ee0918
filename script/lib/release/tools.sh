# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# tools.sh TARGET: the tools of script/versions.json from PyPI, each checked by its hash.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../common.sh
. "$(dirname "$0")/../common.sh"
. script/lib/venv.sh
. script/lib/release/cache.sh

[[ $(uname -m) == x86_64 ]] ||
    die "a release is made on x86_64: script/versions.json has the tools' hashes for that alone"
pins requirements >"$1/requirements.txt"
"$(python_release)/bin/pip" install --quiet --disable-pip-version-check --no-deps --require-hashes --target "$1" \
    --requirement "$1/requirements.txt"
