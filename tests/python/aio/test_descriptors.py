# SPDX-License-Identifier: Apache-2.0
"""A program that closes the election's descriptors under its loop: nothing is readable any more, and yet every wait
ends, and whoever has the numbers then is left alone, in the loop too."""

import asyncio
import os
import socket

import leaderlife
import pytest


def numbers():
    return {number for number in range(2048) if os.path.exists(f"/proc/self/fd/{number}")}


def close_since(before):
    """Those of the election: the loop's own are older."""
    for number in numbers() - before:
        os.close(number)


def take(number):
    """Puts a socket in its place; returns that and its peer."""
    ours, theirs = socket.socketpair()
    if ours.fileno() != number:
        os.dup2(ours.fileno(), number)
        ours.close()
        ours = socket.socket(fileno=number)
    ours.setblocking(False)
    theirs.setblocking(False)
    return ours, theirs


def test_a_leader(runner, elect):
    async def play():
        before = numbers()
        async with elect() as election:
            await election.become()
            fd = election.fileno()
            close_since(before)
            with pytest.raises(leaderlife.LostError, match="the program has closed the lock's descriptor"):
                await election.while_leading(asyncio.Event().wait())
            assert election.state == "lost" and not election.is_leader
            ours, theirs = take(fd)
            loop = asyncio.get_running_loop()
            theirs.send(b"x")
            assert await loop.sock_recv(ours, 9) == b"x"  # the number is free for the loop, too
            await election.aclose()
            theirs.send(b"y")
            assert await loop.sock_recv(ours, 9) == b"y"
            ours.close()
            theirs.close()

    runner.run(play())


def test_a_number_that_is_taken_at_once(runner, elect):
    async def play():
        before = numbers()
        async with elect() as election:
            await election.become()
            fd = election.fileno()
            close_since(before)
            ours, theirs = take(fd)
            with pytest.raises(leaderlife.LostError):
                await election.until_lost()
        with pytest.raises(BlockingIOError):
            theirs.recv(1)
        theirs.send(b"x")
        assert ours.recv(9) == b"x"
        ours.close()
        theirs.close()

    runner.run(play())


def test_a_standby(runner, elect, rival):
    async def play():
        before = numbers()
        async with elect() as election:
            waiting = asyncio.ensure_future(election.become())
            async for event in election:
                if event.state == "standby":
                    break
            close_since(before)
            with pytest.raises(leaderlife.ResourceError, match="the program has closed"):
                await waiting
            assert election.state == "failed"

    runner.run(play())
