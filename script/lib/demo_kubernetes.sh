# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The show of script/demo --kubernetes. The control plane is built here, the show itself is Python.

. script/lib/venv.sh

LEADERLIFE_CONTROLPLANE=$(script/controlplane)
export LEADERLIFE_CONTROLPLANE
exec "$(python_tools)/bin/python" -B script/lib/demo_kubernetes.py "${candidates[@]:?}"
