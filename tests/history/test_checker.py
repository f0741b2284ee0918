# SPDX-License-Identifier: Apache-2.0
"""The checker of the random histories sees faulty candidates: each breaks one rule in
an otherwise quiet history. A history without one passes."""

import sys
from pathlib import Path

import pytest

from scenarios import programs

from .actions import ACTIONS
from .history import History
from .plan import Member, Plan, Step
from .test_histories import Round

FAULTY = str(Path(__file__).with_name("faulty_candidates.py"))
TWO = [Member("a", False, 1), Member("b", False, 1)]
GUARD = 20  # seconds: without a faulty candidate it takes some milliseconds
SHORT = 3  # where the election never comes


def step(kind, of="leader", **more):
    return Step(kind, 200, of, 0.0, more)


RESIGN = step("resign", do="resign", again_after=5)
PAUSE = step("freeze", of="other", thaw_after=0)


def play(shared_of, kind, *steps):
    guard = SHORT if kind == "Nobody" else GUARD
    plan = Plan(TWO, False, list(steps))
    history = History(shared_of([sys.executable, FAULTY, kind]), plan, kind, guard, objects=False)
    try:
        history.set_up()
        history.play()
        history.settle(None)
    finally:
        history.abandon()
    return history


def test_honest_candidates_pass(shared_of):
    pod_gone = step("pod gone", successor="same name")
    history = play(shared_of, "Honest", RESIGN, PAUSE, pod_gone, RESIGN, PAUSE)
    assert len(history.checker.terms) == 4
    assert history.checker.handovers() == 3


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
def test_a_broken_rule_is_seen(shared_of, kind, steps, text):
    with pytest.raises(AssertionError, match=text):
        play(shared_of, kind, *steps)


def test_a_pod_that_the_collector_never_lets_go_holds_nobody_up(shared_of, rough_cluster):
    """Its processes are dead, and the test says so in the place of a kubelet: then another leads (P4 c)."""
    shared = shared_of(programs.required("c", "history"))
    deleted = step("pod deleted", policy="Orphan", resigns=False, ends_after=0, successor="none")
    history = History(shared, Plan(TWO, False, [deleted]), "kept", GUARD)
    try:
        history.set_up()
        history.checker.wait("a leader", history.checker.leading)
        rough_cluster.pause_controller_manager()
        history.play()
        history.settle(None)
    finally:
        rough_cluster.resume_controller_manager()
        history.abandon()
    [first, second] = history.checker.terms
    assert history.checker.fleet_pods[first.process] is not history.checker.fleet_pods[second.process]


def test_a_failure_tells_its_story(shared_of):
    """And how to play that history again, alone."""
    one_round = Round(shared_of([sys.executable, FAULTY, "Quits"]), "7", [3])
    [report] = one_round.play(lambda: None)
    assert "ended by itself" in report and one_round.good == []
    assert f"  {one_round.histories[0].plan.steps[-1]}\n" in report and "leader token 101" in report
    assert report.endswith("LEADERLIFE_SEED=7 LEADERLIFE_HISTORY=3 script/test history")


def test_a_failure_tells_first_how_it_ended(shared_of):
    """Every process and what it said last; lock, record and pods: where of a long failure only the beginning is
    kept."""
    one_round = Round(shared_of([sys.executable, FAULTY, "Failed"]), "7", [3])
    [report] = one_round.play(lambda: None)
    history, lines = one_round.histories[0], report.splitlines()
    assert "has failed" in lines[0] and lines[1] == "processes:"
    head = "\n".join(lines[:60])
    failed = next(process for process in history.checker.processes if process.state == "failed")
    fleet_pod = history.checker.fleet_pods[failed]
    assert f"  {failed.name} in pod {fleet_pod.pod.name} {fleet_pod.pod.uid}: failed, not eligible" in head
    assert "  lock: absent" in head and "  record: absent" in head
    assert f"  pod: {fleet_pod.pod.name}, {fleet_pod.pod.uid}" in head
    assert history.checker.story().splitlines()[-1][:100] in head


def test_a_leader_in_a_pod_that_is_gone_is_seen(shared_of, monkeypatch):
    def vanish(history, chosen):
        """Against what is assumed: its process lives on."""
        fleet_pod = history.checker.fleet_pods[history.fleet.choose(chosen)]
        fleet_pod.over = 0
        fleet_pod.pod.delete(grace=0)
    monkeypatch.setitem(ACTIONS, "pod vanishes", vanish)
    with pytest.raises(AssertionError, match="in a pod whose life was over"):
        play(shared_of, "Honest", step("pod vanishes", of="other"), RESIGN, PAUSE)


def test_taking_over_from_a_pod_that_lives_is_seen(shared_of):
    """The kernel gives the file to the next as soon as the process is dead, whatever its pod."""
    with pytest.raises(AssertionError, match="taken over from a pod that lives"):
        play(shared_of, "Honest", step("kill", back_after=3), PAUSE, PAUSE)
