# SPDX-License-Identifier: Apache-2.0
"""The roots in which artefacts are tried, made once from what script/lib/suites/release.sh has prepared."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from cli.command import Command

from controlplane.fixtures import cluster, namespace, require  # noqa: F401

from . import artefacts
from .roots import Root


def pytest_configure(config):
    config.addinivalue_line("markers",
                            "whole_release: only with script/test --release, which makes all that a release has")


def pytest_collection_modifyitems(config, items):
    """Those are left out, not skipped: a skip is for what a machine lacks."""
    if artefacts.FULL:
        return
    left_out = [item for item in items if item.get_closest_marker("whole_release")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    """The static command of this machine's processor."""
    return artefacts.unpack_command("x86_64", tmp_path_factory.mktemp("command")) / "leaderlife"


@pytest.fixture(scope="session")
def orphans(tmp_path_factory):
    """A program that needs no library either."""
    made = tmp_path_factory.mktemp("orphans") / "orphans"
    subprocess.run(["cc", "-static", "-o", made, Path(__file__).with_name("orphans.c")], check=True)
    return made


def need_root():
    if os.geteuid() != 0:
        require("root", "chroot(2) is root's alone")


@pytest.fixture
def empty(program, tmp_path):
    """A root with the static command and no other file."""
    need_root()
    folder = tmp_path / "root"
    folder.mkdir()
    shutil.copy(program, folder / "leaderlife")
    return Root(folder)


@pytest.fixture(scope="session")
def bare(tmp_path_factory):
    """A root with Debian's smallest system, its Python, and the wheel installed by pip without any network."""
    need_root()
    folder = tmp_path_factory.mktemp("bare") / "root"
    subprocess.run(["cp", "-a", os.environ["LEADERLIFE_ROOTFS"], folder], check=True)
    root = Root(folder)
    pip, = Path("/usr/share/python-wheels").glob("pip-*.whl")
    wheel = artefacts.wheel()
    shutil.copy(pip, folder / "tmp")
    shutil.copy(wheel, folder / "tmp")
    done = root.run("/usr/bin/python3", f"/tmp/{pip.name}/pip", "install", "--no-index", "--break-system-packages",
                    "--root-user-action=ignore", f"/tmp/{wheel.name}", environment={"PATH": "/usr/bin:/bin"})
    assert done.returncode == 0, done.stdout + done.stderr
    return root


@pytest.fixture
def starter(tmp_path):
    """Starts what goes on; it ends with the test."""
    made = Command("false", tmp_path)
    try:
        yield made
    finally:
        made.end()
