# SPDX-License-Identifier: Apache-2.0
"""Ends: what is held is given back (P10) whatever is cancelled or fails, the descriptor leaves the loop before its
number is another file's, and nothing is left."""

import asyncio
import os

import leaderlife
import leaderlife.aio
import pytest


def test_the_loop_lets_go_of_the_descriptor_before_it_is_closed(runner, elect, is_watched, monkeypatch):
    seen = []
    free = leaderlife.capi.Election_free

    async def play():
        async with elect() as election:
            await election.become()
            await asyncio.sleep(0)
            fd = election.fileno()
            seen.append(is_watched(fd))
            monkeypatch.setattr(leaderlife._owner.Handle, "_free",
                                staticmethod(lambda handle: (seen.append(is_watched(fd)), free(handle))))

    runner.run(play())
    assert seen == [True, False]


def test_another_file_with_the_same_number_is_not_ours(runner, elect):
    async def play():
        async with elect() as election:
            await election.become()
            fd = election.fileno()
        read, write = os.pipe()
        os.dup2(read, fd)
        woken = asyncio.Event()
        asyncio.get_running_loop().add_reader(fd, woken.set)
        os.write(write, b"x")
        await woken.wait()
        asyncio.get_running_loop().remove_reader(fd)
        for used in {read, write, fd}:
            os.close(used)

    runner.run(play())


def test_closed_twice_and_by_two_at_a_time(runner, elect, is_free):
    async def play():
        async with elect() as election:
            await election.become()
            await asyncio.gather(election.aclose(), election.aclose())
            await election.aclose()
            election.close()
            assert election.state == "closed"
            with pytest.raises(leaderlife.ClosedError):
                election.start()

    runner.run(play())
    assert is_free()


def test_a_cancelled_close_goes_on(runner, elect, slow_end, is_free):
    async def play():
        election = elect()
        await election.become()
        closing = asyncio.create_task(election.aclose())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        assert election.state == "resigning"
        slow_end(election)
        await election._until(lambda: election._handle is None)

    runner.run(play())
    assert is_free()


def test_a_cancelled_context_goes_on(runner, elect, slow_end, is_free):
    """Cancelled twice: in the block, and while it gives back."""
    async def hold(election):
        async with election:
            await election.become()
            await election.until_lost()

    async def play():
        election = elect()
        task = asyncio.create_task(hold(election))
        while not election.is_leader:
            await asyncio.sleep(0)
        task.cancel()
        while election.state != "resigning":
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        slow_end(election)
        await election.aclose()
        assert election._handle is None

    runner.run(play())
    assert is_free()


def test_close_in_the_loop_does_not_wait(runner, elect, slow_end, is_free):
    async def play():
        with elect() as election:
            await election.become()
        assert election.state == "resigning" and not election.is_leader
        closing = asyncio.create_task(election.aclose())
        await asyncio.sleep(0)
        slow_end(election)
        await closing
        assert election._handle is None

    runner.run(play())
    assert is_free()


def test_close_has_a_limit_of_time(runner, elect, slow_end):
    async def play():
        election = elect()
        await election.become()
        await election.aclose(timeout=0.01)
        assert election._handle is None

    runner.run(play())


def test_the_limit_of_one_close_ends_the_others_too(runner, elect, slow_end):
    async def play():
        election = elect()
        await election.become()
        await asyncio.gather(election.aclose(timeout=0.01), election.aclose(timeout=1000))
        assert election._handle is None

    runner.run(play())


def test_a_cancelled_resignation_goes_on(runner, elect, slow_end):
    async def play():
        async with elect() as election:
            await election.become()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await election.aresign()
            assert election.state == "resigning" and not election.is_leader
            slow_end(election)
            await election.aresign()
            assert election.state == "resigned"

    runner.run(play())


def test_close_after_the_loop_waits(runner, elect, is_free):
    election = elect()
    runner.run(election.become())
    assert election.is_leader and not is_free()
    election.close()
    assert election.state == "closed"
    assert is_free()


def test_waiters_of_a_dead_loop_do_not_keep_it_from_closing(runner, elect):
    election = elect()
    loop = runner.new_loop()
    loop.run_until_complete(election.become())
    waiting = loop.create_task(election.until_lost())
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    election.close()
    assert election.state == "closed"
    waiting._log_destroy_pending = False


def test_wait_would_stop_the_loop(runner, elect):
    async def play():
        async with elect() as election:
            with pytest.raises(leaderlife.StateError, match="would stop the event loop"):
                election.wait()

    runner.run(play())


def test_an_election_made_before_the_loop_runs(runner, elect):
    election = elect()
    with pytest.raises(leaderlife.StateError, match="no event loop is running"):
        election.start()

    async def play():
        async with election:
            await election.become()

    runner.run(play())


def test_an_election_that_was_never_started(runner, elect):
    async def play():
        for wait in (elect().until_lost(), anext(elect())):
            with pytest.raises(leaderlife.StateError, match="was not started"):
                await wait
        election = elect()
        await election.aclose()
        assert election.state == "closed"
        assert [event async for event in election if event.state != "closed"] == []

    runner.run(play())


def test_a_second_loop_is_refused(runner, elect):
    election = elect()
    runner.run(election.become())

    async def play():
        for wait in (election.become(), election.until_lost(), election._until(bool), election.aclose()):
            with pytest.raises(leaderlife.StateError, match="belongs to another event loop"):
                await wait
        election.close()

    runner.run(play())
    assert election.state == "closed"


def test_a_second_start_is_refused_and_does_no_harm(runner, elect, rival):
    async def play():
        async with elect() as election:
            with pytest.raises(leaderlife.StateError):
                election.start()
            rival.kill()
            await election.become()

    runner.run(play())


def test_a_start_that_fails_leaves_nothing(runner, elect, is_watched, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", "/nonexistent")  # alone it is a contradiction

    async def play():
        election = elect(backend="auto")
        with pytest.raises(leaderlife.ConfigError):
            async with election:
                pass
        assert election._handle is None
        election = elect(backend="auto")
        for _ in range(2):
            with pytest.raises(leaderlife.ConfigError):
                await election.become()
        await asyncio.sleep(0)
        assert not is_watched(election.fileno())
        await election.aclose()

    runner.run(play())


def test_a_campaign_that_fails(runner, elect):
    async def play():
        async with elect(backend="kubernetes", pod_name="a", pod_uid="u", kubeconfig="/nonexistent") as election:
            for _ in range(2):
                with pytest.raises(leaderlife.ConfigError, match="cannot read kubeconfig"):
                    await election.become()
                with pytest.raises(leaderlife.ConfigError, match="cannot read kubeconfig"):
                    await election.until_lost()

    runner.run(play())


def test_a_failure_inside_the_loop_is_told_to_all_once(runner, elect, is_free, monkeypatch):
    """Nothing spins, nobody waits for ever, and what is held can still be given back."""
    calls = []

    def fail(_):
        calls.append(None)
        raise leaderlife.ResourceError("no memory", -8)

    async def play():
        async with elect() as election:
            await election.become()
            waiting = [asyncio.create_task(election.until_lost()) for _ in range(2)]
            await asyncio.sleep(0)
            with monkeypatch.context() as patch:
                patch.setattr(leaderlife.capi, "Election_process", fail)
                election.wakeup()
                told = await asyncio.gather(*waiting, return_exceptions=True)
                for _ in range(10):
                    await asyncio.sleep(0)
            assert [type(error) for error in told] == [leaderlife.ResourceError] * 2
            assert len(calls) == 1
            with pytest.raises(leaderlife.ResourceError):
                await election.until_lost()

    runner.run(play())
    runner.expect_complaint(leaderlife.ResourceError)
    assert is_free()


def test_a_close_after_a_failure_is_driven_again(runner, elect, slow_end, is_free, monkeypatch):
    async def play():
        election = elect()
        await election.become()
        with monkeypatch.context() as patch:
            patch.setattr(leaderlife.capi, "Election_process", lambda _: 1 // 0)
            election.wakeup()
            with pytest.raises(ZeroDivisionError):
                await election.until_lost()
        closing = asyncio.create_task(election.aclose(timeout=1000))
        await asyncio.sleep(0)
        assert election.state == "resigning"
        slow_end(election)
        await closing

    runner.run(play())
    runner.expect_complaint(ZeroDivisionError)
    assert is_free()


def test_a_forked_child_leaves_the_parents_loop_alone(runner, elect, rival):
    """They share the loop's epoll: the child could take the parent's descriptor out of it."""
    def child(election):
        with pytest.raises(leaderlife.ForkError):
            election.process()
        election.close()
        assert election.state == "closed"

    async def play():
        async with elect() as election:
            await anext(election)
            pid = os.fork()
            if pid == 0:
                status = 1
                try:
                    child(election)
                    status = 0
                finally:
                    os._exit(status)
            assert os.waitpid(pid, 0)[1] == 0
            rival.kill()
            await election.become()

    runner.run(play())
