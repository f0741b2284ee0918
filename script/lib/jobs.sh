# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Commands that end with the script that started them, however it ends: each is a process group of its own.

start_job() {
    set -m
    "$@" </dev/null &
    set +m
}

# Waits for a job in the background, so that a signal to the script is handled at once.
run_job() {
    local status=0
    start_job "$@"
    wait "$!" || status=$?
    return "$status"
}

# Only what still runs: the number of a process that has ended may be somebody else's now.
stop_jobs() {
    local group groups left
    mapfile -t groups < <(jobs -rp)
    for group in "${groups[@]}"; do
        kill -TERM -- "-$group" 2>/dev/null || true
    done
    for ((left = 50; left > 0; left--)); do
        [[ -n $(jobs -rp) ]] || return 0
        sleep 0.1
    done
    for group in $(jobs -rp); do
        kill -KILL -- "-$group" 2>/dev/null || true
    done
}
