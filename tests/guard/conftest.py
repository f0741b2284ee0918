# SPDX-License-Identifier: Apache-2.0
"""The shared control plane, a bench for each test, and lines for the end of the run."""

import pytest

from badinput.conftest import bench, pytest_runtest_call  # noqa: F401  the story goes with a failure
from controlplane.fixtures import cluster, hollow_node, require  # noqa: F401
from scenarios import programs

REPORT = pytest.StashKey[list]()


def pytest_configure(config):
    config.stash[REPORT] = []


def pytest_terminal_summary(terminalreporter, config):
    for line in config.stash[REPORT]:
        terminalreporter.write_line(line)


@pytest.fixture
def report(request):
    """Call it with a line that is shown after the run."""
    return request.config.stash[REPORT].append


@pytest.fixture(scope="session")
def candidate_program():
    """C's alone: what is tested here lies below all bindings."""
    try:
        return programs.command("c")
    except programs.ProgramMissing as missing:
        require("guard", str(missing))
