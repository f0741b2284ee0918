# SPDX-License-Identifier: Apache-2.0
"""The shared control plane, candidates for each test, and containers."""

import contextlib
import os

import pytest

from badinput.conftest import candidates, pytest_runtest_call, stranger  # noqa: F401  the story goes with a failure
from cli.command import Command
from controlplane.fixtures import cluster, require  # noqa: F401
from controlplane.report import pytest_configure, pytest_terminal_summary, report  # noqa: F401
from scenarios import programs

from .container import Container, must_be_possible


@pytest.fixture(scope="session")
def candidate_program():
    return programs.required("c", "place")


@pytest.fixture(scope="session", autouse=True)
def containers_are_possible():
    must_be_possible()


@pytest.fixture
def container():
    """container(files, server, …): one that ends with the test."""
    with contextlib.ExitStack() as made:
        yield lambda *given, **more: made.enter_context(Container(*given, **more))


@pytest.fixture
def command(tmp_path):
    program = os.environ.get("LEADERLIFE_COMMAND")
    if not program:
        require("place", "LEADERLIFE_COMMAND is not set: let it name bin/leaderlife in the build folder")
    made = Command(program, tmp_path)
    yield made
    made.end()
