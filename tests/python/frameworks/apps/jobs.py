# SPDX-License-Identifier: Apache-2.0
"""What the leader of a test's server does, and what its processes tell: lines of one file, in the order in which they
were written."""

import asyncio
import logging
import os
import time
from concurrent.futures.process import BrokenProcessPool

STEP_S = 0.02


def tell(what, token="-", more=""):
    """One line, at once and whole."""
    line = f"{time.monotonic_ns()} {os.getpid()} {token} {what} {more}".strip() + "\n"
    fd = os.open(os.environ["TEST_LINES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(fd, line.encode())
    finally:
        os.close(fd)


class _Teller(logging.Handler):
    """What leaderlife logs: who leads."""

    def emit(self, record):
        tell("logs", more=record.getMessage())


_logger = logging.getLogger("leaderlife")
_logger.setLevel(logging.INFO)
_logger.addHandler(_Teller())


def work(term):
    tell("begins", term.token)
    while not term.wait(STEP_S):
        tell("steps", term.token)
    tell("ends", term.token)


async def work_async(term):
    tell("begins", term.token)
    try:
        while True:
            await asyncio.sleep(STEP_S)
            tell("steps", term.token)
    finally:
        tell("ends", term.token)


def serve():
    """Until the parent has gone."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(STEP_S)


def feed(pool):
    """Tasks, until the pool is broken."""
    try:
        while True:
            list(pool.map(time.sleep, [STEP_S] * 9))
    except BrokenProcessPool:
        pass
