# SPDX-License-Identifier: Apache-2.0
"""Where the tests of the library's face find it: built by script/build, or where LEADERLIFE_BUILD says."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def library():
    path = Path(os.environ.get("LEADERLIFE_BUILD", ROOT / "build")) / "release" / "libleaderlife.so"
    assert path.exists(), f"{path} is missing: run script/build"
    return path
