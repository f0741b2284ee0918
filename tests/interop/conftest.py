# SPDX-License-Identifier: Apache-2.0
"""The shared control plane, and the two sides of an election for each test."""

import pytest

from badinput.conftest import candidates, pytest_runtest_call  # noqa: F401  the story goes with a failure
from controlplane.fixtures import cluster, hollow_node, require  # noqa: F401
from controlplane.report import pytest_configure, pytest_terminal_summary, report  # noqa: F401
from guard.slow_end import SlowEnd
from scenarios import programs

from .operatorlib import OperatorLib, why_not


@pytest.fixture(scope="session")
def candidate_program():
    """C's alone: what is tested here lies below all bindings."""
    return programs.required("c", "interop")


@pytest.fixture(scope="session")
def private_mounts():
    """operator-lib reads a file at a fixed place, which must not be the machine's."""
    why = why_not()
    if why:
        require("interop", why)


@pytest.fixture
def theirs(private_mounts, candidates):
    """operator-lib's candidates in the test's namespace, with the rights that its manual needs."""
    return OperatorLib(candidates)


@pytest.fixture
def slow_end():
    with SlowEnd() as started:
        yield started
