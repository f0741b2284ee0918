# SPDX-License-Identifier: Apache-2.0
"""The judge of the random histories sees candidates that cheat: each breaks one
rule in an otherwise quiet history. A history without a cheat passes."""

import sys
from pathlib import Path

import pytest

from .acts import ACTS
from .history import History
from .plan import Member, Plan, Step
from .test_histories import Round

CHEAT = str(Path(__file__).with_name("cheat.py"))
TWO = [Member("a", False, 1), Member("b", False, 1)]
GUARD = 20  # seconds: without a cheat it takes some milliseconds
SHORT = 3  # where the election never comes


def step(kind, of="leader", **more):
    return Step(kind, 200, of, 0.0, more)


RESIGN = step("resign", do="resign", again_after=5)
PAUSE = step("freeze", of="other", thaw_after=0)


def play(world_of, kind, *steps):
    guard = SHORT if kind == "Nobody" else GUARD
    plan = Plan(TWO, False, list(steps))
    history = History(world_of([sys.executable, CHEAT, kind]), plan, kind, guard, objects=False)
    try:
        history.set_up()
        history.play()
        history.settle(None)
    finally:
        history.abandon()
    return history


def test_no_cheat_passes(world_of):
    pod_gone = step("pod gone", successor="same name")
    history = play(world_of, "Honest", RESIGN, PAUSE, pod_gone, RESIGN, PAUSE)
    assert len(history.judge.terms) == 4
    assert history.judge.handovers() == 3


@pytest.mark.parametrize("kind, steps, text", [
    ("TwoLeaders", [PAUSE], "two led at the same time"),
    ("SmallerToken", [RESIGN, PAUSE], "no greater token"),
    ("EqualToken", [RESIGN, PAUSE], "no greater token"),
    ("ChangingToken", [PAUSE], "token changed within a term"),
    ("Unsaid", [PAUSE], "says that it leads, which it never told"),
    ("Lost", [PAUSE, PAUSE], "LOST without a cause"),
    ("Failed", [PAUSE], "has failed"),
    ("Nobody", [PAUSE], "still waiting for one leader"),
    ("Quits", [PAUSE], "ended by itself"),
    ("Talks", [PAUSE], "wrote to standard error"),
])
def test_a_cheat_is_seen(world_of, kind, steps, text):
    with pytest.raises(AssertionError, match=text):
        play(world_of, kind, *steps)


def test_a_failure_tells_its_story(world_of):
    """And how to play that history again, alone."""
    one_round = Round(world_of([sys.executable, CHEAT, "Quits"]), "7", [3])
    [report] = one_round.play(lambda: None)
    assert "ended by itself" in report and one_round.good == []
    assert f"  {one_round.histories[0].plan.steps[-1]}\n" in report and "leader token 101" in report
    assert report.endswith("LEADERLIFE_SEED=7 LEADERLIFE_HISTORY=3 script/test history")


def test_a_leader_in_a_pod_that_is_gone_is_seen(world_of, monkeypatch):
    def vanish(history, chosen):
        """Against what is assumed: its process lives on."""
        home = history.judge.homes[history.stage.choose(chosen)]
        home.over = 0
        home.pod.delete(grace=0)
    monkeypatch.setitem(ACTS, "pod vanishes", vanish)
    with pytest.raises(AssertionError, match="in a pod whose life was over"):
        play(world_of, "Honest", step("pod vanishes", of="other"), RESIGN, PAUSE)


def test_taking_over_from_a_pod_that_lives_is_seen(world_of):
    """The kernel gives the file to the next as soon as the process is dead, whatever its pod."""
    with pytest.raises(AssertionError, match="taken over from a pod that lives"):
        play(world_of, "Honest", step("kill", back_after=3), PAUSE, PAUSE)
