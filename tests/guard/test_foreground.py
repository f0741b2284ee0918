# SPDX-License-Identifier: Apache-2.0
"""Foreground deletion of the leader's pod, or of the Deployment that made it.

The garbage collector then removes what the pod owns *first*, the lock among it,
while the pod still has its whole grace (facts, section 4): a lock that is gone
says nothing about the leader. Only the holder record (P3) tells those who did
not see the leader, or have forgotten it, that it lives. 20 locks at once, with
20 s of grace on one hollow node (slow_end.py says how its pods come to use
them): nobody leads before the old pod is dead, then one does."""

import statistics
import time

import pytest

from controlplane.process import wait_for
from scenarios.observer import now_ms

from .contest import GRACE, Contest
from .slow_end import Sightings, SlowEnd, is_over

LOCKS = 20
COLLECTED_WITHIN = 5  # seconds; a lock that is still there then is not waited for any more
ENDS_AFTER = GRACE - 3  # seconds after the request, when the leader's process ends: before the kubelet's patience does
GUARD_MS = 15000  # no measure of a takeover, only a guard against one that hangs


@pytest.fixture
def slow_end():
    with SlowEnd() as started:
        yield started


def test_foreground_deletion(bench, hollow_node, slow_end, report):
    contests = prepare(bench, hollow_node, slow_end)
    seen = Seen(contests)
    for contest in contests:
        contest.delete()
    newcomers_follow_each_loss(contests, seen)
    for contest in contests:
        for process in contest.waiting():
            bench.reaches(process, "standby")
    end_all_leaders(bench, contests)
    for contest in contests:
        bench.observer.wait(f"{contest}: one leader, two standing by", contest.settled)
    results = [judge(contest, seen) for contest in contests]
    for line in told(contests, results):
        report(line)
    assert any(result["vanished_early"] for result in results), "the collector has removed no lock early"
    assert max(result["takeover"] for result in results) < GUARD_MS


def prepare(bench, node, slow_end):
    """Half of the leaders live in pods of their own, half in pods of Deployments. All lead, two wait for each."""
    contests = [Contest(bench, number, slow_end, owned=number % 2 == 1) for number in range(LOCKS)]
    for contest in contests:
        contest.make_leaders_pod(node)
        if contest is contests[0]:  # with it the image is there: the kubelet pulls no more than 10 at once
            contest.find_leaders_pod()
    for contest in contests:
        contest.find_leaders_pod()
        bench.leads(contest.start("leader"))
        for name in ("standby", "late"):
            bench.stands_by(contest.start(name), holder=contest.pod.name)
        contest.processes["late"].freeze()
    return contests


class Seen:
    """What pods and locks (ConfigMaps) go through from now on."""

    def __init__(self, contests):
        admin = contests[0].admin
        self.pods = Sightings(admin, "/api/v1/pods")
        self.locks = Sightings(admin, "/api/v1/configmaps")
        for contest in contests:
            wait_for("the watches", lambda contest=contest: self.pods.first(contest.is_pod)
                     and self.locks.first(contest.is_lock))


def newcomers_follow_each_loss(contests, seen):
    """As soon as a lock has gone, those come that have not seen it go."""
    left = list(contests)
    deadline = time.monotonic() + COLLECTED_WITHIN
    while left:
        late = time.monotonic() > deadline
        for contest in [contest for contest in left if late or lost(contest, seen)]:
            contest.newcomers_come()
            left.remove(contest)
        time.sleep(0.005)


def lost(contest, seen):
    """The event that shows the first leader's lock deleted, or None."""
    return seen.locks.first(lambda kind, lock: kind == "DELETED" and contest.is_lock(kind, lock))


def end_all_leaders(bench, contests):
    """Each after the same part of its grace; until then no rule may be broken."""
    for contest in contests:
        while now_ms() < contest.asked + ENDS_AFTER * 1e3:
            bench.observer.check()
            time.sleep(0.05)
        contest.end_leader()


def judge(contest, seen):
    """Compares by resourceVersions where it can: all objects of the test's one
    etcd share its revisions, so they order the pod's end (its event) and the
    new term (its token) exactly, which no clock of an observer does."""
    over = wait_for(f"{contest}: the end of its pod", lambda: seen.pods.first(
        lambda kind, pod: contest.is_pod(kind, pod) and is_over(kind, pod)))
    assert over[0] > contest.killed, f"{contest}: the test was too slow, the kubelet gave its pod up before"
    revision = int(over[2]["metadata"]["resourceVersion"])
    first, *later = contest.terms()
    early = [str(term) for term in later if int(term.token) < revision]
    assert not early, f"{contest}: leads although the pod of {first} lived until version {revision}: {early}"
    assert first.process is contest.processes["leader"]
    assert len(later) == 1, f"{contest}: not one term afterwards: {[str(term) for term in later]}"
    gone = lost(contest, seen)
    put_back = seen.locks.all(lambda kind, lock: kind == "ADDED" and contest.is_lock(kind, lock))[1:]
    return {"vanished_early": bool(gone) and int(gone[2]["metadata"]["resourceVersion"]) < revision,
            "vanished_after": gone and gone[0] - contest.asked, "put_back": len(put_back),
            "grace_used": (over[0] - contest.asked) / 1e3, "takeover": later[0].begin - over[0],
            "winner": next(name for name, process in contest.processes.items() if process is later[0].process)}


def told(contests, results):
    """The lines for the end of the run."""
    for kind, owned in (("pod", False), ("Deployment", True)):
        of_kind = [result for contest, result in zip(contests, results) if contest.owned == owned]
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
