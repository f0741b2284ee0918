#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A liveness probe, of the wrapper and of what it leads:
#
#     alive.sh http://127.0.0.1:8080/livez
#
# Fails if `leaderlife run --health` does not answer well, or if the program has not come round for a minute: it hangs,
# and as long as it lives nobody else may lead. The program touches the file $HEARTBEAT in each round of its work
# (./worker.sh). A standby has none, so that file is to be on the container's own file system, which a container that is
# started again has anew.

# Not with -T 4: the wget of Debian 12's busybox dies of that.
timeout 4 wget -q -O /dev/null "$1" || exit 1
[ ! -e "$HEARTBEAT" ] || [ -n "$(find "$HEARTBEAT" -mmin -1)" ]
