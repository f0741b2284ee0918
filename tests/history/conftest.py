# SPDX-License-Identifier: Apache-2.0
"""A control plane of its own, for the histories stop parts of it, with a node
and a fault proxy; the seed of the run, and its figures."""

import os
import secrets

import pytest

from controlplane.fixtures import own_cluster
from controlplane.node import HollowNode
from controlplane.proxy import Proxy
from guard.slow_end import SlowEnd
from scenarios import programs

from .figures import Figures
from .outages import Outages
from .pod_fleet import Shared

FIGURES = pytest.StashKey[Figures]()


def pytest_configure(config):
    config.stash[FIGURES] = Figures(os.environ.get("LEADERLIFE_SEED") or str(secrets.randbelow(2 ** 32)))


def pytest_terminal_summary(terminalreporter, config):
    for line in config.stash[FIGURES].lines():
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def rough_cluster():
    with own_cluster() as started:
        yield started


@pytest.fixture(scope="session")
def shared_of(rough_cluster):
    """A function: what all histories share, where that command line is the candidate program."""
    with HollowNode(rough_cluster, "histories") as node, Proxy(rough_cluster) as proxy, SlowEnd() as slow_end:
        yield lambda command: Shared(rough_cluster, node, proxy, slow_end, command)


@pytest.fixture(scope="session")
def outages(rough_cluster):
    return Outages(rough_cluster)


@pytest.fixture
def shared(shared_of, program):
    """With the candidate program of that language."""
    return shared_of(programs.required(program, "history"))


@pytest.fixture
def figures(request, outages):
    gathered = request.config.stash[FIGURES]
    gathered.outages = outages
    return gathered
