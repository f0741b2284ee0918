# SPDX-License-Identifier: Apache-2.0
"""P1, P2: who stands by in a pod that is gone or going does not become leader.

A ghost is a process whose pod object was removed by force: it lives on, and
nobody waits for it. And in a rollout the old pods end one after the other while
their processes still have their grace: the lock must not go from one of them to
the next, but once, to a new pod."""

import pytest

from scenarios import programs

from .slow_end import SlowEnd

GRACE = 120  # seconds, which the test ends long before
LANGUAGES = ["c", "python", "lua5.4"]


@pytest.fixture
def slow_end():
    with SlowEnd() as started:
        yield started


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_ghost_does_not_lead(candidates, language):
    program = programs.required(language, "guard")
    a, g, c = (candidates.files(name) for name in ("a", "ghost", "c"))
    first = candidates.start(a, command=program)
    candidates.leads(first)
    ghost = candidates.start(g, command=program)
    candidates.stands_by(ghost, holder="a")
    g.pod.delete(grace=0)  # its process lives on
    first.kill()
    a.pod.delete(grace=0)
    candidates.fails(ghost, "LEADERLIFE_EIDENTITY", "ghost", "is gone")
    third = candidates.start(c, command=program)
    candidates.leads(third)
    assert candidates.space.record_object()["spec"]["holderIdentity"] == "c"


class Rollout:
    """count pods of one Deployment's old template, whose ends take time, and as many new ones."""

    def __init__(self, candidates, node, slow_end, program):
        self.candidates, self.node, self.slow_end, self.program = candidates, node, slow_end, program
        self.files, self.processes = {}, {}

    def hook(self, name):
        return f"{self.candidates.space.name}.{name}"

    def comes(self, name):
        pod = self.candidates.space.pod(name, node=self.node, grace=GRACE,
                                        lifecycle=self.slow_end.lifecycle(self.hook(name)))
        pod.wait_phase("Running")
        self.files[name] = self.candidates.files_of(pod)
        self.processes[name] = self.candidates.start(self.files[name], command=self.program)

    def goes(self, name):
        """Its pod terminates; its process stands by, or leads, on."""
        self.files[name].pod.delete()

    def ends(self, name):
        if self.processes[name].alive:
            self.processes[name].kill()
        self.slow_end.let_end(self.hook(name))

    def leader(self):
        return next((name for name, process in self.processes.items() if process.alive and process.state == "leader"),
                    None)


@pytest.mark.parametrize("language, count", [("c", 3), ("c", 5), ("python", 3), ("lua5.4", 3)])
def test_a_rollout_hands_over_once(candidates, hollow_node, slow_end, report, language, count):
    """One new pod for each old one, as maxSurge 1 does it; the leader's goes last, for it is the oldest."""
    rollout = Rollout(candidates, hollow_node, slow_end, programs.required(language, "guard"))
    old = [f"old-{number}" for number in range(count)]
    for name in old:
        rollout.comes(name)
        candidates.observer.wait(f"{name} leads or stands by",
                                 lambda name=name: rollout.processes[name].state in ("leader", "standby"))
    assert rollout.leader() == "old-0"
    for number, name in enumerate(reversed(old)):
        rollout.comes(f"new-{number}")
        candidates.stands_by(rollout.processes[f"new-{number}"], holder="old-0")
        rollout.goes(name)
        if name != "old-0":
            candidates.observer.wait(f"{name} is told that its pod ends",
                                     lambda name=name: not rollout.processes[name].is_ready())
    rollout.ends("old-0")
    candidates.observer.wait("the next one leads", lambda: rollout.leader() is not None)
    winner = rollout.leader()
    assert winner.startswith("new-"), f"{winner} leads, whose pod is terminating"
    for name in old[1:]:
        rollout.ends(name)
    candidates.observer.check()
    assert rollout.leader() == winner
    assert len(candidates.observer.terms) == 2, [str(term) for term in candidates.observer.terms]
    report(f"a rollout of {count} pods ({language}): one hand-over, to {winner}")
