# SPDX-License-Identifier: Apache-2.0
"""The shim, the page that it shares with the tests, and the fake API server."""

import itertools
import os
from pathlib import Path

import pytest

from apiserver.fixtures import server  # noqa: F401
from controlplane.fixtures import cluster  # noqa: F401
from controlplane.report import pytest_configure, pytest_terminal_summary, report  # noqa: F401

from .driver import Driver, OnServer
from .page import Page
from .rounds import play_all

ROOT = Path(__file__).resolve().parents[2]
_numbers = itertools.count(1)
BUILD = Path(os.environ.get("LEADERLIFE_BUILD", ROOT / "build"))


@pytest.fixture(scope="session")
def built():
    """A file of build/tests; where it is missing the tests fail, for the suite builds it."""
    def find(name):
        path = BUILD / "tests" / name
        assert path.exists(), f"there is no {path}: build the target with the option LEADERLIFE_TESTS"
        return str(path)
    return find


@pytest.fixture(scope="session")
def shim(built):
    return built("tests/torture.so")


@pytest.fixture
def open_page(tmp_path):
    """open_page(modules): a page on which calls from those modules count."""
    opened = []

    def make(*modules):
        opened.append(Page(tmp_path / f"page-{len(opened)}", modules))
        return opened[-1]

    yield make
    for page in opened:
        page.close()


@pytest.fixture
def torture(report, built):  # noqa: F811
    """torture(name, players, most, files={}, most_of_full=None): as rounds.play_all(); files more than those of
    build/tests."""
    ours = {"libleaderlife": built("libleaderlife.so"), "leaderlife": built("bin/leaderlife")}

    def run(name, players, most, files=None, most_of_full=None):
        play_all(name, players, (most, most_of_full), report, {**ours, **(files or {})})
    return run


LIVING = {"phase": "Running", "containerStatuses": [{"name": "main", "state": {"running": {}}}]}


class Pods:
    """Two living pods on the fake API server, and the options of candidates in them."""

    def __init__(self, server, namespace, directory):
        self.endpoint = server.endpoint()
        self._token_file = directory / "token"
        self._token_file.write_text(server.token)
        self._server, self.namespace = server, namespace
        server.do("set_namespace", namespace)
        self.uids = {name: self._create(name)["metadata"]["uid"] for name in "ab"}

    def _create(self, name):
        return self._server.do("create", "pods", self.namespace, {
            "metadata": {"name": name}, "spec": {"containers": [{"name": "main"}]}, "status": LIVING})

    def options(self, name):
        return {"backend": "kubernetes", "namespace": self.namespace, "pod-name": name, "pod-uid": self.uids[name],
                "server": self.endpoint.url, "ca-file": self._server.ca_file, "token-file": str(self._token_file),
                "pod-network": "any", "log-level": "debug"}

    def left(self):
        """Locks and records whose holder has not given them back."""
        return [lock["metadata"]["name"] for lock in self._server.do("list", "configmaps", self.namespace)] + [
            record["metadata"]["name"] for record in self._server.do("list", "leases", self.namespace)
            if record["metadata"]["annotations"].get("leaderlife.dev/holder-uid")]

    def close(self):
        self.endpoint.close()
        self._server.do("forget_namespace", self.namespace)


@pytest.fixture
def open_pods(server, tmp_path):
    """open_pods(): two pods in a namespace of their own."""
    opened = []

    def make():
        opened.append(Pods(server, f"torture-{next(_numbers)}", tmp_path))
        return opened[-1]

    yield make
    for pods in opened:
        pods.close()


@pytest.fixture
def open_driver(shim, open_page):
    """open_driver(words, modules, backend, options of a and b, environment=None, lock=None)"""
    opened = []

    def make(words, modules, *more):
        opened.append(Driver(words, shim, open_page(*modules), *more))
        return opened[-1]

    yield make
    for driver in opened:
        driver.close()


@pytest.fixture
def players_on_embedded(open_driver):
    """players_on_embedded(words, modules, environment=None): drivers for the same story, side by side."""
    options = {"backend": "local", "log-level": "debug"}
    return lambda words, modules, environment=None: [
        open_driver(words, modules, "embedded", (options, options), environment) for _ in range(2)]


@pytest.fixture
def players_on_server(open_driver, open_pods):
    """The same on the fake API server."""
    def player(words, modules, environment):
        pods = open_pods()
        options = pods.options("a"), pods.options("b")
        return OnServer(open_driver(words, modules, "server", options, environment), pods)
    return lambda words, modules, environment=None: [player(words, modules, environment) for _ in range(4)]
