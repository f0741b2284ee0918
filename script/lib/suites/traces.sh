# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Traces of simulated histories, read by rules that are written apart from the machine (tests/traces/rules.py); and each
# broken rule that they must notice. Runs of the models in Promela, played on the machine; and on machines with a rule
# broken, which must be noticed.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_tests ""
mapfile -t names < <(tests/traces/check_suite.py --list)
for name in "${names[@]}"; do
    run_case "$name" tests/traces/check_suite.py "$name"
done
if command -v spin >/dev/null; then
    mapfile -t names < <(tests/traces/replay_model.py --list)
    for name in "${names[@]}"; do
        run_case "$name" tests/traces/replay_model.py "$name"
    done
else
    why="there is no spin here (package spin), so no run of a model was played"
    say "NO RUN OF A MODEL IS PLAYED: there is no spin here (package spin)"
    form='<testsuite name="%s"><testcase classname="%s" name="replay"><skipped message="%s"/></testcase></testsuite>\n'
    # shellcheck disable=SC2059 # the form is ours
    printf "$form" "$suite" "$suite" "$why" >"$results/replay.xml"
fi
cat "$results"/*.log
