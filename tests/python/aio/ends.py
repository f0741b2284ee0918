# SPDX-License-Identifier: Apache-2.0
"""Fixtures for the ends of elections on the embedded lock, in the loops of asyncio, trio and anyio."""

import leaderlife
import pytest


@pytest.fixture
def slow_end(monkeypatch):
    """The embedded lock is given back at once. As if it took longer: the state is "resigning" until the fixture is
    called with the election."""
    real = leaderlife.capi.Election_state
    monkeypatch.setattr(leaderlife.capi, "Election_state", lambda handle: {8: 4, 5: 4}.get(real(handle), real(handle)))

    def release(election):
        monkeypatch.setattr(leaderlife.capi, "Election_state", real)
        election.wakeup()
    return release


@pytest.fixture
def is_free(lock):
    """Whether somebody else could lead now: asked with another election, which gives back at once."""
    def ask():
        with leaderlife.Election(lock, backend="local") as other:
            try:
                other.become(0.2)
            except leaderlife.TimeoutError:
                return False
            return True
    return ask
