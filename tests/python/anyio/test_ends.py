# SPDX-License-Identifier: Apache-2.0
"""Ends: what is held is given back (P10) whatever is cancelled or fails, the loop lets go of the descriptor before its
number is another file's, and nothing is left."""

import os
import socket
import traceback

import anyio
import leaderlife
import leaderlife.anyio
import pytest
import sniffio
from test_waits import settled, standing_by


def test_another_file_with_the_same_number_is_not_ours(run, elect):
    async def play():
        async with elect() as election:
            await election.become()
            await settled()
            fd = election.fileno()
        read, write = os.pipe()
        os.dup2(read, fd)
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.wait_readable, fd)
            await settled()
            os.write(write, b"x")
        for used in {read, write, fd}:
            os.close(used)

    run(play)


def test_a_close_in_the_block_frees_the_number(run, elect):
    """Though the task that drives it waited for it: trio and anyio allow one waiter for each number."""
    async def play():
        async with elect() as election:
            await election.become()
            await settled()
            fd = election.fileno()
            await election.aclose()
            read, write = os.pipe()
            os.dup2(read, fd)
            os.write(write, b"x")
            await anyio.wait_readable(fd)
            for used in {read, write, fd}:
                os.close(used)

    run(play)


def test_closed_twice_and_by_two_at_a_time(run, elect, is_free):
    async def play():
        async with elect() as election:
            await election.become()
            async with anyio.create_task_group() as group:
                group.start_soon(election.aclose)
                group.start_soon(election.aclose)
            await election.aclose()
            election.close()
            assert election.state == "closed"
            with pytest.raises(leaderlife.ClosedError):
                await election.become()
        with pytest.raises(leaderlife.ClosedError):
            async with election:
                pass

    run(play)
    assert is_free()


def test_a_cancelled_close_goes_on(run, elect, slow_end, is_free):
    async def play():
        async with elect() as election:
            await election.become()
            with anyio.move_on_after(0.01) as limit:
                await election.aclose()
            assert limit.cancelled_caught and election.state == "resigning"
            slow_end(election)
            await election._until(lambda: election._handle is None)

    run(play)
    assert is_free()


def test_close_in_the_loop_does_not_wait(run, elect, slow_end, is_free):
    async def play():
        async with elect() as election:
            await election.become()
            election.close()
            assert election.state == "resigning" and not election.is_leader
            async with anyio.create_task_group() as group:
                group.start_soon(election.aclose)
                await settled()
                slow_end(election)
            assert election._handle is None

    run(play)
    assert is_free()


def test_the_limit_of_one_close_ends_the_others_too(run, elect, slow_end):
    async def play():
        async with elect() as election:
            await election.become()
            async with anyio.create_task_group() as group:
                group.start_soon(election.aclose, 0.01)
                group.start_soon(election.aclose, 1000)
            assert election._handle is None

    run(play)


def test_a_cancelled_resignation_goes_on(run, elect, slow_end):
    async def play():
        async with elect() as election:
            await election.become()
            with pytest.raises(TimeoutError), anyio.fail_after(0.01):
                await election.aresign()
            assert election.state == "resigning" and not election.is_leader
            slow_end(election)
            await election.aresign()
            assert election.state == "resigned"

    run(play)


def test_wait_would_stop_the_loop(run, elect):
    async def play():
        async with elect() as election:
            with pytest.raises(leaderlife.StateError, match="would stop the event loop"):
                election.wait()

    run(play)


def test_only_its_block_starts_it(run, elect):
    election = elect()
    with pytest.raises(leaderlife.StateError, match="not started: use `async with`"):
        election.start()

    async def play():
        for wait in (election.become, election.until_lost, election.__anext__):
            with pytest.raises(leaderlife.StateError, match="not started: use `async with`"):
                await wait()
        async with election:  # though it was made before the loop
            await election.become()
        unused = elect()
        await unused.aclose()
        assert unused.state == "closed"

    run(play)


def test_one_block_is_all(run, elect):
    async def play():
        async with elect() as election:
            with pytest.raises(leaderlife.StateError, match="make a new one"):
                async with election:
                    pass
            await election.become()

    run(play)


def test_a_start_that_fails_leaves_nothing(run, elect, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", "/nonexistent")  # alone it is a contradiction

    async def play():
        election = elect(backend="auto")
        with pytest.raises(leaderlife.ConfigError):
            async with election:
                pass
        assert election._handle is None

    run(play)


def test_a_campaign_that_fails(run, elect):
    async def play():
        async with elect(backend="kubernetes", pod_name="a", pod_uid="u", kubeconfig="/nonexistent") as election:
            for _ in range(2):
                with pytest.raises(leaderlife.ConfigError, match="cannot read kubeconfig"):
                    await election.become()
                with pytest.raises(leaderlife.ConfigError, match="cannot read kubeconfig"):
                    await election.until_lost()

    run(play)


def test_a_failure_of_the_task_cancels_the_block_and_is_raised(run, elect, is_free, monkeypatch):
    """Nobody works as the leader of an election that nobody drives; and what is held is given back."""
    calls, ends = [], []

    async def work(token):
        try:
            await anyio.sleep(600)
        finally:
            ends.append(token)

    async def play():
        async with elect() as election:
            await election.become()
            with monkeypatch.context() as patch:
                patch.setattr(leaderlife.capi, "Election_process", lambda _: calls.append(None) or 1 // 0)
                election.wakeup()
                async with anyio.create_task_group() as group:
                    group.start_soon(election.while_leading, work)
                    group.start_soon(anyio.sleep, 600)

    with pytest.raises(ZeroDivisionError):
        run(play)
    assert len(calls) == 1 and len(ends) == 1
    assert is_free()


def test_what_a_logger_raises_ends_the_block(run, elect):
    class Logger:
        def log(self, level, *said):
            if said[-1].endswith("boom"):
                raise OSError("the disk is full")

    async def play():
        async with elect(logger=Logger()) as election:
            await election.become()
            process, election.process = election.process, lambda: election._logger.log(30, "boom")
            election.wakeup()
            try:
                await anyio.sleep(600)
            finally:
                election.process = process

    with pytest.raises(OSError, match="the disk is full"):
        run(play)


def test_a_second_loop_is_refused(run, loop, elect):
    """In another thread, while the first one runs."""
    async def elsewhere(election):
        for wait in (election.become, election.until_lost, election.aclose, election.__anext__):
            with pytest.raises(leaderlife.StateError, match="belongs to another event loop"):
                await wait()

    async def play():
        async with elect() as election:
            await election.become()
            for backend in ("trio", "asyncio"):
                await anyio.to_thread.run_sync(lambda: anyio.run(elsewhere, election, backend=backend))
            assert election.is_leader

    run(play)


def test_without_a_loop_or_in_one_of_another_kind(elect):
    for library in (None, "curio"):
        beginning = elect().__aenter__()
        token = sniffio.current_async_library_cvar.set(library)
        try:
            with pytest.raises(leaderlife.StateError, match="no event loop of trio or asyncio runs here"):
                beginning.send(None)
        finally:
            sniffio.current_async_library_cvar.reset(token)


def test_a_forked_child_leaves_the_parents_loop_alone(run, elect, rival):
    """They share the loop's epoll: the child could take the parent's descriptor out of it."""
    def refused(wait):
        with pytest.raises(leaderlife.ForkError, match="make one in this process, after the fork"):
            wait.send(None)

    def child(election):
        for wait in (election.become(), election.until_lost(), anext(election), election.while_leading(anyio.sleep)):
            refused(wait)
        with pytest.raises(leaderlife.ForkError):
            election.process()
        end = election.__aexit__(None, None, None)
        with pytest.raises(StopIteration):
            end.send(None)
        assert election.state == "closed"

    async def play():
        async with elect() as election:
            await standing_by(election)
            pid = os.fork()
            if pid == 0:
                status = 1
                try:
                    child(election)
                    status = 0
                except BaseException:
                    traceback.print_exc()
                finally:
                    os._exit(status)
            assert os.waitpid(pid, 0)[1] == 0
            rival.kill()
            await election.become()

    run(play)


# ---- Programs that close what is not theirs ----

def numbers():
    return {number for number in range(2048) if os.path.exists(f"/proc/self/fd/{number}")}


def close_since(before):
    """Those of the election: the loop's own are older."""
    for number in numbers() - before:
        os.close(number)


def test_a_leader_whose_descriptors_the_program_has_closed(run, elect):
    async def play():
        before = numbers()
        async with elect() as election:
            await election.become()
            await settled()
            fd = election.fileno()
            close_since(before)
            with pytest.raises(leaderlife.LostError, match="the program has closed the lock's descriptor"):
                await election.while_leading(lambda token: anyio.sleep(600))
            assert election.state == "lost" and not election.is_leader
            ours, theirs = socket.socketpair()
            os.dup2(ours.fileno(), fd)
            theirs.send(b"x")
            await anyio.wait_readable(fd)  # the number is free for the loop, too
            await election.aclose()
            assert os.read(fd, 9) == b"x"
            if ours.fileno() != fd:
                os.close(fd)
            ours.close()
            theirs.close()

    run(play)


def test_a_standby_whose_descriptors_the_program_has_closed(run, elect, rival):
    async def play():
        before = numbers()
        async with elect() as election:
            await standing_by(election)
            close_since(before)
            with pytest.raises(leaderlife.ResourceError, match="the program has closed"):
                await election.become()
            assert election.state == "failed"

    run(play)
