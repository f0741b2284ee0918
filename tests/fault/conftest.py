# SPDX-License-Identifier: Apache-2.0
"""The fake server, the run of all selected cells, and lines for the end of the run."""

import pytest

from apiserver.server import Server
from controlplane.fixtures import require
from controlplane.keys import Authority
from scenarios import programs

from .matrix import Matrix

REPORT = pytest.StashKey[list]()


def pytest_configure(config):
    config.stash[REPORT] = []


def pytest_terminal_summary(terminalreporter, config):
    for line in config.stash[REPORT]:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def report(request):
    """Call it with a line that is shown after the run."""
    return request.config.stash[REPORT].append


@pytest.fixture(scope="session")
def candidate_program():
    """C's alone: what is tested here lies below all bindings."""
    try:
        return programs.command("c")
    except programs.ProgramMissing as missing:
        require("fault", str(missing))


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with Server(Authority(str(tmp_path_factory.mktemp("ca")))) as started:
        yield started
        assert not started.broken, f"the fake server itself has failed: {started.broken[:3]}"


@pytest.fixture(scope="session")
def matrix(request, server, candidate_program, tmp_path_factory):
    """All cells whose tests have been selected, played at once."""
    made = Matrix(server, candidate_program, str(tmp_path_factory.mktemp("matrix")))
    made.run([item.callspec.params["cell"] for item in request.session.items
              if "cell" in getattr(getattr(item, "callspec", None), "params", {})])
    yield made
    made.abandon()
