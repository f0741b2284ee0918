# SPDX-License-Identifier: Apache-2.0
"""python -m leaderlife: it finds the command, or says how to get it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def run(leaderlife):
    def call(path, *arguments, interpreter=sys.executable):
        environment = {"PATH": str(path), "PYTHONPATH": str(Path(leaderlife.__file__).parents[1])}
        return subprocess.run([interpreter, "-B", "-m", "leaderlife", *arguments], env=environment, capture_output=True,
                              text=True, timeout=60)
    return call


@pytest.fixture
def command(tmp_path):
    """One that shows its arguments and ends with 3."""
    made = tmp_path / "bin" / "leaderlife"
    made.parent.mkdir()
    made.write_text('#!/bin/sh\nprintf "%s\\n" "$0" "$@"\nexit 3\n', encoding="utf-8")
    made.chmod(0o755)
    return made


def test_without_the_command(run, tmp_path):
    done = run(tmp_path, "status", "lock")
    assert done.returncode == 127
    assert "the command is not installed" in done.stderr
    assert "install it" in done.stderr
    assert not done.stdout


def test_the_command_on_path_takes_its_place(run, command):
    done = run(command.parent, "run", "my lock", "--", "cmd")
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout.splitlines() == [str(command), "run", "my lock", "--", "cmd"]


def test_one_beside_the_interpreter_comes_first(run, command, tmp_path):
    """As in a virtual environment whose bin is not on PATH."""
    interpreter = command.parent / "python3"
    os.symlink(sys.executable, interpreter)
    done = run(tmp_path, "doctor", interpreter=interpreter)
    assert done.stdout.splitlines() == [str(command), "doctor"]
