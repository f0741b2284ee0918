# SPDX-License-Identifier: Apache-2.0
"""while_leading: the work ends with the lead, and what ends first says how."""

import anyio
import leaderlife
import pytest
from test_waits import settled


class Work:
    """Sleeps until it is cancelled; knows that it was."""

    def __init__(self, last_words=None):
        self.began, self.cancelled, self.last_words = anyio.Event(), False, last_words

    async def __call__(self, token):
        self.began.set()
        try:
            await anyio.sleep(600)
        except anyio.get_cancelled_exc_class():
            self.cancelled = True
            if self.last_words is not None:
                raise self.last_words from None
            raise


@pytest.fixture
def lead(run, elect):
    """Runs a coroutine function with an election that leads."""
    def play(part):
        async def led():
            async with elect() as election:
                return await part(await election.become())
        return run(led)
    return play


def test_it_returns_what_the_work_returns(lead):
    async def work(token):
        await anyio.sleep(0.01)
        return token

    async def part(election):
        assert await election.while_leading(work) == election.token != None  # noqa: E711
        assert election.is_leader
    lead(part)


def test_it_raises_what_the_work_raises(lead):
    async def work(token):
        raise ZeroDivisionError

    async def part(election):
        with pytest.raises(ZeroDivisionError):
            await election.while_leading(work)
        assert election.is_leader
    lead(part)


def test_the_work_ends_before_the_loss_is_raised(lead, lose):
    async def part(election):
        work = Work()
        async with anyio.create_task_group() as group:
            @group.start_soon
            async def lose_it():
                await work.began.wait()
                lose(election)
            with pytest.raises(leaderlife.LostError, match="taken away"):
                await election.while_leading(work)
            assert work.cancelled
    lead(part)


def test_a_loss_is_not_hidden_by_what_the_work_raises_then(lead, lose):
    async def part(election):
        work = Work(last_words=KeyError("late"))
        async with anyio.create_task_group() as group:
            @group.start_soon
            async def lose_it():
                await work.began.wait()
                lose(election)
            with pytest.raises(leaderlife.LostError) as caught:
                await election.while_leading(work)
            assert caught.value.__cause__ is work.last_words
    lead(part)


@pytest.mark.parametrize("end", ["resign", "aresign", "close", "aclose"])
def test_the_work_is_cancelled_when_it_gives_the_lead_back(lead, end):
    async def part(election):
        work = Work()
        async with anyio.create_task_group() as group:
            @group.start_soon
            async def give_back():
                await work.began.wait()
                ending = getattr(election, end)()
                if ending is not None:
                    await ending
            assert await election.while_leading(work) is None and work.cancelled
    lead(part)


def test_the_work_is_cancelled_with_the_wait(lead):
    async def part(election):
        work = Work()
        async with anyio.create_task_group() as group:
            group.start_soon(election.while_leading, work)
            await work.began.wait()
            await settled()
            group.cancel_scope.cancel()
        assert work.cancelled and election.is_leader
    lead(part)


def test_nothing_begins_where_it_does_not_lead(lead, elect):
    async def part(election):
        async with elect() as second:
            work = Work()
            with pytest.raises(leaderlife.StateError, match="not leading"):
                await second.while_leading(work)
            assert not work.began.is_set()
        await election.aresign()
        with pytest.raises(leaderlife.StateError, match="resigned"):
            await election.while_leading(work)
    lead(part)


def test_a_coroutine_is_no_work(lead):
    async def part(election):
        coroutine = Work()("token")
        with pytest.raises(TypeError, match="an async function of the token, not coroutine"):
            await election.while_leading(coroutine)
        coroutine.close()
    lead(part)
