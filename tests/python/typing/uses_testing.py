# SPDX-License-Identifier: Apache-2.0
"""Right uses of leaderlife.testing, with the types that they have. Checked, never run."""

from collections.abc import Iterator
from typing import Literal

import pytest
from typing_extensions import assert_type

import leaderlife.testing
from leaderlife.testing import FakeElection, FakeElections

STATE = Literal["new", "starting", "standby", "leader", "resigning", "resigned", "lost", "failed", "closed"]


@pytest.fixture
def fakes() -> Iterator[FakeElections]:
    with leaderlife.testing.fake_elections(timeout=1.5) as made:
        assert_type(made, FakeElections)
        yield made


def test_uses(fakes: FakeElections) -> None:
    fakes.stand_by()
    fakes.stand_by("pod-b", lock="lock")
    fakes.lead()
    fakes.lead("lock")
    fakes.lose()
    fakes.lose("text", lock="lock", holder="pod-b")
    assert_type(fakes.until("standby"), FakeElection)
    assert_type(fakes.elections, list[FakeElection])
    assert_type(fakes.elections[0].lock, str)
    assert_type(fakes.elections[0].state, STATE)
