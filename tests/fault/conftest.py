# SPDX-License-Identifier: Apache-2.0
"""The fake server, the run of all selected cells, and lines for the end of the run."""

import pytest

from apiserver.server import Server
from controlplane.keys import Authority
from controlplane.report import pytest_configure, pytest_terminal_summary, report  # noqa: F401
from scenarios import programs

from .matrix import Matrix

@pytest.fixture(scope="session")
def candidate_program():
    """C's alone: what is tested here lies below all bindings."""
    return programs.required("c", "fault")


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
