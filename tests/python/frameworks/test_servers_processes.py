# SPDX-License-Identifier: Apache-2.0
"""Processes that Python's own modules start."""

import pytest

from .servers import FULL, kill_leader, python


WAYS = ["multiprocessing, fork", "multiprocessing, spawn", *(["multiprocessing, forkserver"] if FULL else [])]


@pytest.mark.parametrize("way", WAYS)
def test_multiprocessing(serve, gap, way):
    server = serve([python(), "children.py", way.rpartition(" ")[2]], "multiprocessing")
    gap(way, kill_leader(server))
    server.lines.wait_all(2)


def test_a_pool_that_is_broken_and_made_anew(serve, gap):
    """kill -9 of one of its processes ends them all: another leads in the next pool."""
    server = serve([python(), "pool.py"], "concurrent.futures")
    gap("concurrent.futures", kill_leader(server))
    server.lines.wait_all()


EARLY = """
import multiprocessing
import signal
import leaderlife
from jobs import tell, work

def child(early):
    for call in (early.start, early.run):
        try:
            call()
        except leaderlife.ForkError as error:
            tell("says", more=f"{error.name} {error} {early.is_leader}")

campaign = leaderlife.Campaign("my-lock", work)
process = multiprocessing.get_context("fork").Process(target=child, args=(campaign,))
process.start()
process.join()
campaign.start()
tell("says", more="now the parent leads")
process.join()
multiprocessing.get_context("fork").Process(target=child, args=(campaign,)).start()
signal.pause()
"""


def test_what_was_made_before_the_fork_is_refused(serve):
    server = serve([python(), "early.py"], "nothing of the page", files={"early.py": EARLY})
    leader = server.lines.wait_leader()
    assert leader[0] == server.pid
    refusals = "^LEADERLIFE_EFORKED .*after the fork.* False$"
    server.wait_until("all refusals", lambda: len(server.lines.said(refusals)) == 4)
