# SPDX-License-Identifier: Apache-2.0
"""Every block of Python in README and docs runs, as it stands, on the embedded lock, unless its page has tests of its
own; one that says "# needs a cluster" is run by tests/python/examples."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from controlplane.fixtures import require
from controlplane.process import _die_with_parent as die_with_parent
from readme.pages import to_run
from scenarios.places import base_environment

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(os.environ.get("LEADERLIFE_BUILD", ROOT / "build")).resolve() / "python" / "python"
NEEDS_CLUSTER = "# needs a cluster\n"
HANG_S = 60


BLOCKS = {block.place: block.code for block in to_run("python", "tests/python/test_readme.py")}


def run(code, tmp_path):
    # A lock of its own: somebody else on this machine may hold the one that the page names.
    code = code.replace('"my-operator"', f'"readme-{os.getpid()}"')
    (tmp_path / "block.py").write_text(code, encoding="utf-8")
    environment = {**base_environment(), "PYTHONPATH": str(PACKAGE)}
    return subprocess.run([sys.executable, "-X", "dev", "-W", "error", "-B", tmp_path / "block.py"], env=environment,
                          capture_output=True, text=True, timeout=HANG_S, preexec_fn=die_with_parent)


@pytest.mark.parametrize("place", [place for place, code in BLOCKS.items() if not code.startswith(NEEDS_CLUSTER)])
def test_block_runs(place, tmp_path):
    if not list(PACKAGE.glob("leaderlife/capi*.so")):
        require("python", f"there is no package in {PACKAGE}: build it with -DLEADERLIFE_PYTHON=ON")
    done = run(BLOCKS[place], tmp_path)
    assert done.returncode == 0, f"{place}\n{done.stdout}{done.stderr}"
    assert "Warning" not in done.stderr, f"{place}\n{done.stderr}"


def test_there_are_blocks_and_most_of_them_run():
    """Or the test above has lost its object."""
    assert len(BLOCKS) >= 7
    assert sum(code.startswith(NEEDS_CLUSTER) for code in BLOCKS.values()) <= 1
    assert any("with leaderlife.become(" in code for code in BLOCKS.values())


@pytest.mark.parametrize("wrong, told", [("leaderlife.absent()", "AttributeError"),
                                         ("leaderlife.become('Not A Name')", "ConfigError")])
def test_a_block_that_is_wrong_is_noticed(wrong, told, tmp_path):
    done = run(f"import leaderlife\n{wrong}\n", tmp_path)
    assert done.returncode == 1 and told in done.stderr
