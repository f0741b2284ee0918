# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What comes from outside, made up by fuzzers: 10 seconds of libFuzzer for each target of tests/fuzz, under
# AddressSanitizer and UndefinedBehaviorSanitizer, always from the same seed: what fails here fails again, and a change
# fails by what it does, not by chance. With --full an hour of processor time, from other seeds, of which AFL++ has
# half, both beside each other. What libFuzzer finds is in build/results/fuzz, what AFL++ finds in build/afl/findings;
# run the target with that file to see it again.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

seconds=10
seed=1
sanitizers="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
corpora=tests/fuzz/corpus
made=$build/fuzz/corpus # grows from those

# build_targets FOLDER COMPILER FLAGS
build_targets() {
    CC=$2 build_in "$1" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_FLAGS="$sanitizers $3" -DLEADERLIFE_FUZZ=ON \
        -DBUILD_SHARED_LIBS=OFF -DLEADERLIFE_EXAMPLES=OFF
}

# A unit may take 300 s, for a busy machine may stand still: it takes a thousandth of a second.
with_libfuzzer() {
    local target=$1 log=$results/$1.libfuzzer.log status=0
    mkdir -p "$made/$target"
    nice "build/fuzz/fuzz/fuzz_$target" -seed="$seed" -max_total_time="$seconds" -timeout=300 -rss_limit_mb=2048 \
        -print_final_stats=1 -artifact_prefix="$results/" "$made/$target" "$corpora/$target" >"$log" 2>&1 || status=$?
    ((status == 0)) || tail -n 60 "$log"
    awk -v target="$target" '/^#.* cov: / {for (i = 1; i < NF; i++) if ($i == "cov:") edges = $(i + 1)}
        /^stat::number_of_executed_units:/ {runs = $2}
        END {printf "libFuzzer, %s: %d executions, %d edges\n", target, runs, edges}' "$log"
    return "$status"
}

with_afl() {
    local target=$1 out=$build/afl/findings/$1 stats found
    rm -rf "$out"
    mkdir -p "$out"
    AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1 \
        nice afl-fuzz -V "$seconds" -t 300000 -m none \
        -i "$corpora/$target" -o "$out" "build/afl/fuzz/fuzz_$target" >"$out.log" 2>&1 ||
        { tail -n 30 "$out.log"; return 1; }
    stats=$out/default/fuzzer_stats
    awk -v target="$target" '/^(execs_done|edges_found|saved_crashes|saved_hangs) / {v[$1] = $3}
        END {printf "AFL++, %s: %d executions, %d edges\n", target, v["execs_done"], v["edges_found"]}' "$stats"
    found=$(awk '/^saved_(crashes|hangs) / {n += $3} END {print n + 0}' "$stats")
    ((found == 0)) || { echo "$found findings in $out/default"; return 1; }
}

build_targets build/fuzz clang -fsanitize=fuzzer-no-link
engines=(libfuzzer)
if [[ -n ${LEADERLIFE_FULL:-} ]]; then
    . script/lib/packages.sh
    install_packages afl++
    AFL_QUIET=1 build_targets build/afl afl-clang-fast ""
    engines+=(afl)
    seconds=200
    seed=0 # another each time
else
    rm -rf "$made"
fi
for target in "$corpora"/*; do
    target=${target##*/}
    for engine in "${engines[@]}"; do
        run_case "$engine-$target" "with_$engine" "$target" &
    done
    wait
    for engine in "${engines[@]}"; do
        grep -h -e ' executions, ' "$results/$engine-$target.log" || true
    done
done

# What client-go makes of the kubeconfigs that were found.
build_tests ""
find_controlplane || say "no control plane: kubeconfigs are not compared with client-go"
LEADERLIFE_FUZZED=$made/kubeconfig run_pytest tests/compatibility/test_fuzzed.py
