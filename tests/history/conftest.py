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
from .stage import World
from .weather import Weather

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
def world_of(rough_cluster):
    """A function: the World in which that command line is the candidate program."""
    with HollowNode(rough_cluster, "histories") as node, Proxy(rough_cluster) as proxy, SlowEnd() as slow_end:
        yield lambda command: World(rough_cluster, node, proxy, slow_end, command)


@pytest.fixture(scope="session")
def weather(rough_cluster):
    return Weather(rough_cluster)


@pytest.fixture
def world(world_of, program):
    """With the candidate program of that language."""
    return world_of(programs.required(program, "history"))


@pytest.fixture
def figures(request, weather):
    gathered = request.config.stash[FIGURES]
    gathered.weather = weather
    return gathered
