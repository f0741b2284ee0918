# SPDX-License-Identifier: Apache-2.0
"""What is for aarch64, under the emulator of that processor: the command's elections on this machine, and the wheel in
a Python of that processor."""

import os
import secrets
import shutil
import subprocess

import pytest

from . import artefacts
from .artefacts import ROOT, VERSION
from .roots import Root

pytestmark = pytest.mark.whole_release
EMULATOR = "qemu-aarch64-static"


@pytest.fixture(scope="module")
def command(tmp_path_factory):
    """The words that run the static command."""
    return [EMULATOR, artefacts.unpack_command("aarch64", tmp_path_factory.mktemp("aarch64")) / "leaderlife"]


@pytest.fixture
def lock():
    return "aarch64-" + secrets.token_hex(6)


def test_the_command_tells_its_version(command):
    done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"leaderlife {VERSION}\n"


def test_the_command_elects_and_hands_over(command, lock, starter):
    words = [*map(str, command), "run", "--backend", "local", lock, "--"]
    first = starter.start_words([*words, "sh", "-c", "echo leads $LEADERLIFE_LOCK; read end"], stdin=subprocess.PIPE)
    first.wait_said(f"leads {lock}")
    second = starter.start_words([*words, "echo", "leads too"])
    second.wait_said("waiting for")
    assert second.stdout() == ""
    first.child.stdin.close()
    first.wait()
    assert second.wait() == 0 and second.stdout() == "leads too\n", second.stderr()


def test_the_wheel_is_imported_and_elects(tmp_path):
    """Two candidates in one process, as tests/python/install has it for every Python of this machine's processor."""
    rootfs = tmp_path / "root"
    subprocess.run(["cp", "-a", os.environ["LEADERLIFE_ROOTFS_AARCH64"], rootfs], check=True)
    root = Root(rootfs)
    artefacts.unpack_wheel("aarch64", "gnu", rootfs / "wheel")
    shutil.copy(ROOT / "tests/python/install/elect.py", rootfs)
    done = root.run(f"/usr/bin/{EMULATOR}", "/usr/bin/python3", "/elect.py", environment={"PYTHONPATH": "/wheel"})
    assert done.stdout.split() == ["/wheel/leaderlife", VERSION], done
