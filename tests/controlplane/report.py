# SPDX-License-Identifier: Apache-2.0
"""Lines for the end of a run: measured figures, which no test judges. A
conftest.py that imports all of this has the fixture `report`."""

import pytest

REPORT = pytest.StashKey[list]()


def pytest_configure(config):
    config.stash[REPORT] = []


def pytest_terminal_summary(terminalreporter, config):
    for line in config.stash[REPORT]:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def report(request):
    """Call it with a line that is shown after the run."""
    return request.config.stash[REPORT].append
