# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What script/demo runs: four processes contend for one embedded lock; each leader is killed, the next is named. The
# programs of script/demo's $candidates take turns.

lock=demo-$$
declare -A names=() # by pid

folder=$(mktemp -d)
stop_all() {
    local pid
    for pid in "${!names[@]}"; do
        kill -KILL "$pid" 2>/dev/null || true
    done
    rm -rf "$folder"
}
trap stop_all EXIT
trap 'exit 130' INT TERM

# All of them write into one pipe, a line at a time: "PID: what happened".
mkfifo "$folder/pipe"
exec 3<>"$folder/pipe"

# The next line with these words: its pid in $pid, its words in $words.
hear() {
    local line
    while IFS= read -r -t 30 -u 3 line; do
        pid=${line%%:*} words=${line#*: }
        [[ -n ${names[$pid]:-} ]] || pid=$(awk '$1 == "PPid:" { print $2 }' "/proc/$pid/status") # the command's program
        [[ $words != *"$1"* ]] || return 0
    done
    die "nothing heard for 30 s: a candidate should have said '$1'"
}

milliseconds_since() {
    local us=$((${EPOCHREALTIME/./} - ${1/./}))
    printf '%d.%02d' $((us / 1000)) $((us % 1000 / 10))
}

# start NAME PROGRAM
start() {
    case $2 in
    *.py) /usr/bin/python3 -B "$2" "$lock" >&3 2>&1 & names[$!]="$1 (Python)" ;;
    *.lua) lua5.4 "$2" "$lock" >&3 2>&1 & names[$!]="$1 (Lua)" ;;
    *.sh) build/release/bin/leaderlife run --quiet "$lock" -- "$2" >&3 2>&1 & names[$!]="$1 (shell, by the command)" ;;
    *) "$2" "$lock" >&3 2>&1 & names[$!]="$1 (C)" ;;
    esac
    say "  ${names[$!]} has started, pid $!"
}

say "four candidates, one lock:"
for name in Anna Bruno Carla Dario; do
    : "${candidates:?}"
    start "$name" "${candidates[0]}"
    candidates=("${candidates[@]:1}" "${candidates[0]}")
done
hear 'became leader'

while true; do
    say "${names[$pid]} leads, pid $pid, ${words#*, }"
    sleep 1
    leader=$pid
    if ((${#names[@]} == 1)); then
        break
    fi
    say "killing ${names[$leader]} (SIGKILL) ..."
    disown "$leader" # else the shell would print how it ended
    began=$EPOCHREALTIME
    kill -KILL "$leader"
    hear 'became leader'
    say "  ... ${names[$pid]} has taken over after $(milliseconds_since "$began") ms"
    unset "names[$leader]"
done
say "${names[$leader]} is the last one: it is asked to end (SIGTERM)"
kill -TERM "$leader"
ended=0
wait "$leader" 2>/dev/null || ended=$?
# Plain Lua cannot catch the signal (128 + 15): the kernel frees its lock.
[[ $ended == 0 || (${names[$leader]} == *Lua* && $ended == 143) ]] || die "${names[$leader]} did not end well"
unset "names[$leader]"
say "done: one leader at any time"
