# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The leaderlife command under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

build_sanitized
find_controlplane || say "no control plane: its tests are skipped"
# The sanitizers themselves need /proc, so tests that take it away are left to the suite command.
LEADERLIFE_COMMAND="$build/sanitize/bin/leaderlife" run_pytest tests/cli/test_arguments.py tests/cli/test_run.py \
    tests/cli/test_hostile_environment.py tests/cli/test_stderr.py tests/cli/test_watchdog.py tests/cli/test_health.py \
    tests/cli/test_status.py tests/cli/test_run_kubernetes.py \
    tests/cli/test_status_kubernetes.py tests/cli/test_doctor.py tests/cli/test_doctor_*.py -m "not without_proc"
