# SPDX-License-Identifier: Apache-2.0
"""Every request that the library sends (request_rows.py) meets every fault (fault_columns.py)
over HTTP/2, and every fourth of these cells, or with LEADERLIFE_FULL all, over
HTTP/1.1 too (P3, P5 to P10, P15, P18). Whatever happens
to a request, in the end the right one leads, never two at once; no election ends
for what passes; what does not pass is told with its cause; nobody spins; and
under AddressSanitizer no byte is lost. All cells are played before the first is
judged; -k chooses some."""

import os

import pytest

from .cell_checks import check_cell
from .figures import told
from .matrix import all_cells


CELLS = [*all_cells(http1=False), *all_cells(http1=True)[::1 if os.environ.get("LEADERLIFE_FULL") else 4]]


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_cell(matrix, cell):
    check_cell(cell, matrix.outcomes[cell], matrix.server.token)


def test_the_processes_end_well(matrix, report):
    """No crash, no leak, no word on standard error; a sanitizer would have one."""
    for line in told(matrix):
        report(line)
    matrix.end()
