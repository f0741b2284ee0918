#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Work in any language, here the shell's, that only the leader does:
#
#     leaderlife run my-operator -- ./worker.sh
#     leaderlife run --health :8080 my-operator -- ./worker.sh

echo "$$: became leader, token $LEADERLIFE_TOKEN"
trap 'echo "$$: told to end"; exit 0' TERM
while :; do
    touch "${HEARTBEAT:-/dev/null}" # it comes round: ./alive.sh looks at that
    # The work comes here; LEADERLIFE_TOKEN goes with every write (docs/howto/fencing.md).
    sleep 0.1 &
    wait $! # a shell hears signals only between commands, and while it waits
done
