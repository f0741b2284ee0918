# SPDX-License-Identifier: Apache-2.0
"""Foreground deletion of the leader's pod, or of the Deployment that made it.

The garbage collector then removes what the pod owns *first*, the lock among it,
while the pod still has its whole grace (facts, section 4): a lock that is gone
says nothing about the leader. Only the holder record (P3) tells those who did
not see the leader, or have forgotten it, that it lives. 20 locks at once, with
90 s of grace on one hollow node (slow_end.py says how its pods come to use
them): nobody leads before the old pod is dead, then one does."""

import statistics
import time

import pytest

from controlplane.process import wait_for
from scenarios.observer import now_ms

from .deletion_case import DeletionCase
from .slow_end import Observations, SlowEnd, is_over

LOCKS = 20
COLLECTED_WITHIN = 5  # seconds; a lock that is still there then is not waited for any more
ENDS_AFTER = 17  # seconds after the request, when the leader's process ends: so long others have to break the rules
GUARD_MS = 15000  # no measure of a takeover, only a guard against one that hangs


@pytest.fixture
def slow_end():
    with SlowEnd() as started:
        yield started


def test_foreground_deletion(candidates, hollow_node, slow_end, report):
    cases = prepare(candidates, hollow_node, slow_end)
    seen = Seen(cases)
    for case in cases:
        case.delete()
    newcomers_follow_each_loss(cases, seen)
    for case in cases:
        for process in case.waiting():
            candidates.reaches(process, "standby")
    end_all_leaders(candidates, cases)
    for case in cases:
        candidates.observer.wait(f"{case}: one leader, two standing by", case.settled)
    results = [check(case, seen) for case in cases]
    for line in told(cases, results):
        report(line)
    assert any(result["vanished_early"] for result in results), "the collector has removed no lock early"
    assert max(result["takeover"] for result in results) < GUARD_MS


def prepare(candidates, node, slow_end):
    """Half of the leaders live in pods of their own, half in pods of Deployments. All lead, two wait for each."""
    cases = [DeletionCase(candidates, number, slow_end, owned=number % 2 == 1) for number in range(LOCKS)]
    for case in cases:
        case.make_leaders_pod(node)
        if case is cases[0]:  # with it the image is there: the kubelet pulls no more than 10 at once
            case.find_leaders_pod()
    for case in cases:
        case.find_leaders_pod()
        candidates.leads(case.start("leader"))
        for name in ("standby", "late"):
            candidates.stands_by(case.start(name), holder=case.pod.name)
        case.processes["late"].freeze()
    return cases


class Seen:
    """What pods and locks (ConfigMaps) go through from now on."""

    def __init__(self, cases):
        admin = cases[0].admin
        self.pods = Observations(admin, "/api/v1/pods")
        self.locks = Observations(admin, "/api/v1/configmaps")
        for case in cases:
            wait_for("the watches", lambda case=case: self.pods.first(case.is_pod)
                     and self.locks.first(case.is_lock))


def newcomers_follow_each_loss(cases, seen):
    """As soon as a lock has gone, those come that have not seen it go."""
    left = list(cases)
    deadline = time.monotonic() + COLLECTED_WITHIN
    while left:
        late = time.monotonic() > deadline
        for case in [case for case in left if late or lost(case, seen)]:
            case.newcomers_come()
            left.remove(case)
        time.sleep(0.005)


def lost(case, seen):
    """The event that shows the first leader's lock deleted, or None."""
    return seen.locks.first(lambda kind, lock: kind == "DELETED" and case.is_lock(kind, lock))


def end_all_leaders(candidates, cases):
    """Each so long after the request; until then no rule may be broken."""
    for case in cases:
        while now_ms() < case.asked + ENDS_AFTER * 1e3:
            candidates.observer.check()
            time.sleep(0.05)
        case.end_leader()


def check(case, seen):
    """Compares by resourceVersions where it can: all objects of the test's one
    etcd share its revisions, so they order the pod's end (its event) and the
    new term (its token) exactly, which no clock of an observer does."""
    over = wait_for(f"{case}: the end of its pod", lambda: seen.pods.first(
        lambda kind, pod: case.is_pod(kind, pod) and is_over(kind, pod)))
    assert over[0] > case.killed, f"{case}: the test was too slow, the kubelet gave its pod up before"
    revision = int(over[2]["metadata"]["resourceVersion"])
    first, *later = case.terms()
    early = [str(term) for term in later if int(term.token) < revision]
    assert not early, f"{case}: leads although the pod of {first} lived until version {revision}: {early}"
    assert first.process is case.processes["leader"]
    assert len(later) == 1, f"{case}: not one term afterwards: {[str(term) for term in later]}"
    gone = lost(case, seen)
    put_back = seen.locks.all(lambda kind, lock: kind == "ADDED" and case.is_lock(kind, lock))[1:]
    return {"vanished_early": bool(gone) and int(gone[2]["metadata"]["resourceVersion"]) < revision,
            "vanished_after": gone and gone[0] - case.asked, "put_back": len(put_back),
            "grace_used": (over[0] - case.asked) / 1e3, "takeover": later[0].begin - over[0],
            "winner": next(name for name, process in case.processes.items() if process is later[0].process)}


def told(cases, results):
    """The lines for the end of the run."""
    for kind, owned in (("pod", False), ("Deployment", True)):
        of_kind = [result for case, result in zip(cases, results) if case.owned == owned]
        early = [result["vanished_after"] for result in of_kind if result["vanished_early"]]
        yield (f"foreground deletion of the leader's {kind}: {len(early)} of {len(of_kind)} locks gone while the pod "
               f"lived{after(early)}, put back by the leader {sum(result['put_back'] for result in of_kind)} times")
    winners = [result["winner"] for result in results]
    lived = [result["grace_used"] for result in results]
    yield (f"foreground deletion: {len(results)} pods dead {min(lived):.1f} to {max(lived):.1f} s after the request; "
           f"{figures([result['takeover'] for result in results])} later the next leads (the issue: within a second): "
           + ", ".join(f"{name} {winners.count(name)}" for name in ("standby", "late", "fresh")))


def after(times):
    return f" {figures(times)} after the request" if times else ""


def figures(times):
    return f"{statistics.median(times):.1f} ms (median; at most {max(times):.1f} ms)"
