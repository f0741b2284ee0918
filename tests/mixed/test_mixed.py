# SPDX-License-Identifier: Apache-2.0
"""A mixed fleet on one lock, as every rollout of a new version has it: random
histories in which each process is drawn from two libraries, and rollouts from
one to the other and back. Never two leaders; somebody leads in the end.

    LEADERLIFE_HISTORIES=N   so many histories; else 24, and 500 with LEADERLIFE_FULL=1
    LEADERLIFE_SEED=N        replays the run of that seed"""

import os

import pytest

from history import plan
from history.test_histories import AT_ONCE, Round

GRACE = 120  # seconds, which the test ends long before


def rounds():
    count = int(os.environ.get("LEADERLIFE_HISTORIES") or (500 if os.environ.get("LEADERLIFE_FULL") else 24))
    numbers = list(range(count))
    return [numbers[begin:begin + AT_ONCE] for begin in range(0, count, AT_ONCE)]


@pytest.mark.parametrize("numbers", rounds(), ids=lambda numbers: f"{numbers[0]}-{numbers[-1]}")
def test_histories_of_two_libraries(shared, outages, figures, numbers):
    planned = plan.outages(f"{figures.seed} outages {numbers[0] // AT_ONCE}")
    one_round = Round(shared, figures.seed, numbers)
    reports = one_round.play(lambda: outages.play(planned))
    for history in one_round.good:
        figures.add(history)
    assert not reports, "\n\n".join(reports)


class Fleet:
    """Pods on a node whose ends take time; each plays the program of its generation."""

    def __init__(self, candidates, node, slow_end, programs):
        self.candidates, self.node, self.slow_end, self.programs = candidates, node, slow_end, programs
        self.files, self.processes = {}, {}

    def comes(self, name, generation):
        hook = f"{self.candidates.space.name}.{name}"
        pod = self.candidates.space.pod(name, node=self.node, grace=GRACE, lifecycle=self.slow_end.lifecycle(hook))
        pod.wait_phase("Running")
        self.files[name] = self.candidates.files_of(pod)
        command, unknown = self.programs[generation]
        self.processes[name] = self.candidates.start(self.files[name], command=command, without=unknown)
        self.candidates.observer.wait(f"{name} leads or stands by",
                                      lambda: self.processes[name].state in ("leader", "standby"))

    def goes(self, name):
        """As the kubelet does it: the process ends within the pod's grace, then the pod is gone."""
        self.files[name].pod.delete()
        self.processes[name].kill()
        self.slow_end.let_end(f"{self.candidates.space.name}.{name}")
        self.files[name].pod.wait_gone()
        del self.processes[name]

    def leads(self):
        self.candidates.observer.wait("somebody leads", lambda: "leader" in [p.state for p in self.processes.values()])


@pytest.mark.parametrize("count", [3, 5])
@pytest.mark.parametrize("old, new", [("before", "now"), ("now", "before")], ids=["to the new", "back to the old"])
def test_a_rollout_between_two_libraries(candidates, hollow_node, slow_end, candidate_program, program_before, old, new,
                                         count):
    fleet = Fleet(candidates, hollow_node, slow_end,
                  {"now": (candidate_program, ()), "before": (program_before, ("pod-network",))})
    for number in range(count):
        fleet.comes(f"old-{number}", old)
    fleet.leads()
    for number in range(count):
        fleet.comes(f"new-{number}", new)
        fleet.goes(f"old-{number}")  # the leader's first, and any other that has led since
        fleet.leads()
    candidates.observer.check()
