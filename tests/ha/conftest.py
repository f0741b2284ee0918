# SPDX-License-Identifier: Apache-2.0
"""A control plane of three machines in network namespaces, with a node; the seed of
the run, and its figures."""

import contextlib
import os
import resource
import secrets

import pytest

from controlplane.binary import BinaryMissing, binary
from controlplane.fixtures import require
from controlplane.node import HollowNode
from guard.slow_end import SlowEnd
from history.pod_fleet import Shared
from scenarios import programs

from . import network, operations, plan
from .cluster import HaCluster
from .faults import Faults
from .figures import HaFigures

FIGURES = pytest.StashKey[HaFigures]()


def pytest_configure(config):
    config.stash[FIGURES] = HaFigures(os.environ.get("LEADERLIFE_SEED") or str(secrets.randbelow(2 ** 32)))


def pytest_terminal_summary(terminalreporter, config):
    for line in config.stash[FIGURES].lines():
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def ha_cluster():
    try:
        binary()
    except BinaryMissing as missing:
        require("ha", str(missing))
    with many_files(), network.private(), HaCluster() as started:
        yield started


@contextlib.contextmanager
def many_files():
    """The balancer has two for each connection of each candidate; the usual limit is for programs that use select()."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(scope="session")
def shared_of(ha_cluster):
    """A function: what all histories share, where that command line is the candidate program."""
    with HollowNode(ha_cluster, "histories") as node, SlowEnd() as slow_end:
        yield lambda command: Shared(ha_cluster, node, None, slow_end, command)


@pytest.fixture(scope="session")
def faults(ha_cluster):
    return Faults(ha_cluster)


@pytest.fixture(scope="session")
def judge():
    """operations.judge."""
    try:
        operations.checker()
    except operations.CheckerMissing as missing:
        require("ha", str(missing))
    return operations.judge


@pytest.fixture
def shared(shared_of, judge):
    """shared(program), with the candidate program of that language."""
    commands = {program: programs.required(program, "ha") for program in plan.PROGRAMS}
    return lambda program: shared_of(commands[program])


@pytest.fixture
def figures(request, faults):
    gathered = request.config.stash[FIGURES]
    gathered.outages = faults
    return gathered
