# SPDX-License-Identifier: Apache-2.0
"""The servers, which all of these tests share, and the stores on them, new for each test."""

import os
import secrets
import sys
from pathlib import Path

import pytest

from controlplane.fixtures import cluster, require  # noqa: F401
from controlplane.report import pytest_configure, pytest_terminal_summary, report  # noqa: F401

from .fake_objects import FakeObjects

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = Path(os.environ.get("LEADERLIFE_BUILD", ROOT / "build")).resolve() / "python" / "python"
sys.path.insert(0, str(PACKAGE))
STORES = ("sqlite", "postgresql", "redis", "kubernetes")


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("error"))


@pytest.fixture(scope="session")
def package():
    """The folder that holds the package leaderlife."""
    if not list(PACKAGE.glob("leaderlife/capi*.so")):
        require("python_fence", f"there is no package in {PACKAGE}: build it with -DLEADERLIFE_PYTHON=ON")
    return PACKAGE


@pytest.fixture(scope="session")
def tools_python():
    """A Python that has the official Kubernetes client and mypy."""
    found = os.environ.get("LEADERLIFE_TOOLS_PYTHON", "")
    if not os.access(found, os.X_OK):
        require("python_fence", "LEADERLIFE_TOOLS_PYTHON names no Python with script/requirements.txt")
    return found


@pytest.fixture(scope="session")
def postgresql():
    from . import servers

    with servers.postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def redis_server():
    from . import servers

    with servers.redis_server() as server:
        yield server


@pytest.fixture
def lock():
    return "fence-" + secrets.token_hex(4)


class Opener:
    """Calling it gives a writer's own view of the store, which ends with the test."""

    def __init__(self, kind, address, lock):
        self.kind, self.address, self.lock = kind, address, lock
        self._opened = []

    def __call__(self, lock=None):
        self._opened.append(self.kind(self.address, lock or self.lock))
        return self._opened[-1]

    def close(self):
        for store in self._opened:
            store.close()


@pytest.fixture(params=STORES)
def open_store(request, package, lock, tmp_path):
    """An Opener of each store in turn, empty."""
    from . import stores

    addresses = {"sqlite": lambda: str(tmp_path / "work.db"),
                 "postgresql": lambda: request.getfixturevalue("postgresql").address,
                 "redis": lambda: request.getfixturevalue("redis_server").url,
                 "kubernetes": lambda: (FakeObjects(), "/configmaps/work")}
    kind, address = stores.ALL[request.param], addresses[request.param]()
    kind.prepare(address, lock)
    opener = Opener(kind, address, lock)
    yield opener
    opener.close()
