# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Commands that end with the script that started them, however it ends: each is a process group of its own.

jobs_started=()

start_job() {
    set -m
    "$@" </dev/null &
    set +m
    jobs_started+=("$!")
}

# In the background too: so a signal to the script is acted on at once.
run_job() {
    local status=0
    start_job "$@"
    wait "$!" || status=$?
    return "$status"
}

stop_jobs() {
    local pid running=()
    for pid in "${jobs_started[@]}"; do
        kill -TERM -- "-$pid" 2>/dev/null && running+=("$pid")
    done
    for ((i = 0; i < 50 && ${#running[@]} > 0; i++)); do
        sleep 0.1
        for pid in "${!running[@]}"; do
            kill -0 -- "-${running[pid]}" 2>/dev/null || unset "running[$pid]"
        done
    done
    for pid in "${running[@]}"; do
        kill -KILL -- "-$pid" 2>/dev/null || true
    done
}
