# SPDX-License-Identifier: Apache-2.0
"""Blocks that are cancelled while they end: what is held is given back (P10), and no end lasts for ever."""

import anyio
import leaderlife
import leaderlife.anyio
import pytest
from anyio.lowlevel import checkpoint


def test_a_cancelled_block_gives_back_and_waits_for_it(run, elect, slow_end, is_free):
    """Cancelled before, and so all the time in which it gives back."""
    async def play():
        election = elect()

        async def hold():
            async with election:
                await election.become()
                await election.until_lost()

        async with anyio.create_task_group() as group:
            @group.start_soon
            async def release_later():
                with anyio.CancelScope(shield=True):
                    while election.state != "resigning":
                        await anyio.sleep(0.01)
                    assert not election.is_leader
                    slow_end(election)
            group.start_soon(hold)
            while not election.is_leader:
                await anyio.sleep(0.01)
            group.cancel_scope.cancel()
        assert election._handle is None

    run(play)
    assert is_free()


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"], indirect=True)
def test_cancellations_of_asyncio_leave_the_end_its_limit(run, elect, slow_end, monkeypatch):
    """asyncio's own Task.cancel() heeds no shield: again and again while a block gives back to a silent server."""
    monkeypatch.setattr(leaderlife._election, "CLOSE_SECONDS", 1.0)

    async def hold():
        async with elect() as election:
            await election.become()
            await anyio.sleep_forever()

    async def play():
        import asyncio

        task = asyncio.ensure_future(hold())
        await anyio.sleep(0.1)
        for _ in range(3):
            task.cancel()
            await anyio.sleep(0.1)
        assert not task.done()
        done, _ = await asyncio.wait([task], timeout=20)
        assert done and task.cancelled()

    run(play)


@pytest.mark.parametrize("cancelled", [False, True])
def test_a_block_that_cannot_give_back_ends_all_the_same(run, elect, slow_end, monkeypatch, cancelled):
    aclose = leaderlife.anyio.Election.aclose
    monkeypatch.setattr(leaderlife.anyio.Election, "aclose", lambda self, timeout=None: aclose(self, 0.05))

    async def play():
        with anyio.CancelScope() as scope:
            async with elect() as election:
                await election.become()
                if cancelled:
                    scope.cancel()
                    await checkpoint()
        assert election._handle is None and scope.cancelled_caught == cancelled

    run(play)
