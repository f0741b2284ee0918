# SPDX-License-Identifier: Apache-2.0
"""The shared control plane, candidates for each test, and lines for the end of the run."""

import pytest

from badinput.conftest import candidates, pytest_runtest_call  # noqa: F401  the story goes with a failure
from controlplane.fixtures import cluster, hollow_node  # noqa: F401
from controlplane.report import pytest_configure, pytest_terminal_summary, report  # noqa: F401
from scenarios import programs

@pytest.fixture(scope="session")
def candidate_program():
    """C's alone: what is tested here lies below all bindings."""
    return programs.required("c", "guard")
