# SPDX-License-Identifier: Apache-2.0
"""Waiting in tasks: for leadership, for its end, for events; many at a time, with limits, and cancelled. (P1: one leads
at a time; P10: who resigns makes room.)"""

import asyncio

import leaderlife
import leaderlife.aio
import pytest


async def standing_by(election):
    """Until it has seen that another leads."""
    async for event in election:
        if election.holder is not None and event.state == "standby":
            return


def test_becomes_leader_and_gives_back(runner, elect, is_free):
    async def play():
        async with elect() as election:
            assert await election.become() is election
            assert election.is_leader and election.token
            return election.token

    first = runner.run(play())
    assert is_free()
    assert leaderlife.token_compare(first, runner.run(play())) < 0


def test_takes_over_from_a_leader_that_was_killed(runner, elect, rival):
    async def play():
        async with elect() as election:
            await standing_by(election)
            assert election.holder.startswith(rival.holder) and election.is_ready and not election.is_leader
            rival.kill()
            await election.become()
            assert leaderlife.token_compare(rival.token, election.token) < 0

    runner.run(play())


def test_two_contend_in_one_loop(runner, elect):
    async def play():
        async with elect() as first, elect() as second:
            await first.become()
            await standing_by(second)
            waiting = asyncio.create_task(second.become())
            await first.aresign()
            assert first.state == "resigned"
            await waiting
            assert second.is_leader

    runner.run(play())


def test_a_limit_of_time_leaves_the_campaign_running(runner, elect, rival):
    async def play():
        async with elect() as election:
            with pytest.raises(leaderlife.TimeoutError, match="the campaign goes on"):
                await election.become(0)
            with pytest.raises(TimeoutError):
                await election.become(timeout=0.01)
            await standing_by(election)
            rival.kill()
            await election.become(timeout=60)

    runner.run(play())


def test_no_limit_is_too_short_for_a_free_lock(runner, elect):
    async def play():
        async with elect() as election:
            await election.become(timeout=0)

    runner.run(play())


def test_waits_that_were_cut_short_leave_nothing_behind(runner, elect, rival):
    async def play():
        async with elect() as election:
            for _ in range(100):
                with pytest.raises(leaderlife.TimeoutError):
                    await election.become(0)
                waiting = asyncio.create_task(election.become())
                await asyncio.sleep(0)
                waiting.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await waiting
            assert not election._stepped._waiters

    runner.run(play())


def test_many_tasks_wait_at_a_time(runner, elect, rival):
    async def play():
        async with elect() as election, asyncio.TaskGroup() as group:
            await standing_by(election)
            tasks = [group.create_task(election.become()) for _ in range(5)]
            reading = group.create_task(states(election, "leader"))
            await asyncio.sleep(0)
            rival.kill()
            assert await asyncio.gather(*tasks) == [election] * 5
            lost = [group.create_task(election.until_lost()) for _ in range(5)]
            await reading
            await election.aresign()
            assert await asyncio.gather(*lost) == [None] * 5

    runner.run(play())


async def states(election, last):
    """Those that its events tell of, up to that one."""
    seen = []
    async for event in election:
        if event.kind == "state":
            seen.append(event.state)
            if event.state == last:
                break
    return seen


def test_events_come_in_order_and_end_with_the_close(runner, elect):
    async def play():
        election = elect()
        async with election:
            reading = asyncio.create_task(states(election, None))
            await election.become()
            await election.aresign()
        assert await reading == ["starting", "standby", "leader", "resigning", "resigned", "closed"]
        with pytest.raises(StopAsyncIteration):
            await anext(election)

    runner.run(play())


def test_a_cancelled_wait_loses_no_event(runner, elect):
    """The task is woken for an event, and cancelled before it has run."""
    async def play():
        async with elect() as election:
            await election.become()
            list(election.events())
            waiting = asyncio.create_task(anext(election))
            await asyncio.sleep(0)
            election.resign()
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            assert (await anext(election)).state == "resigning"

    runner.run(play())


def test_an_iteration_outlives_limits_of_time(runner, elect, rival):
    async def play():
        async with elect() as election:
            await standing_by(election)
            iterator = aiter(election)
            list(election.events())
            for _ in range(3):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(anext(iterator), 0.01)
            rival.kill()
            assert "leader" in await states(iterator, "leader")

    runner.run(play())


def test_whoever_processes_all_waiters_see_it(runner, elect):
    """process() in one task takes the events away from the descriptor that the loop watches."""
    async def play():
        async with elect() as election:
            waiting = asyncio.create_task(election.become())
            reading = asyncio.create_task(states(election, "leader"))
            await asyncio.sleep(0)
            while not election.is_leader:
                election.process()
            await waiting
            await reading

    runner.run(play())


def test_a_timeout_around_a_wait(runner, elect, is_free):
    async def play():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05), elect() as election:
                await election.become()
                await election.until_lost()
        assert election.state == "closed"

    runner.run(play())
    assert is_free()


def test_a_failing_task_group_gives_back(runner, elect, is_free):
    async def fail():
        raise ValueError

    async def play():
        async with elect() as election:
            await election.become()
            async with asyncio.TaskGroup() as group:
                group.create_task(election.until_lost())
                group.create_task(fail())

    with pytest.raises(ExceptionGroup) as caught:
        runner.run(play())
    assert [type(error) for error in caught.value.exceptions] == [ValueError]
    assert is_free()


def test_a_loss_is_told_to_all_even_after_the_close(runner, elect, monkeypatch):
    """The embedded lock cannot be lost, so the event is made up."""
    def lose(election):
        lost = object.__new__(leaderlife.Event)
        lost.kind, lost.state, lost.error = "state", "lost", leaderlife.LostError("taken away", -25)
        election._keep(lost)
        election.close()

    async def play():
        election = elect()
        await election.become()
        waiting = [asyncio.create_task(election.until_lost()) for _ in range(2)]
        await asyncio.sleep(0)
        lose(election)
        told = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(error) for error in told] == [leaderlife.LostError] * 2
        assert [str(error) for error in told] == ["taken away"] * 2
        assert told[0] is not told[1], "one exception would collect the frames of both"

    runner.run(play())


def test_a_campaign_that_is_closed_meanwhile_ends_the_wait(runner, elect, rival):
    async def play():
        async with elect() as election:
            await standing_by(election)
            waiting = asyncio.create_task(election.become())
            await asyncio.sleep(0)
            await election.aclose()
            with pytest.raises(leaderlife.StateError, match="the election is closed"):
                await waiting

    runner.run(play())


def test_events_that_nobody_reads_are_bounded(runner, elect):
    async def play():
        async with elect(log_level="debug") as election:
            await election.become()
            event = next(election.events())
            for _ in range(2000):
                election._keep(event)
            assert len(election._queue) <= 512

    runner.run(play())
