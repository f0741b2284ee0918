# SPDX-License-Identifier: Apache-2.0
"""What `import leaderlife` costs: nothing heavy of the standard library; and the measured time, which is printed, not
judged."""

import pytest

from . import checkout, pythons
from .commands import TOOLS, run

HEAVY = {"asyncio", "dataclasses", "enum", "inspect", "logging", "re", "selectors", "socket", "ssl", "threading",
         "typing", "typing_extensions", "collections", "subprocess", "signal"}


@pytest.fixture(scope="module")
def installed(dist, tmp_path_factory):
    """The wheel as pip installs it, byte-compiled, in a folder for PYTHONPATH."""
    folder = tmp_path_factory.mktemp("installed")
    run(TOOLS / "python", "-m", "pip", "install", "--quiet", "--no-index", "--target", folder, dist.wheel)
    return folder


def test_it_imports_nothing_heavy(installed):
    print_modules = "import sys; print(*sys.modules)"
    before = set(run(pythons.DEBIAN, "-S", "-c", print_modules).split())
    said = run(pythons.DEBIAN, "-S", "-c", "import leaderlife; " + print_modules, PYTHONPATH=str(installed))
    loaded = set(said.split()) - before
    assert {"leaderlife.capi", "leaderlife._election", "leaderlife.errors"} <= loaded
    lazy = ("aio", "anyio", "fence", "testing", "_on_lost", "_guard", "_green", "_campaign", "_campaign_rules")
    assert not loaded & (HEAVY | {f"leaderlife.{name}" for name in lazy})


def test_its_time_is_measured_beside_others(installed):
    """Both are there, so that the comparison is one."""
    said = run(TOOLS / "python", checkout.ROOT / "bench/import_time.py", PYTHONPATH=str(installed))
    print(said)
    assert "MISSING" not in said
    assert [line.split()[0] for line in said.splitlines()[1:]] == ["python", "leaderlife", "kubernetes"]
