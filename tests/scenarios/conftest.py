# SPDX-License-Identifier: Apache-2.0
"""Two control planes, the candidate programs, and the order of the tests: the
long watch over an idle standby begins first and is judged last."""

import pytest

from controlplane.fixtures import cluster, own_cluster  # noqa: F401
from controlplane.node import HollowNode
from controlplane.report import REPORT, pytest_terminal_summary  # noqa: F401

from . import programs

def pytest_configure(config):
    for marker in ("rough: stops parts of the control plane", "begins_first: before all other tests",
                   "judged_last: after all other tests"):
        config.addinivalue_line("markers", marker)
    config.stash[REPORT] = []


def pytest_collection_modifyitems(items):
    items.sort(key=_place_in_run)  # stable: all else stays as it is


def _place_in_run(item):
    if item.get_closest_marker("begins_first"):
        return 0
    if item.get_closest_marker("judged_last"):
        return 3
    return 2 if item.get_closest_marker("rough") else 1


@pytest.fixture(scope="session")
def quiet_cluster():
    """Its components are never stopped."""
    with own_cluster() as started:
        yield started


@pytest.fixture(scope="session")
def quiet_node(quiet_cluster):
    """A Ready hollow node of it."""
    with HollowNode(quiet_cluster, "scenarios") as node:
        yield node


@pytest.fixture(scope="session")
def rough_cluster(cluster):  # noqa: F811
    """The one that all suites share, for what stops parts of it."""
    return cluster


@pytest.fixture
def candidate_command(program):
    """The command line of the candidate program of that language."""
    return programs.required(program, "scenarios")
