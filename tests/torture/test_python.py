# SPDX-License-Identifier: Apache-2.0
"""Elections through the Python package: every call of our module's that may fail does,
once, and so does each allocation of Python's for it; those of Python's own never do."""

from pathlib import Path

import pytest

from .conftest import BUILD

HERE = Path(__file__).resolve().parent
PACKAGE = BUILD / "python" / "python"


@pytest.fixture
def module():
    """{"capi": the compiled module}; where it is missing the tests fail, for the suite builds it."""
    found = list((PACKAGE / "leaderlife").glob("capi.*.so"))
    assert len(found) == 1, f"in {PACKAGE}/leaderlife there is not one capi.so: build the Python package"
    return {"capi": str(found[0])}


WORDS = ["/usr/bin/python3", "-B", str(HERE / "in_python.py")]
ENVIRONMENT = {"PYTHONPATH": str(PACKAGE)}


def test_on_the_embedded_lock(torture, players_on_embedded, module):
    torture("Python, embedded lock", players_on_embedded(WORDS, ["capi"], ENVIRONMENT), 66, module)


def test_on_kubernetes(torture, players_on_server, module):
    torture("Python, fake API server", players_on_server(WORDS, ["capi"], ENVIRONMENT), 30, module, 300)
