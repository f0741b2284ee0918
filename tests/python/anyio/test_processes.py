# SPDX-License-Identifier: Apache-2.0
"""Programs that end in the middle of things: silent, under -X dev and with warnings as errors, and the lock is free.
And what is said where the package anyio is missing or too old."""

import os
import subprocess
import sys
import textwrap

import pytest
from conftest import BACKENDS, HANG, PACKAGE

BEGIN = """
import asyncio, signal, sys
import anyio
import leaderlife.anyio

def run(play):
    async def patient():
        if backend == "asyncio":
            asyncio.get_running_loop().slow_callback_duration = 60
        await play()

    backend, options = {backend!r}
    anyio.run(patient, backend=backend, backend_options=options)

election = leaderlife.anyio.Election(sys.argv[1], backend="local")
"""

ENDS = {
    "the end of the block": """
        async def play():
            async with election:
                await election.become()
        run(play)
        """,
    "an election that never began": "",
    "an iteration under way": """
        async def play():
            async with election:
                async for event in election:
                    if event.state == "leader":
                        return
        run(play)
        """,
    "Ctrl-C": """
        async def play():
            async with election:
                await election.become()
                signal.raise_signal(signal.SIGINT)
                await election.until_lost()
        try:
            run(play)
        except KeyboardInterrupt:
            assert election.state == "closed"
        else:
            raise AssertionError("not interrupted")
        """,
    "Ctrl-C in the task that drives it": """
        process = election.process
        def interrupted():
            if election.is_leader:
                election.process = process
                raise KeyboardInterrupt
            process()
        async def play():
            async with election:
                election.process = interrupted
                election.wakeup()
                await anyio.sleep(60)
        try:
            run(play)
        except KeyboardInterrupt:
            assert election.state == "closed"
        else:
            raise AssertionError("not interrupted")
        """,
    "sys.exit": """
        async def play():
            async with election:
                await election.become()
                sys.exit(0)
        run(play)
        """,
}


def run_python(code, *arguments, path=()):
    return subprocess.run([sys.executable, "-X", "dev", "-W", "error", "-c", code, *arguments], capture_output=True,
                          text=True, timeout=HANG,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [*path, PACKAGE]))})


@pytest.mark.parametrize("end", ENDS)
def test_the_end_is_silent(end, loop, lock, is_free):
    done = run_python(BEGIN.format(backend=BACKENDS[loop]) + textwrap.dedent(ENDS[end]), lock)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert is_free()


CURE = "ImportError: leaderlife.anyio needs the package anyio, 4.11 or newer, also for trio: pip install 'anyio>=4.11'"


@pytest.mark.parametrize("old", ["raise ImportError('no anyio here')", "", "def wait_readable(): pass"])
def test_a_missing_or_old_package_is_told_with_the_cure(tmp_path, old):
    (tmp_path / "anyio").mkdir()
    (tmp_path / "anyio/__init__.py").write_text(old, encoding="utf-8")
    (tmp_path / "anyio/lowlevel.py").write_text("checkpoint = None", encoding="utf-8")
    for code in ("import leaderlife.anyio", "import leaderlife; leaderlife.anyio"):
        done = run_python(code, path=[tmp_path])
        assert done.returncode == 1 and done.stderr.endswith(CURE + "\n"), done.stderr


def test_the_package_itself_needs_no_anyio():
    done = run_python("import sys, leaderlife, leaderlife.aio; assert 'anyio' not in sys.modules; leaderlife.anyio; "
                      "assert sys.modules['anyio'] is not leaderlife.anyio")
    assert (done.returncode, done.stderr) == (0, "")
