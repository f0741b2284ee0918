# SPDX-License-Identifier: Apache-2.0
"""aio.Election.while_leading, on the embedded lock: the work ends with the lead, and what ends first says how. (Losing
the lead needs Kubernetes: the tests of asyncio_service.py and kopf_operator.py.)"""

import asyncio
import secrets

import pytest


@pytest.fixture
def aio(package, monkeypatch):
    monkeypatch.syspath_prepend(str(package))
    import leaderlife.aio
    return leaderlife.aio


@pytest.fixture
def play(aio):
    """Runs a coroutine function with an election that leads."""
    async def led(part):
        async with aio.Election("while-" + secrets.token_hex(6)) as election:
            return await part(await election.become(60))

    return lambda part: asyncio.run(asyncio.wait_for(led(part), 60))


class Work:
    """Sleeps until it is cancelled; knows that it was."""

    def __init__(self):
        self.began, self.cancelled = asyncio.Event(), False

    async def __call__(self):
        self.began.set()
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            self.cancelled = True
            raise


def test_it_returns_what_the_work_returns(play):
    async def part(election):
        assert await election.while_leading(asyncio.sleep(0.01, "done")) == "done"
        assert election.is_leader
    play(part)


def test_it_raises_what_the_work_raises(play):
    async def fails():
        raise ZeroDivisionError

    async def part(election):
        with pytest.raises(ZeroDivisionError):
            await election.while_leading(fails())
        assert election.is_leader
    play(part)


@pytest.mark.parametrize("end", ["resign", "aclose"])
def test_the_work_is_cancelled_when_it_gives_the_lead_back(play, end):
    async def part(election):
        work = Work()
        running = asyncio.ensure_future(election.while_leading(work()))
        await work.began.wait()
        ending = getattr(election, end)()
        if ending is not None:
            await ending
        assert await running is None and work.cancelled
    play(part)


def test_the_work_is_cancelled_with_the_wait(play):
    async def part(election):
        work = Work()
        running = asyncio.ensure_future(election.while_leading(work()))
        await work.began.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert work.cancelled and election.is_leader
    play(part)


def test_nothing_begins_where_it_does_not_lead(aio):
    async def main():
        async with aio.Election("while-" + secrets.token_hex(6)) as election:
            await election.become(60)
            async with aio.Election(election.lock) as second:
                work = Work()
                with pytest.raises(aio.sync.errors.StateError, match="not leading"):
                    await second.while_leading(work())
                assert not work.began.is_set()
    asyncio.run(main())
