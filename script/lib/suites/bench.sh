# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Whether script/bench works, in its form that measures next to nothing and without the peers, which are not built here.
# And a warning if the library takes more instructions than when the figures of docs/figures were made.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"
# shellcheck source-path=SCRIPTDIR source=../bench.sh
. "$(dirname "$0")/../bench.sh"

build_bench
find_controlplane
python=$(python_tools)/bin/python
run_case tiny in_bench "$python" -m measure --form tiny --without-peers --build "$results"
in_bench "$python" -m measure.growth "$results/tiny.json" | tee "$results/warnings" | sed 's/^/WARNING: /'
