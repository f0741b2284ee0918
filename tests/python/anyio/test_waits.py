# SPDX-License-Identifier: Apache-2.0
"""Waiting in tasks: for leadership, for its end, for events; many at a time, with limits, and cancelled. (P1: one leads
at a time; P10: who resigns makes room.)"""

import asyncio

import anyio
import leaderlife
import pytest
import trio
from anyio.lowlevel import checkpoint


async def standing_by(election):
    """Until it has seen that another leads."""
    async for event in election:
        if election.holder is not None and event.state == "standby":
            return


async def states(election, last, seen):
    """Those that its events tell of, up to that one."""
    async for event in election:
        if event.kind == "state":
            seen.append(event.state)
            if event.state == last:
                return


async def settled():
    """Until tasks that were begun wait."""
    for _ in range(5):
        await checkpoint()


def test_becomes_leader_and_gives_back(run, elect, is_free):
    async def play():
        async with elect() as election:
            assert await election.become() is election
            assert election.is_leader and election.token
            return election.token

    first = run(play)
    assert is_free()
    assert leaderlife.token_compare(first, run(play)) < 0


def test_takes_over_from_a_leader_that_was_killed(run, elect, rival):
    async def play():
        async with elect() as election:
            await standing_by(election)
            assert election.holder.startswith(rival.holder) and election.is_ready and not election.is_leader
            rival.kill()
            await election.become()
            assert leaderlife.token_compare(rival.token, election.token) < 0

    run(play)


def test_two_contend_in_one_loop(run, elect):
    async def play():
        async with elect() as first:
            await first.become()
            async with elect() as second, anyio.create_task_group() as group:
                await standing_by(second)
                group.start_soon(second.become)
                await first.aresign()
                assert first.state == "resigned"
                await second.become()
                assert second.is_leader and not first.is_leader

    run(play)


def test_it_is_driven_while_nobody_waits(run, elect, rival):
    async def play():
        async with elect() as election:
            rival.kill()
            while not election.is_leader:
                await anyio.sleep(0.01)

    run(play)


def test_a_limit_of_time_leaves_the_campaign_running(run, elect, rival):
    async def play():
        async with elect() as election:
            with pytest.raises(leaderlife.TimeoutError, match="the campaign goes on"):
                await election.become(0)
            with pytest.raises(TimeoutError):
                await election.become(timeout=0.01)
            await standing_by(election)
            rival.kill()
            await election.become(timeout=60)

    run(play)


def test_no_limit_is_too_short_for_a_free_lock(run, elect):
    async def play():
        async with elect() as election:
            await election.become(timeout=0)

    run(play)


def test_waits_that_were_cut_short_leave_nothing_behind(run, elect, rival):
    async def play():
        async with elect() as election:
            for _ in range(100):
                with anyio.move_on_after(0) as cut:
                    await election.become()
                assert cut.cancelled_caught
            assert election._stepped.statistics().tasks_waiting == 0
            rival.kill()
            await election.become()

    run(play)


def test_a_wait_looks_only_when_something_has_happened(run, elect, rival):
    """And once a second."""
    async def play():
        looks = []
        async with elect() as election:
            await standing_by(election)
            with anyio.move_on_after(0.3):
                await election._until(lambda: looks.append(None))
        assert 1 <= len(looks) < 30

    run(play)


def test_each_wait_can_be_cancelled_at_once(run, elect):
    """As trio and anyio have it: also a wait with nothing to wait for."""
    async def play():
        async with elect() as election:
            await election.become()
            for wait in (election.become, election.aresign, election.until_lost, election.__anext__):
                with anyio.CancelScope() as scope:
                    scope.cancel()
                    await wait()
                assert scope.cancelled_caught, wait

    run(play)


def test_many_tasks_wait_at_a_time(run, elect, rival):
    async def play():
        led, seen, ended = [], [], []

        async def become(election):
            led.append(await election.become())

        async def until_lost(election):
            ended.append(await election.until_lost())

        async with elect() as election:
            await standing_by(election)
            async with anyio.create_task_group() as group:
                for _ in range(5):
                    group.start_soon(become, election)
                group.start_soon(states, election, "leader", seen)
                await settled()
                assert led == []
                rival.kill()
            assert led == [election] * 5 and seen[-1] == "leader"
            async with anyio.create_task_group() as group:
                for _ in range(5):
                    group.start_soon(until_lost, election)
                await settled()
                await election.aresign()
            assert ended == [None] * 5

    run(play)


def test_events_come_in_order_and_end_with_the_close(run, elect):
    async def play():
        election, seen = elect(), []
        async with anyio.create_task_group() as group, election:
            group.start_soon(states, election, None, seen)
            await election.become()
            await election.aresign()
        assert seen == ["starting", "standby", "leader", "resigning", "resigned", "closed"]
        with pytest.raises(StopAsyncIteration):
            await anext(election)

    run(play)


def test_a_cancelled_wait_loses_no_event(run, elect):
    """The task is woken for an event, and cancelled before it has run: it gets the event, or leaves it to the next."""
    async def play():
        seen = []

        async def read_one(election):
            seen.append(await anext(election))

        async with elect() as election:
            await election.become()
            list(election.events())
            async with anyio.create_task_group() as group:
                group.start_soon(read_one, election)
                await settled()
                election.resign()
                group.cancel_scope.cancel()
            await election.aresign()
            seen += election.events()
            assert [event.state for event in seen if event.kind == "state"] == ["resigning", "resigned"]

    run(play)


def test_an_iteration_outlives_limits_of_time(run, elect, rival):
    async def play():
        async with elect() as election:
            await standing_by(election)
            list(election.events())
            for _ in range(3):
                with pytest.raises(TimeoutError), anyio.fail_after(0.01):
                    await anext(election)
            rival.kill()
            await states(election, "leader", [])

    run(play)


def test_whoever_processes_all_waiters_see_it(run, elect):
    """process() in one task takes the events away from the descriptor that the loop watches."""
    async def play():
        async with elect() as election, anyio.create_task_group() as group:
            group.start_soon(election.become)
            group.start_soon(states, election, "leader", [])
            await checkpoint()
            while not election.is_leader:
                election.process()

    run(play)


def test_a_limit_around_a_block(run, elect, is_free):
    async def play():
        with pytest.raises(TimeoutError), anyio.fail_after(0.05):
            async with elect() as election:
                await election.become()
                await election.until_lost()
        assert election.state == "closed"

    run(play)
    assert is_free()


def test_a_block_raises_what_was_raised_in_it(run, elect, is_free):
    """And no group of exceptions, though a task drives it."""
    async def play():
        async with elect() as election:
            await election.become()
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        run(play)
    assert is_free()


def test_a_failing_task_group_gives_back(run, elect, is_free):
    async def fail():
        raise ValueError

    async def play():
        async with elect() as election:
            await election.become()
            async with anyio.create_task_group() as group:
                group.start_soon(election.until_lost)
                group.start_soon(fail)

    with pytest.raises(ExceptionGroup) as caught:
        run(play)
    assert [type(error) for error in caught.value.exceptions] == [ValueError]
    assert is_free()


def test_a_loss_is_told_to_all_even_after_the_close(run, elect, lose):
    async def play():
        told = []

        async def until_lost(election):
            with pytest.raises(leaderlife.LostError, match="taken away") as caught:
                await election.until_lost()
            told.append(caught.value)

        async with elect() as election:
            await election.become()
            async with anyio.create_task_group() as group:
                for _ in range(2):
                    group.start_soon(until_lost, election)
                await settled()
                lose(election)
                election.close()
        assert len(told) == 2 and told[0] is not told[1], "one exception would collect the frames of both"

    run(play)


def test_a_campaign_that_is_closed_meanwhile_ends_the_wait(run, elect, rival):
    async def play():
        async def become(election):
            with pytest.raises(leaderlife.StateError, match="the election is closed"):
                await election.become()

        async with elect() as election:
            await standing_by(election)
            async with anyio.create_task_group() as group:
                group.start_soon(become, election)
                await settled()
                await election.aclose()

    run(play)


def test_each_loop_is_the_one_that_it_is_called(run, loop):
    async def play():
        if loop == "trio":
            return type(trio.lowlevel.current_trio_token()).__module__.partition(".")[0]
        return type(asyncio.get_running_loop()).__module__.partition(".")[0]

    assert run(play) == loop
