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

# What script/release needs, so that who makes an image fetches no test's tools.
python_release() {
    venv_of release-venv script/requirements-release.txt
}

# What the examples in Python import beside leaderlife.
python_examples() {
    venv_of examples script/requirements-examples.txt
}

# The frameworks in Python that the package is tried in, with pytest.
python_frameworks() {
    venv_of frameworks script/requirements-frameworks.txt
}

# The peers in Python that script/bench measures, and what draws its plots.
python_bench() {
    venv_of bench script/requirements-bench.txt
}

# What measures the tests: the report of coverage, and the parser of C.
python_analysis() {
    venv_of analysis script/requirements-analysis.txt
}

# What the site is built with.
python_docs() {
    venv_of docs script/requirements-docs.txt
}
