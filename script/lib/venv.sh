# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Python packages from PyPI: in venvs outside the checkout, one for each state of a file of requirements.

# venv_of NAME REQUIREMENTS: prints the path of the venv that has them, after it has been made if need be.
venv_of() {
    local name=$1 requirements=$2 base=/usr/bin/python3 cache key venv
    cache=$(cache_folder)
    key=$({ "$base" --version; cat "$requirements"; } | sha256sum | cut -c 1-16)
    venv=$cache/$name-$key
    (
        flock 9
        if [[ ! -e $venv/complete ]]; then
            say "installing $requirements into $venv" >&2
            rm -rf "$venv"
            "$base" -m venv "$venv" >&2
            "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements" >&2
            touch "$venv/complete"
        fi
    ) 9>"$cache/venv.lock"
    printf '%s\n' "$venv"
}

# The tools of the scripts and tests.
python_tools() {
    venv_of venv script/requirements.txt
}

# What the examples in Python import beside leaderlife.
python_examples() {
    venv_of examples script/requirements-examples.txt
}
