# SPDX-License-Identifier: Apache-2.0
"""pytest fixtures over the control plane. Import them in a conftest.py. All
suites of one run share one cluster; each test gets a namespace of its own."""

import contextlib
import os
import re
import secrets
import warnings

import pytest

from .binary import BinaryMissing, binary
from .cluster import Cluster
from .node import HollowNode
from .pods import Namespace
from .proxy import Proxy


class _Shared:
    """One cluster for all who import these fixtures: each importing conftest.py
    would otherwise define, and start, one of its own."""
    life = contextlib.ExitStack()
    cluster = None
    users = 0


def require(name, why):
    """Fails when LEADERLIFE_REQUIRE lists `name` or `all`; else skips, loudly."""
    wanted = re.split(r"[\s,]+", os.environ.get("LEADERLIFE_REQUIRE", ""))
    if {name, "all"} & set(wanted):
        pytest.fail(f"{name} is required here: {why}", pytrace=False)
    # The summary shows warnings without being asked, skips only with -rs.
    warnings.warn(pytest.PytestWarning(f"SKIPPED all tests that need {name}: {why}"))
    pytest.skip(f"needs {name}: {why}")


@contextlib.contextmanager
def own_cluster(**options):
    """A control plane for a suite that stops parts of it, or needs it otherwise than usual."""
    try:
        binary()
    except BinaryMissing as missing:
        require("controlplane", str(missing))
    with Cluster(**options) as started:
        yield started


@pytest.fixture(scope="session")
def cluster():
    """The shared, running Cluster. A test that breaks it mends it again."""
    if _Shared.users == 0:
        _Shared.cluster = _Shared.life.enter_context(own_cluster())
    _Shared.users += 1
    yield _Shared.cluster
    _Shared.users -= 1
    if _Shared.users == 0:
        _Shared.life.close()


@pytest.fixture(scope="session")
def hollow_node(cluster):
    """A Ready HollowNode."""
    with HollowNode(cluster, "node-" + secrets.token_hex(3)) as node:
        yield node


@pytest.fixture
def namespace(cluster):
    """A Namespace of this test with the full minimal Role for lock "lock"."""
    return Namespace(cluster)


@pytest.fixture
def proxy(cluster):
    """A Proxy without rules, HTTP/2 and HTTP/1.1."""
    with Proxy(cluster) as started:
        yield started
