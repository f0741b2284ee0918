# SPDX-License-Identifier: Apache-2.0
"""The shared control plane, candidates for each test, real proxies, and networks
from which nothing else is reached."""

import contextlib
import os

import pytest

from badinput.conftest import candidates, pytest_runtest_call, stranger  # noqa: F401  the story goes with a failure
from cli.command import Command
from controlplane.fixtures import cluster, require  # noqa: F401
from controlplane.network import Network
from controlplane.report import pytest_configure, pytest_terminal_summary, report  # noqa: F401
from place.container import must_be_possible
from scenarios import programs


@pytest.fixture(scope="session")
def candidate_program():
    return programs.required("c", "proxies")


@pytest.fixture(scope="session", autouse=True)
def namespaces_are_possible():
    must_be_possible()


@pytest.fixture
def running():
    """running(proxy): ends with the test."""
    with contextlib.ExitStack() as made:
        yield made.enter_context


@pytest.fixture
def behind(running):
    """behind(proxy): a network where that proxy's address is the only one that leads anywhere."""
    return lambda proxy: running(Network(proxy, suite="proxies"))


@pytest.fixture
def command(tmp_path):
    program = os.environ.get("LEADERLIFE_COMMAND")
    if not program:
        require("proxies", "LEADERLIFE_COMMAND is not set: let it name bin/leaderlife in the build folder")
    made = Command(program, tmp_path)
    yield made
    made.end()
