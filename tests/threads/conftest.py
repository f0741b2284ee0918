# SPDX-License-Identifier: Apache-2.0
"""The fake API server, and the program under ThreadSanitizer."""

import os
import subprocess
from pathlib import Path

import pytest

from apiserver.fixtures import server  # noqa: F401
from scenarios.places import base_environment

HERE = Path(__file__).parent
BUILD = Path(os.environ.get("LEADERLIFE_BUILD", HERE.parents[1] / "build"))
HANG_S = 300
REPORTED = 66  # the exit status of a process of which the sanitizer has reported something


@pytest.fixture(scope="session")
def play():
    """play(words...): the completed process. Without random addresses, which some kernels spread further than the
    sanitizer of GCC 12 has room for."""
    still = ["setarch", os.uname().machine, "-R"]
    if subprocess.run([*still, "true"], capture_output=True).returncode:
        still = []
    options = f"exitcode={REPORTED}:second_deadlock_stack=1:suppressions={HERE / 'suppressions'}"

    def run(*words):
        return subprocess.run([*still, str(BUILD / "threads/tests/threads"), *words], capture_output=True, text=True,
                              timeout=HANG_S, env={**base_environment(), "TSAN_OPTIONS": options})
    return run
