# SPDX-License-Identifier: Apache-2.0
"""What the random histories share, with the candidate programs of two
libraries; the control plane for the rollouts."""

import os

import pytest

from badinput.conftest import candidates, pytest_runtest_call  # noqa: F401  the story goes with a failure
from controlplane.fixtures import cluster, hollow_node, require  # noqa: F401
from controlplane.report import report  # noqa: F401
from guard.slow_end import SlowEnd
from history.conftest import (  # noqa: F401
    figures, pytest_configure as _configure_figures, pytest_terminal_summary as _tell_figures, rough_cluster, outages,
    shared_of)
from controlplane import report as _report
from scenarios import programs


def pytest_configure(config):
    _configure_figures(config)
    _report.pytest_configure(config)


def pytest_terminal_summary(terminalreporter, config):
    _tell_figures(terminalreporter, config)
    _report.pytest_terminal_summary(terminalreporter, config)


@pytest.fixture(scope="session")
def candidate_program():
    return programs.required("c", "mixed")


@pytest.fixture(scope="session")
def program_before():
    """That of the commit in tests/mixed/before."""
    path = os.environ.get("LEADERLIFE_CANDIDATE_BEFORE", "")
    if not os.access(path, os.X_OK):
        require("mixed",
                "the candidate program of the commit before is not there: script/lib/suites/mixed.sh builds it, in a "
                "clone that has its history")
    return [path]


@pytest.fixture
def shared(shared_of, candidate_program, program_before):
    return shared_of(candidate_program)._replace(before=program_before)


@pytest.fixture
def slow_end():
    with SlowEnd() as started:
        yield started
