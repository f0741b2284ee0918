# SPDX-License-Identifier: Apache-2.0
"""Campaigns in asyncio and uvloop, on the embedded lock, in debug mode: when `work` begins and ends, and what
becomes of what it returns and raises. (With --full all of it in uvloop too.)"""

import os

import pytest

from .programs import AIO

BOTH_LOOPS = ["asyncio", "uvloop"]
LOOPS = BOTH_LOOPS if os.environ.get("LEADERLIFE_FULL") else ["asyncio"]

@pytest.fixture(params=LOOPS)
def run(script, request):
    return lambda code, **more: script.run(AIO + code, request.param, **more)


# ---- What work returns and raises ----

def test_what_work_returns_is_returned_and_the_lock_is_given_back(run):
    run("""
seen = []


async def work(term):
    seen.append(term)
    assert term.is_leading and term.lock == LOCK and term.number == 0
    assert not await asyncio.to_thread(is_free)
    return int(term.token)


tokens = [run(elect(work)) for _ in range(2)]
assert tokens[0] < tokens[1] and is_free() and not seen[0].is_leading
""")


def test_work_that_is_no_async_function_is_refused(run):
    """It has run once when that is found out."""
    run("""
error = raised(TypeError, run, elect(lambda term: 1))
assert "use leaderlife.campaign()" in str(error)
assert is_free()
""")


def test_what_work_raises_is_raised_after_the_lock_is_given_back(run):
    run("""
async def work(term):
    raise ZeroDivisionError("of work")


raised(ZeroDivisionError, run, elect(work))
assert is_free()
""")


def test_work_that_is_cancelled_by_others(run):
    run("""
async def work(term):
    asyncio.current_task().cancel()
    await asyncio.sleep(HANG)


raised(asyncio.CancelledError, run, elect(work))
assert is_free()
""")


def test_work_that_ends_the_program(run):
    out = run("""
import atexit

atexit.register(lambda: print(is_free()))


async def work(term):
    sys.exit(7)


run(elect(work))
""", status=7)
    assert out == "True\n"


def test_work_that_is_no_coroutine(run):
    run("""
error = raised(TypeError, run, elect(lambda term: 3))
assert is_free()
""")


# ---- Loss ----

@pytest.mark.parametrize("run", BOTH_LOOPS, indirect=True)
def test_after_a_loss_the_next_term_waits_for_the_end_of_work(run):
    run("""
rules()
ended = []


async def first(term):
    lose()
    try:
        await asyncio.sleep(HANG)
    except asyncio.CancelledError:
        assert not term.is_leading and is_free()
        await asyncio.sleep(0.5)  # longer than the pause
        ended.append(True)
        raise


assert run(lead(first)) == "next" and ended
""")


def test_what_work_returns_and_raises_after_a_loss(run):
    run("""
rules()


async def returns(term):
    lose()
    try:
        await asyncio.sleep(HANG)
    except asyncio.CancelledError:
        return "no result"


async def raises(term):
    lose()
    try:
        await asyncio.sleep(HANG)
    finally:
        raise ZeroDivisionError("of work")


assert run(lead(returns)) == "next"
logger = Logger()
assert run(lead(raises, logger=logger)) == "next"
told, = logger.says("ZeroDivisionError: of work")
assert "Traceback" in told and "after the lead was lost" in told, told
""")


def test_work_that_ignores_its_cancellation_is_told_of(run):
    run("""
rules()
logger = Logger()


async def first(term):
    lose()
    while len(logger.says("has not")) < 3:
        try:
            await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            pass


assert run(lead(first, logger=logger)) == "next"
told = logger.says("work was told to end")
assert len(told) == 3 and "this process takes no part until it has" in told[0], told
""")


def test_work_does_not_begin_without_the_lead(run):
    """It was lost after the task was made."""
    run("""
rules()
from leaderlife import _aio_campaign

make, late = _aio_campaign._Work.__init__, []


def make_late(self, function, election):
    make(self, function, election)
    if not late:
        late.append(self)
        lose()
        election.process()
        assert election.state == "lost" and not self.term.is_leading


_aio_campaign._Work.__init__ = make_late


async def first(term):
    assert term.token != late[0].term.token
    return "it led"


assert run(lead(first)) == "it led"
""")


# ---- on_new_leader and the logger ----

def test_on_new_leader_is_told_and_what_it_raises_ends_the_campaign(run):
    run("""
holders = []


async def work(term):
    holders.append("works")


run(elect(work, on_new_leader=holders.append))
assert holders[0].startswith(f"pid {os.getpid()}") and holders[1:] == ["works"], holders


async def works(term):
    await asyncio.sleep(HANG)


def tell(holder):
    raise ZeroDivisionError


raised(ZeroDivisionError, run, elect(works, on_new_leader=tell))
assert is_free()
""")


def test_a_logger_that_raises_ends_it_after_work(run):
    run("""
class Raises:
    def log(self, level, *_):
        if level >= 30:
            raise ZeroDivisionError("of the logger")


ended = []


async def first(term):
    lose()
    try:
        await asyncio.sleep(HANG)
    except asyncio.CancelledError:
        await asyncio.sleep(0.3)
        ended.append(True)


rules()
run_quietly = asyncio.Runner(loop_factory=new_loop)
with run_quietly as runner:
    runner.get_loop().set_exception_handler(lambda *_: None)  # aio.Election tells it there too
    raised(ZeroDivisionError, runner.run, lead(first, logger=Raises()))
assert ended == [True]
""")


# ---- What is refused ----

def test_what_is_refused(run):
    run("""
async def refused(kind, text, work=print, **options):
    assert text in str(await araised(kind, elect(work, **options)))


async def play():
    await refused(leaderlife.ConfigError, "observe", mode="observe")
    await refused(leaderlife.ConfigError, "gard", gard="auto")
    await refused(TypeError, "work must be", 3)
    await refused(TypeError, "on_new_leader", on_new_leader="me")
    await refused(TypeError, "logger", logger="me")
    await refused(leaderlife.ConfigError, "/nonexistent", backend="kubernetes", kubeconfig="/nonexistent")


run(play())
""")
