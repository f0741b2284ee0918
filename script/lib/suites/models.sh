# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The protocol's models in Promela: whole, without error; with a clause dropped, with the error that it prevents.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

if ! command -v spin >/dev/null; then
    say "NO MODEL IS CHECKED: there is no spin here (package spin)"
    why="there is no spin here (package spin), so no model was checked"
    form='<testsuite name="%s"><testcase classname="%s" name="spin"><skipped message="%s"/></testcase></testsuite>\n'
    # shellcheck disable=SC2059 # the form is ours
    printf "$form" "$suite" "$suite" "$why" >"$results/spin.xml"
    exit 0
fi

mapfile -t names < <(tests/model/check_models.py ${LEADERLIFE_FULL:+--full} --list)
for name in "${names[@]}"; do
    while (($(jobs -rp | wc -l) >= $(nproc))); do
        wait -n
    done
    run_case "$name" tests/model/check_models.py "$name" &
done
wait
cat "$results"/*.log
