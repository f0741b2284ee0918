# SPDX-License-Identifier: Apache-2.0
"""Every block of Lua in README and docs runs, as it stands, in every version, on
the embedded lock."""

import re
import subprocess
import time

import pytest

from controlplane.fixtures import require
from controlplane.process import _die_with_parent as die_with_parent
from readme.pages import to_run
from scenarios.observer import HANG

from .script import VERSIONS, environment_of

BLOCKS = {block.place: block.code for block in to_run("lua", "tests/lua/test_readme.py")}


def run(code, lock, version, tmp_path):
    (tmp_path / "block.lua").write_text(code.replace('"my-operator"', f'"{lock}"'), encoding="utf-8")
    return subprocess.run([f"lua{version}", tmp_path / "block.lua"], capture_output=True, text=True, timeout=HANG,
                          check=False, preexec_fn=die_with_parent, env=environment_of(version))


@pytest.mark.parametrize("place", BLOCKS)
def test_block_runs(interpreter, version, lock, place, tmp_path):  # noqa: ARG001
    code = BLOCKS[place]
    needs = re.match(r"-- needs (\w+)\n", code)
    if needs and run(f"require '{needs[1]}'", lock, version, tmp_path).returncode:
        require("lua", f"{needs[1]} is not installed for Lua {version}")
    began = time.monotonic()
    done = run(code, lock, version, tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), f"{place}\n{done.stdout}{done.stderr}"
    if place.startswith("docs/start/"):  # as the page says
        assert time.monotonic() - began > 3.9, "it did not work for about five seconds"
    assert done.stdout


def test_there_are_blocks():
    """Or the test above has lost its object."""
    assert len(BLOCKS) >= 5 and any("leaderlife.become(" in code for code in BLOCKS.values())


@pytest.mark.parametrize("version", VERSIONS[:1])
def test_a_block_that_is_wrong_is_noticed(interpreter, version, lock, tmp_path):  # noqa: ARG001
    done = run("require('leaderlife').absent()", lock, version, tmp_path)
    assert done.returncode == 1 and done.stderr
