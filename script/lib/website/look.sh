#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Looks at the site in build/site with Chromium, as look.js has it. Called by script/docs --check.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../common.sh
. "$(dirname "$0")/../common.sh"
. script/lib/packages.sh

command -v node >/dev/null || install_packages nodejs
command -v npm >/dev/null || install_packages npm
command -v chromium >/dev/null || install_packages chromium
folder=$(cache_folder)/look-$(sha256sum script/lib/website/package.json | cut -c 1-16)
if [[ ! -e $folder/complete ]]; then
    mkdir -p "$folder"
    cp script/lib/website/package.json "$folder"
    npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$folder" >&2
    touch "$folder/complete"
fi
NODE_PATH=$folder/node_modules gently node script/lib/website/look.js build/site build/screenshots
