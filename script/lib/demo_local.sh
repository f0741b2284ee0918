# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The show of script/demo: three processes contend for one embedded lock; each leader is killed, the next is named.

program=build/release/examples/blocking
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

# All of them speak into one pipe, a line at a time: "PID: what happened".
mkfifo "$folder/pipe"
exec 3<>"$folder/pipe"

# The next line with these words: its pid in $pid, its words in $words.
hear() {
    local line
    while IFS= read -r -t 30 -u 3 line; do
        pid=${line%%:*} words=${line#*: }
        [[ $words != *"$1"* ]] || return 0
    done
    die "nothing heard for 30 s: a candidate should have said '$1'"
}

milliseconds_since() {
    local us=$((${EPOCHREALTIME/./} - ${1/./}))
    printf '%d.%02d' $((us / 1000)) $((us % 1000 / 10))
}

say "three candidates, one lock:"
for name in Anna Bruno Carla; do
    "$program" "$lock" >&3 2>&1 &
    names[$!]=$name
    say "  $name has started (pid $!)"
done
hear 'became leader'

while true; do
    say "${names[$pid]} leads (pid $pid), ${words#*, }"
    sleep 1
    leader=$pid
    if ((${#names[@]} == 1)); then
        break
    fi
    say "killing ${names[$leader]} (SIGKILL) ..."
    disown "$leader" # the shell need not tell how it ended
    began=$EPOCHREALTIME
    kill -KILL "$leader"
    hear 'became leader'
    say "  ... ${names[$pid]} has taken over after $(milliseconds_since "$began") ms"
    unset "names[$leader]"
done
say "${names[$leader]} is the last one: it is asked to end (SIGTERM) and gives the lock back"
kill -TERM "$leader"
wait "$leader" || die "${names[$leader]} did not end well"
unset "names[$leader]"
say "done: one leader at any time"
