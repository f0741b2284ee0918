# SPDX-License-Identifier: Apache-2.0
"""Campaigns of threads and of asyncio run on fakes as they are: term after term, and never two at work."""

import asyncio
import threading

import pytest

import leaderlife
import leaderlife.aio
from controlplane.fixtures import require

HANG = 30


@pytest.fixture(autouse=True)
def campaigns():
    if not hasattr(leaderlife, "campaign"):
        require("campaign", "this package has no campaign()")


def test_threads(fakes):
    tokens, working = [], []

    def work(term):
        working.append(term)
        assert len(working) == 1
        tokens.append(term.token)
        if len(tokens) < 2:
            fakes.lose("to a campaign")
            assert term.wait(HANG) and not term.is_leading
            fakes.lead()
        working.remove(term)
        return len(tokens)

    assert leaderlife.campaign("lock", work, logger=False) == 2
    assert leaderlife.token_compare(*tokens) < 0
    assert {election.state for election in fakes.elections} == {"closed"}


def test_the_lock_is_given_back_after_the_end_of_work(fakes):
    begun, ends = threading.Event(), threading.Event()

    def work(term):
        begun.set()
        term.wait(HANG)
        assert ends.wait(HANG)

    with leaderlife.Campaign("lock", work, logger=False) as campaign:
        assert begun.wait(HANG)
        assert not campaign.stop(timeout=0.1)
        assert fakes.elections[-1].state == "leader"
        ends.set()
    assert fakes.elections[-1].state == "closed"


def test_asyncio(fakes):
    seen = []

    async def work(term):
        seen.append(term.token)
        if len(seen) > 1:
            return "done"
        fakes.lose("to a campaign")
        try:
            await asyncio.sleep(HANG)
        finally:
            seen.append("cancelled")
            fakes.lead()

    result = asyncio.run(leaderlife.aio.campaign("lock", work, logger=False))
    assert result == "done" and seen[1] == "cancelled" and len(seen) == 3
