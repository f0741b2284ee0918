# SPDX-License-Identifier: Apache-2.0
"""Where the tests of the types find the built package (LEADERLIFE_BUILD) and the type checkers, which come from
PyPI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("LEADERLIFE_BUILD", ROOT / "build")) / "python"
sys.path.insert(0, str(BUILD / "python"))


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def check():
    """Runs a module of this Python on the built package; its exit status and output."""
    cache = BUILD / "types"
    cache.mkdir(exist_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(BUILD / "python"), "MYPY_CACHE_DIR": str(cache),
                   "PYRIGHT_PYTHON_GLOBAL_NODE": "0",  # that which PyPI brought
                   "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}

    def run(*arguments):
        if arguments[0] == "pyright":
            arguments = (*arguments, "--pythonpath", sys.executable)  # where anyio is
        done = subprocess.run([sys.executable, "-m", *map(str, arguments)], env=environment, cwd=BUILD, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
        return done.returncode, done.stdout
    return run
