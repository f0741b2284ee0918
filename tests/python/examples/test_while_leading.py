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


def test_a_function_gets_the_token(play):
    async def work(token):
        return token

    async def part(election):
        assert await election.while_leading(work) == election.token != None  # noqa: E711
    play(part)


def test_a_function_is_not_called_by_who_does_not_lead(play):
    called = []

    async def part(election):
        await election.aresign()
        with pytest.raises(RuntimeError, match="resigned"):
            await election.while_leading(called.append)
        assert called == []
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


def test_the_lock_is_kept_until_the_work_has_ended_however_often_it_is_cancelled(aio):
    lock = "while-" + secrets.token_hex(6)
    seen = []

    async def work(_token):
        try:
            await asyncio.sleep(600)
        finally:
            for _ in range(3):  # an end that takes its time, whoever disturbs it
                try:
                    await asyncio.sleep(0.2)
                except asyncio.CancelledError:
                    pass
            seen.append(other.is_leader)

    async def lead():
        async with aio.Election(lock) as election:
            await election.become(60)
            leads.set()
            await election.while_leading(work)

    async def play():
        nonlocal other, leads
        leads = asyncio.Event()
        task = asyncio.create_task(lead())
        await leads.wait()
        other = aio.Election(lock)
        other.start()
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0.05)
        with pytest.raises(asyncio.CancelledError):
            await task
        await other.become(60)
        await other.aclose()

    other = leads = None
    asyncio.run(asyncio.wait_for(play(), 60))
    assert seen == [False]


def test_the_work_does_not_begin_once_the_lead_is_gone(play):
    async def part(election):
        begun = []

        async def work(_token):
            begun.append(election.is_leader)

        task = asyncio.ensure_future(election.while_leading(work))
        asyncio.get_running_loop().call_soon(election.resign)  # between the check and the first step of the work
        assert await task is None and begun == []
    play(part)
