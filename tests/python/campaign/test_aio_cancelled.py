# SPDX-License-Identifier: Apache-2.0
"""Campaigns in asyncio and uvloop that are cancelled: `work` is cancelled and its end awaited, and the lock is given
back after its end and not before. (With --full all of it in uvloop too.)"""

import os

import pytest

from .programs import AIO

BOTH_LOOPS = ["asyncio", "uvloop"]
LOOPS = BOTH_LOOPS if os.environ.get("LEADERLIFE_FULL") else ["asyncio"]

@pytest.fixture(params=LOOPS)
def run(script, request):
    return lambda code, **more: script.run(AIO + code, request.param, **more)


@pytest.mark.parametrize("run", BOTH_LOOPS, indirect=True)
def test_cancelling_it_cancels_work_and_gives_back_after_its_end(run):
    run("""
ended = []


async def work(term):
    try:
        await asyncio.sleep(HANG)
    finally:
        await asyncio.sleep(0.2)
        ended.append(term.is_leading and not await asyncio.to_thread(is_free))


async def play():
    async with asyncio.timeout(HANG) as limit:
        campaign = asyncio.create_task(elect(work))
        await asyncio.sleep(0.1)
        campaign.cancel()
        await araised(asyncio.CancelledError, campaign)
    assert is_free() and ended == [True]
    await araised(TimeoutError, asyncio.wait_for(elect(work), 0.2))
    assert is_free() and ended == [True, True]


run(play())
""")


def test_a_second_cancellation_is_handed_on_and_waited_for(run):
    run("""
cancelled = []


async def work(term):
    while len(cancelled) < 2:
        try:
            await asyncio.sleep(HANG)
        except asyncio.CancelledError:
            cancelled.append(term.is_leading)


async def play():
    campaign = asyncio.create_task(elect(work))
    await asyncio.sleep(0.1)
    campaign.cancel()
    await aeventually(lambda: cancelled)
    await asyncio.sleep(0.1)
    assert not campaign.done() and not is_free()
    campaign.cancel()
    await araised(asyncio.CancelledError, campaign)
    assert cancelled == [True, True] and is_free()


run(play())
""")


def test_cancelling_it_while_it_stands_by_and_while_it_rests(run):
    run("""
rules(FIRST_PAUSE=1000.0)


async def first(term):
    lose()
    await asyncio.sleep(HANG)


async def play():
    holder, holders = local().become(HANG), []
    await araised(TimeoutError, asyncio.wait_for(elect(print, on_new_leader=holders.append), 0.3))
    assert len(holders) == 1 and holder.is_leader
    holder.close()
    logger = Logger()
    campaign = asyncio.create_task(lead(first, logger=logger))
    await aeventually(lambda: logger.says("takes no part for 1000 s"))
    campaign.cancel()
    await araised(asyncio.CancelledError, campaign)


run(play())
assert is_free()
""")


def test_work_that_raises_when_the_campaign_is_cancelled(run):
    """The cancellation is not lost, nor is what it raised."""
    run("""
async def work(term):
    try:
        await asyncio.sleep(HANG)
    finally:
        raise ZeroDivisionError("at the end")


async def play():
    logger = Logger()
    campaign = asyncio.create_task(elect(work, logger=logger))
    await asyncio.sleep(0.1)
    campaign.cancel()
    await araised(asyncio.CancelledError, campaign)
    assert logger.says("ZeroDivisionError: at the end")


run(play())
assert is_free()
""")


def test_ctrl_c(run):
    run("""
ended = []


async def work(term):
    os.kill(os.getpid(), signal.SIGINT)
    try:
        await asyncio.sleep(HANG)
    finally:
        ended.append(term.is_leading)


raised(KeyboardInterrupt, run, elect(work))
assert ended == [True] and is_free()
""")


def test_a_loop_that_is_closed_over_it(run):
    """What is left of it frees nothing as long as `work` might run."""
    run("""
async def work(term):
    started.append(term)
    await asyncio.sleep(HANG)


async def play():
    task = asyncio.create_task(elect(work))
    await aeventually(lambda: started)
    return task


import warnings

warnings.simplefilter("ignore")
started = []
loop = new_loop()
loop.set_exception_handler(lambda *_: None)
task = loop.run_until_complete(play())
loop.close()
del task, loop
gc.collect()
assert not is_free()
os._exit(0)
""")
