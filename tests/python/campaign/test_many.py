# SPDX-License-Identifier: Apache-2.0
"""Many processes in threads and in asyncio, whose work ends in all ways, and which are killed: two never work at once,
and every term's token is greater than those before."""

import os
import random
import time

SECONDS = 60 if os.environ.get("LEADERLIFE_FULL") else 4
PROCESSES = 4

PROGRAM = """
import asyncio, fcntl, random
import leaderlife.aio

# Before the election, for a killed process closes its files in the order of their numbers.
file = open(ARGUMENTS[1], "a")


def begin(term):
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os._exit(3)
    file.write(term.token + chr(10))
    file.flush()


def end(term):
    assert term.is_leading
    fcntl.flock(file, fcntl.LOCK_UN)
    if random.random() < 0.3:
        raise KeyError
    if random.random() < 0.1:
        sys.exit(7)


def threads(term):
    begin(term)
    term.wait(random.random() * 0.02)
    end(term)


async def tasks(term):
    begin(term)
    try:
        await asyncio.sleep(random.random() * 0.02)
    finally:
        end(term)


async def limited():
    '''Its cancellation comes at any time.'''
    await asyncio.wait_for(leaderlife.aio.campaign(LOCK, tasks, backend="local", logger=False), random.random() * 0.1)


print("begins", flush=True)
while True:
    try:
        if ARGUMENTS[0] == "threads":
            leaderlife.campaign(LOCK, threads, backend="local", logger=False)
        else:
            asyncio.run(limited())
    except (KeyError, TimeoutError):
        pass
"""


def test_two_never_work_at_once(script, tmp_path, report):
    kinds = ["threads", "aio"]
    path = tmp_path / "tokens"
    path.touch()
    running, kills = [], 0

    def start():
        process = script.start(PROGRAM, kinds[len(running) % len(kinds)], str(path))
        assert process.stdout.readline() == "begins\n", script.finish(process)
        running.append(process)

    for _ in range(PROCESSES):
        start()
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        time.sleep(random.random() * 0.2)
        for process in [*running]:
            if process.poll() is not None:  # by itself
                assert process.returncode == 7, process.communicate()
                running.remove(process)
                start()
        victim = running.pop(random.randrange(len(running)))
        victim.kill()
        kills += 1
        start()
    for process in running:
        assert process.poll() in (None, 7), process.communicate()
        process.kill()
    lines = path.read_text().split("\n")
    tokens = [int(line) for line in lines if line]
    report(f"{PROCESSES} processes in campaigns, {kills} of them killed in {SECONDS} s: {len(tokens)} terms")
    assert len(tokens) > 10
    assert all(earlier < later for earlier, later in zip(tokens, tokens[1:], strict=False)), tokens
