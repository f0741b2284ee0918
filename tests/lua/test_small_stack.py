# SPDX-License-Identifier: Apache-2.0
"""An election in an interpreter whose stack is 64 KiB, of which it has its part; and an object that is nested 2,000
levels deep, which a reader that recursed as deep would not survive there (P14)."""

import pytest

from badinput.conftest import candidates, pytest_runtest_call  # noqa: F401
from badinput.test_deep_nesting import pair, test_the_leaders_pod, test_the_lock  # noqa: F401
from scenarios import programs

KIB = 64


@pytest.fixture(scope="session", params=["lua5.1", "lua5.4", "luajit"])
def candidate_program(request):
    return ["prlimit", f"--stack={KIB << 10}:", *programs.required(request.param, "lua")]
