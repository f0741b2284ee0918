# SPDX-License-Identifier: Apache-2.0
"""The fake server, the run of all selected cells, and lines for the end of the run."""

import itertools

import pytest

from apiserver.fixtures import server  # noqa: F401
from controlplane.report import pytest_configure, pytest_terminal_summary, report  # noqa: F401
from scenarios import programs

from .cell_run import CellRun
from .matrix import Cell, Matrix
from .request_rows import ROWS
from .shared_candidate import SharedCandidate

_numbers = itertools.count(10 ** 6)  # beyond those of the matrix


@pytest.fixture(scope="session")
def candidate_program():
    """C's alone: what is tested here lies below all bindings."""
    return programs.required("c", "fault")


@pytest.fixture(scope="session")
def matrix(request, server, candidate_program, tmp_path_factory):
    """All cells whose tests have been selected, played at once."""
    made = Matrix(server, candidate_program, str(tmp_path_factory.mktemp("matrix")))
    made.run([item.callspec.params["cell"] for item in request.session.items
              if "cell" in getattr(getattr(item, "callspec", None), "params", {})])
    yield made
    made.abandon()


# Cells beside the matrix, one at a time.

@pytest.fixture(scope="module")
def shared_candidate(candidate_program, tmp_path_factory):
    made = SharedCandidate("shared", candidate_program, str(tmp_path_factory.mktemp("shared")))
    yield made
    made.abandon()


@pytest.fixture
def open_cell(server, shared_candidate, tmp_path):
    """open_cell(row name, column): a cell, opened."""
    token_file = tmp_path / "token"
    token_file.write_text(server.token)
    opened = []

    def make(name, column, http1=False):
        row = next(row for row in ROWS if row.name == name)
        cell = Cell(row, column, http1=http1, rival_at_once=False)
        opened.append(CellRun(server, shared_candidate, next(_numbers), cell, str(token_file), "debug"))
        opened[-1].open()
        return opened[-1]

    yield make
    for one in opened:
        one.close()
