# SPDX-License-Identifier: Apache-2.0
"""One real cluster for all of these tests, the witness, and a trial for each."""

import contextlib
import os
import signal

import pytest

from controlplane.binary import BinaryMissing, binary
from controlplane.fixtures import require
from controlplane import report as report_hooks
from controlplane.process import ProcessError
from controlplane.report import pytest_terminal_summary, report  # noqa: F401
from controlplane.workdir import WorkDirectory

from . import images, side_by_side
from .real_cluster import SERVICE, RealCluster
from .trial import Trial
from .witness import PORT, Witness, take_port

CLUSTER = pytest.StashKey()  # the RealCluster, or why there is none
AT_ONCE = 4  # tests, which wait more than they compute


def pytest_configure(config):
    report_hooks.pytest_configure(config)
    config.addinivalue_line("markers", "full: only in the long form, script/test --full")
    config.addinivalue_line("markers", "alone: not beside others, whose nodes it would take away")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what has begun is ended


def pytest_collection_modifyitems(config, items):
    """What belongs to the long form alone is not skipped in the short one: it is not there."""
    if not os.environ.get("LEADERLIFE_FULL"):
        left_out = [item for item in items if item.get_closest_marker("full")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


@contextlib.contextmanager
def started_cluster():
    """Where a machine can run no containers, all these tests are skipped, loudly."""
    try:
        binary()
    except BinaryMissing as missing:
        require("controlplane", str(missing))
    worker = os.path.join(os.environ["LEADERLIFE_BUILD"], "tests", "tests", "cluster_worker")
    with contextlib.closing(WorkDirectory()) as work, contextlib.ExitStack() as life:
        try:
            cluster = life.enter_context(RealCluster(
                work.path, lambda: images.write_all(work.path, worker, f"{SERVICE}:{PORT}")))
        except (ProcessError, AssertionError) as error:
            require("cluster", f"no nodes that run containers here: {error}")
        life.enter_context(take_port(SERVICE))
        yield cluster


def pytest_runtestloop(session):
    """The cluster begins before the forks that share it, and ends after them."""
    if session.testsfailed or session.config.option.collectonly:
        return None
    with contextlib.ExitStack() as life:
        try:
            found = life.enter_context(started_cluster())
        except (Exception, pytest.skip.Exception, pytest.fail.Exception) as error:
            found = error
        session.config.stash[CLUSTER] = found
        alone = [item for item in session.items if item.get_closest_marker("alone")]
        side_by_side.run(session, [item for item in session.items if item not in alone], AT_ONCE)
        side_by_side.run_one_by_one(session, alone)
    return True


@pytest.fixture(scope="session")
def cluster(request):
    found = request.config.stash[CLUSTER]
    if isinstance(found, BaseException):
        raise found
    return found


@pytest.fixture(scope="session")
def witness(cluster):
    with Witness(SERVICE) as started:
        yield started


@pytest.fixture
def trial(cluster, witness):
    with Trial(cluster, witness) as begun:
        yield begun
