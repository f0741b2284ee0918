#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Work that comes to an end, and of which no two may run at one time.

echo "$POD_NAME: began, token $LEADERLIFE_TOKEN"
sleep "${REPORT_SECONDS:-5}" &
trap 'kill $!' TERM
wait $!
echo "$POD_NAME: ended"
