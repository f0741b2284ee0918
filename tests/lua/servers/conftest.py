# SPDX-License-Identifier: Apache-2.0
"""Servers that end with the test, each with a folder of its own, and a lock that nobody else has."""

import secrets

import pytest

from controlplane.fixtures import cluster, require  # noqa: F401
from controlplane.report import pytest_configure, pytest_terminal_summary, report  # noqa: F401

from .server import Haproxy, Nginx


@pytest.fixture
def lock():
    return "servers-" + secrets.token_hex(6)


@pytest.fixture
def servers():
    """What is put in here ends with the test, and its log goes with a failure."""
    started = []
    try:
        yield started
    finally:
        for server in started:
            server.stop()


def _starter(kind, servers, directory, lock):
    def start(name, *changes, launch=kind.start, lock=lock, **more):
        servers.append(kind(name, directory, lock, *changes, **more))
        launch(servers[-1])
        return servers[-1]

    return start


@pytest.fixture
def nginx(servers, tmp_path, lock):
    """nginx(name, changes, environment): a started one, or started as `launch` does."""
    return _starter(Nginx, servers, tmp_path, lock)


@pytest.fixture
def haproxy(servers, tmp_path, lock):
    """haproxy(name, changes, script, environment): likewise."""
    return _starter(Haproxy, servers, tmp_path, lock)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """What the servers have said goes with the failure of a test."""
    try:
        return (yield)
    except BaseException as error:
        for server in item.funcargs.get("servers", ()):
            error.add_note(f"--- {server.name}\n{server.log_tail()}")
        raise
