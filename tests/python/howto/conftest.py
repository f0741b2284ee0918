# SPDX-License-Identifier: Apache-2.0
"""Plays all frameworks that are asked for side by side, and writes the table of what came of it: at the end of the run,
and with --write-table into docs/python/howto.md."""

import concurrent.futures
import os
import shutil
from pathlib import Path

import pytest

from controlplane.fixtures import require

from . import table
from .fleet import ROOT
from .frameworks import FRAMEWORKS
from .play import Places, play

SIDE_BY_SIDE = 3


def pytest_addoption(parser):
    parser.addoption("--write-table", action="store_true", help="writes docs/python/howto.md's table anew")


@pytest.fixture(scope="session")
def places():
    """Where everything is that the programs need."""
    build = Path(os.environ.get("LEADERLIFE_BUILD", ROOT / "build")).resolve()
    python = Path(os.environ.get("LEADERLIFE_FRAMEWORKS_PYTHON", ""))
    if not os.access(python, os.X_OK) or not python.is_file():
        require("python_howto", "LEADERLIFE_FRAMEWORKS_PYTHON names no Python with script/requirements-frameworks.txt")
    package = build / "python" / "python"
    if not list(package.glob("leaderlife/capi*.so")):
        require("python_howto", f"there is no package in {package}: build it with -DLEADERLIFE_PYTHON=ON")
    command = build / "release" / "bin" / "leaderlife"
    if not os.access(command, os.X_OK):
        require("python_howto", f"there is no {command}")
    if not shutil.which("redis-server"):
        require("python_howto", "redis-server is not installed")
    return Places(package, python.parent, command)


@pytest.fixture(scope="session")
def rows(request, places, report):
    """The rows of the table, which tests add to."""
    made = {}
    yield made
    lines = table.lines(made, table.versions(places.programs / "python"))
    for line in lines if made else ():
        report(line)
    if request.config.getoption("--write-table") and made:
        table.write(lines)


def pytest_collection_modifyitems(items):
    """What waits for the frameworks comes last: the other tests run meanwhile."""
    items.sort(key=plays)


def plays(item):
    return item.path.name == "test_frameworks.py"


@pytest.fixture(scope="session", autouse=True)
def played(request, tmp_path_factory):
    """Of each framework's name a future of what came of it; begins with the first test of all. A thread lives as long
    as the processes that it starts."""
    wanted = {item.callspec.params["framework"].name for item in request.session.items if plays(item)}
    if not wanted:
        yield {}
        return
    places = request.getfixturevalue("places")
    full = bool(os.environ.get("LEADERLIFE_FULL"))
    with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        # Dagster's takes longest.
        yield {framework.name: pool.submit(play, framework, places, tmp_path_factory.getbasetemp() / framework.test,
                                           full)
               for framework in sorted(FRAMEWORKS, key=lambda framework: -framework.seconds)
               if framework.name in wanted}
