# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Mutants of c/src/machine, and of what c/src/kubernetes reads of objects, answers and watches: a test must notice each
# change of the source, but for those that tests/mutants/living.txt names with the reason. The same 200 and 100 in each
# run; with --full all others of these folders are played, too, and those that live are listed.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_tests ""
all=()
if [[ -n ${LEADERLIFE_FULL:-} ]]; then
    all=(--all)
fi

# play NAME NUMBER AREA...: so many of these areas.
play() {
    local name=$1 number=$2
    shift 2
    "$(python_analysis)/bin/python" tests/mutants/play.py --sample "$number" "${all[@]}" --jobs "$(nproc)" --cpu 20 \
        --junit "$results/mutants-$name.xml" "$@"
}

status=0
play machine 200 machine || status=1
play kubernetes 100 kubernetes/api kubernetes/objects kubernetes/watch || status=1
exit "$status"
