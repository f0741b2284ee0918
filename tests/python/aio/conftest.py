# SPDX-License-Identifier: Apache-2.0
"""What the tests of leaderlife.aio share: loops in debug mode, asyncio's and uvloop's, that must end without a trace,
and rivals in other processes. LEADERLIFE_BUILD says where the package was built."""

import asyncio
import contextlib
import gc
import os
import re
import sys
import uuid
from pathlib import Path

import pytest

PACKAGE = Path(os.environ.get("LEADERLIFE_BUILD", Path(__file__).resolve().parents[3] / "build")) / "python" / "python"
HANG = 60
sys.path.insert(0, str(PACKAGE))
os.environ["PYTHONPATH"] = str(PACKAGE)  # for children

import leaderlife.aio  # noqa: E402
import uvloop  # noqa: E402
from ends import is_free, slow_end  # noqa: E402, F401
from rival import Rival  # noqa: E402

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("error"))


def descriptors():
    return len(os.listdir("/proc/self/fd"))


def watched(fd):
    """Whether an epoll of this process, which is what both loops use, has that descriptor in it."""
    found = False
    for name in os.listdir("/proc/self/fdinfo"):
        with contextlib.suppress(FileNotFoundError):
            found |= re.search(rf"^tfd: +{fd} ", Path("/proc/self/fdinfo", name).read_text(), re.MULTILINE) is not None
    return found


class LoopRunner:
    """Runs coroutines, each in a loop of its own. Whatever a loop complains of is a failure, unless it is expected."""

    def __init__(self, new_loop):
        self.new_loop = new_loop
        self.complaints = []

    def run(self, play):
        loop = self.new_loop()
        loop.set_debug(True)
        loop.set_exception_handler(lambda _, context: self.complaints.append(context))
        try:
            result = loop.run_until_complete(asyncio.wait_for(play, HANG))
            left = asyncio.all_tasks(loop)
            assert not left, left
            return result
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    def expect_complaint(self, kind):
        """Once, since the last time."""
        assert [type(told["exception"]) for told in self.complaints] == [kind]
        self.complaints.clear()


@pytest.fixture(scope="session")
def warm_loops():
    """What a loop's implementation keeps for good, it keeps from now on."""
    for new_loop in LOOPS.values():
        LoopRunner(new_loop).run(asyncio.sleep(0))


@pytest.fixture(params=LOOPS)
def runner(request, warm_loops):
    before = descriptors()
    made = LoopRunner(LOOPS[request.param])
    yield made
    gc.collect()
    assert made.complaints == []
    assert descriptors() <= before


@pytest.fixture
def is_watched():
    return watched


@pytest.fixture
def lock():
    return f"aio-{uuid.uuid4().hex}"


@pytest.fixture
def elect(lock):
    """Makes an election for the test's lock."""
    return lambda **options: leaderlife.aio.Election(lock, **{"backend": "local", **options})


@pytest.fixture
def rival(lock, runner):
    made = Rival(lock)
    yield made
    made.end()
