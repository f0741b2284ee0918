# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The Python tools: in a venv outside the checkout, one for each state of script/requirements.txt.

# Prints the path of the venv, after it has been made if need be.
python_tools() {
    local base=/usr/bin/python3 cache key venv
    cache=$(cache_folder)
    key=$({ "$base" --version; cat script/requirements.txt; } | sha256sum | cut -c 1-16)
    venv=$cache/venv-$key
    (
        flock 9
        if [[ ! -e $venv/complete ]]; then
            say "installing Python tools into $venv" >&2
            rm -rf "$venv"
            "$base" -m venv "$venv" >&2
            "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement script/requirements.txt >&2
            touch "$venv/complete"
        fi
    ) 9>"$cache/venv.lock"
    printf '%s\n' "$venv"
}
