# SPDX-License-Identifier: Apache-2.0
"""What the tests of leaderlife.anyio share: the loops of trio, asyncio and uvloop, which must end without a trace and
without a complaint, and rivals in other processes. LEADERLIFE_BUILD says where the package was built."""

import asyncio
import gc
import logging
import os
import sys
import uuid
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PACKAGE = Path(os.environ.get("LEADERLIFE_BUILD", HERE.parents[2] / "build")) / "python" / "python"
HANG = 60
sys.path[:0] = [str(PACKAGE), str(HERE.parent / "aio")]
os.environ["PYTHONPATH"] = str(PACKAGE)  # for children

import anyio  # noqa: E402
import leaderlife.anyio  # noqa: E402
from ends import is_free, slow_end  # noqa: E402, F401
from rival import Rival  # noqa: E402

BACKENDS = {"trio": ("trio", {}), "asyncio": ("asyncio", {"debug": True}),
            "uvloop": ("asyncio", {"debug": True, "use_uvloop": True})}


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("error"))


def descriptors():
    return len(os.listdir("/proc/self/fd"))


def run_in(loop, play):
    """Runs a coroutine function in a loop of its own."""
    async def guarded():
        if loop != "trio":
            asyncio.get_running_loop().slow_callback_duration = HANG
        with anyio.fail_after(HANG):
            return await play()

    backend, options = BACKENDS[loop]
    return anyio.run(guarded, backend=backend, backend_options=options)


@pytest.fixture(params=BACKENDS)
def loop(request):
    return request.param


@pytest.fixture(scope="session")
def warm_loops():
    """What a loop's implementation keeps for good, it keeps from now on."""
    async def nothing():
        await anyio.sleep(0)

    for name in BACKENDS:
        run_in(name, nothing)
    gc.freeze()  # each test collects its own rubbish alone, which is ten times faster


@pytest.fixture
def run(loop, warm_loops, caplog):
    """Whatever a loop complains of, it logs, and that is a failure."""
    before = descriptors()
    yield lambda play: run_in(loop, play)
    gc.collect()
    assert [record for record in caplog.records if not record.name.startswith("leaderlife")
            and record.levelno >= logging.WARNING] == []
    assert descriptors() <= before


@pytest.fixture
def lock():
    return f"anyio-{uuid.uuid4().hex}"


@pytest.fixture
def elect(lock):
    """Makes an election for the test's lock."""
    return lambda **options: leaderlife.anyio.Election(lock, **{"backend": "local", **options})


@pytest.fixture
def rival(lock, run):
    made = Rival(lock)
    yield made
    made.end()


@pytest.fixture
def lose():
    """The embedded lock cannot be lost, so the loss is made up."""
    def loss(election):
        lost = object.__new__(leaderlife.Event)
        lost.kind, lost.state, lost.error = "state", "lost", leaderlife.LostError("taken away", -25)
        lost.holder, lost.text, lost.level = None, "", 40
        election._keep(lost)
        election.resign()
    return loss
