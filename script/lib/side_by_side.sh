# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Jobs side by side, as many as the machine has room for. After script/lib/jobs.sh.

look_every=10      # seconds
idle_enough=20     # percent of the processors' time: room for one more job
idle_hardly=4      # percent: one job less, as soon as one ends
memory_enough=3072 # MiB free: a suite may have two control planes

# Prints the processors' time so far, all of it and what was idle, in ticks.
processor_times() {
    awk '$1 == "cpu" { for (i = 2; i <= 9; i++) all += $i; print all, $5 + $6 }' /proc/stat
}

free_memory() {
    awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo
}

# The percentage of the processors' time that was idle since the $before of the last call.
look_at_processors() {
    local now
    read -r -a now < <(processor_times)
    idle=$((100 * (now[1] - before[1]) / (now[0] - before[0] + 1)))
    before=("${now[@]}")
}

# side_by_side RUN ENDED NAME...: calls RUN NAME for each, and ENDED NAME when that is over. At least twice as many run
# as there are processors, which would else be idle while jobs wait; up to four times as many while they are idle all
# the same.
side_by_side() {
    local run=$1 after=$2 names=("${@:3}") least=$((2 * $(nproc))) limit pid still clock='' idle
    local -a before=(0 0)
    local -A running=()
    limit=$least
    look_at_processors
    while ((${#names[@]} + ${#running[@]})); do
        while ((${#names[@]} && ${#running[@]} < limit)); do
            start_job "$run" "${names[0]}"
            running[$!]=${names[0]}
            names=("${names[@]:1}")
        done
        if [[ -z $clock ]]; then
            start_job sleep "$look_every"
            clock=$!
        fi
        wait -n || true # any job, which bash does not always name
        still=" $(jobs -rp | tr '\n' ' ') "
        for pid in "${!running[@]}"; do
            if [[ $still != *" $pid "* ]]; then
                "$after" "${running[$pid]}"
                unset "running[$pid]"
            fi
        done
        if [[ $still != *" $clock "* ]]; then
            clock=''
            look_at_processors
            set_limit
        fi
    done
    [[ -z $clock ]] || kill "$clock" 2>/dev/null || true
}

# Sets side_by_side's limit by how $idle the processors have been.
set_limit() {
    if ((idle <= idle_hardly && limit > least)); then
        limit=$((limit - 1))
    elif ((idle >= idle_enough && limit == ${#running[@]} && limit < 2 * least &&
        $(free_memory) >= memory_enough)); then
        limit=$((limit + 1))
    fi
}
