# SPDX-License-Identifier: Apache-2.0
"""A control plane of its own, parts of which are stopped, candidates for each
test, and lines for the end of the run."""

import pytest

from badinput.conftest import candidates, pytest_runtest_call  # noqa: F401  the story goes with a failure
from controlplane.fixtures import own_cluster, proxy  # noqa: F401
from controlplane.report import pytest_configure, pytest_terminal_summary, report  # noqa: F401
from scenarios import programs

from .tunnel import Tunnel


@pytest.fixture(scope="session")
def cluster():
    with own_cluster() as started:
        yield started


@pytest.fixture(scope="session")
def commands():
    """The command lines of the candidate programs of all languages: a group has some of each."""
    return [programs.required(name, "outage") for name in programs.PROGRAMS]


@pytest.fixture(scope="session")
def candidate_program(commands):
    """C's: where a test is about one or two, what goes wrong goes wrong below all bindings."""
    return commands[list(programs.PROGRAMS).index("c")]


@pytest.fixture
def tunnel(cluster):
    with Tunnel(cluster) as started:
        yield started
