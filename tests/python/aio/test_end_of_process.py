# SPDX-License-Identifier: Apache-2.0
"""Programs that end in the middle of things: silent, under -X dev and with warnings as errors, and the lock is free."""

import subprocess
import sys
import textwrap

import pytest

HANG = 60

BEGIN = """
import asyncio, signal, sys
import leaderlife.aio

if sys.argv[2] == "uvloop":
    import uvloop
    new_loop = uvloop.new_event_loop
else:
    new_loop = asyncio.new_event_loop

def run(play):
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(play)

election = leaderlife.aio.Election(sys.argv[1], backend="local")
"""

ENDS = {
    "a live election": """
        run(election.become())
        """,
    "a live election that is closed after the loop": """
        run(election.become())
        election.close()
        """,
    "a cancelled task": """
        async def play():
            await election.become()
            asyncio.create_task(election.until_lost())
            await asyncio.sleep(0)
        run(play())
        """,
    "an iteration under way": """
        async def play():
            await election.become()
            async for event in election:
                if event.state == "leader":
                    return
        run(play())
        """,
    "Ctrl-C": """
        async def play():
            async with election:
                await election.become()
                signal.raise_signal(signal.SIGINT)
                await election.until_lost()
        try:
            run(play())
        except KeyboardInterrupt:
            assert election.state == "closed"
        else:
            raise AssertionError("not interrupted")
        """,
}


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("end", ENDS)
def test_the_end_is_silent(end, loop, lock, is_free):
    done = subprocess.run([sys.executable, "-X", "dev", "-W", "error", "-c", BEGIN + textwrap.dedent(ENDS[end]), lock,
                           loop],
                          capture_output=True, text=True, timeout=HANG)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert is_free()
