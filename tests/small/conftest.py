# SPDX-License-Identifier: Apache-2.0
"""What was built with LEADERLIFE_KUBERNETES=OFF, in build/small."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def small():
    path = Path(os.environ.get("LEADERLIFE_BUILD", ROOT / "build")) / "small"
    assert (path / "libleaderlife.so").exists(), f"{path} is missing: script/lib/suites/small.sh builds it"
    return path
