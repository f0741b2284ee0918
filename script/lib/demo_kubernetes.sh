# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What script/demo --kubernetes runs: builds the control plane, and then runs demo_kubernetes.py.

. script/lib/venv.sh

LEADERLIFE_CONTROLPLANE=$(script/controlplane)
export LEADERLIFE_CONTROLPLANE
exec "$(python_tools)/bin/python" -B script/lib/demo_kubernetes.py "${candidates[@]:?}"
