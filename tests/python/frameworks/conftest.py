# SPDX-License-Identifier: Apache-2.0
"""Servers that end with the test, on a lock that nobody else has; and the table of what was tried."""

import pytest

from .servers import Server, rows


@pytest.fixture
def serve(tmp_path, lock):
    """serve(command, section of the page, …): a started Server."""
    started = []

    def start(command, section, folder="server", **more):
        started.append(Server(tmp_path / folder, command, section, more.pop("lock", lock), **more))
        started[-1].start()
        return started[-1]

    try:
        yield start
    finally:
        for server in started:
            server.stop()


@pytest.fixture
def gap(report):
    """gap(name, milliseconds): the page's row of that name, as it was measured, for the end of the run."""
    return lambda name, measured: report(f"| {' | '.join([*rows()[name][:-1], f'{measured:.0f} ms'])} |")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """What the servers have said goes with the failure of a test."""
    try:
        return (yield)
    except Exception as error:
        for path in sorted(item.funcargs["tmp_path"].glob("**/*.log")) if "tmp_path" in item.funcargs else ():
            error.add_note(f"--- {path.name}\n{path.read_text(errors='replace')[-4000:]}")
        raise
