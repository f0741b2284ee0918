# SPDX-License-Identifier: Apache-2.0
"""What a change costs a takeover: from the leader's pod deleted (grace 0) until the next candidate says LEADER, with
the candidate programs of two libraries in turn, on a real control plane.

    LEADERLIFE_CONTROLPLANE=$(script/controlplane) LEADERLIFE_CANDIDATE_BEFORE=PROGRAM LEADERLIFE_CANDIDATE_C=PROGRAM \\
        python bench/takeover.py [TAKEOVERS]

`script/test mixed` builds both programs (build/before/build/tests/candidate, build/tests/tests/candidate)."""

import itertools
import os
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from badinput.candidates import Candidates  # noqa: E402
from controlplane.cluster import Cluster  # noqa: E402
from scenarios.observer import now_ms  # noqa: E402

TAKEOVERS = 100
PROGRAMS = {"before": ("LEADERLIFE_CANDIDATE_BEFORE", ("pod-network",)), "now": ("LEADERLIFE_CANDIDATE_C", ())}


class TakeoverSeries:
    """A lock that goes from one pod to the next, all of one library."""

    def __init__(self, cluster, directory, program):
        variable, self.unknown = PROGRAMS[program]
        self.candidates = Candidates(cluster, directory, [os.path.abspath(os.environ[variable])])
        self.names = (f"p{number}" for number in itertools.count())
        self.leader = self._comes()
        self.candidates.leads(self.leader[1])
        self.standby = self._comes()
        self.candidates.stands_by(self.standby[1])

    def _comes(self):
        files = self.candidates.files(next(self.names))
        return files, self.candidates.start(files, {"log-level": "warning"}, without=self.unknown)

    def hand_over(self):
        """In ms. The process is dead before its pod is, as on a node."""
        files, process = self.leader
        process.kill()
        begin = now_ms()
        files.pod.delete(grace=0)
        self.candidates.leads(self.standby[1])
        took = next(term for term in self.candidates.observer.terms if term.process is self.standby[1]).begin - begin
        self.leader, self.standby = self.standby, self._comes()
        self.candidates.stands_by(self.standby[1])
        return took


def main(takeovers=TAKEOVERS):
    took = {program: [] for program in PROGRAMS}
    with Cluster() as cluster, tempfile.TemporaryDirectory() as directory:
        series = {program: TakeoverSeries(cluster, directory, program) for program in PROGRAMS}
        for number in range(int(takeovers)):
            for program in sorted(PROGRAMS, reverse=number % 2 == 1):
                took[program].append(series[program].hand_over())
        for one in series.values():
            one.candidates.abandon()
    print("| library | n | median ms | p90 ms | min ms | max ms |\n|---|---|---|---|---|---|")
    for program, times in took.items():
        times.sort()
        print(f"| {program} | {len(times)} | {statistics.median(times):.2f} | {times[int(len(times) * 0.9)]:.2f} | "
              f"{times[0]:.2f} | {times[-1]:.2f} |")
    print(f"the median has grown by {statistics.median(took['now']) - statistics.median(took['before']):.2f} ms")


if __name__ == "__main__":
    main(*sys.argv[1:])
