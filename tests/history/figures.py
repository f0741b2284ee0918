# SPDX-License-Identifier: Apache-2.0
"""Counts what happened in the histories, for the end of the run and for
docs/assurance.md."""

import statistics

from .plan import KINDS


class Figures:
    title, kinds = "Random histories on a real control plane", KINDS

    def __init__(self, seed):
        self.seed = seed
        self.outages = None  # those of all rounds
        self._histories = []

    def add(self, history):
        self._histories.append(history)

    def _sum(self, of):
        return sum(of(history) for history in self._histories)

    def lines(self):
        """A table in Markdown."""
        if not self._histories:
            return
        yield f"{self.title} (LEADERLIFE_SEED={self.seed}):"
        yield ""
        yield "| | |"
        yield "|---|---|"
        for name, value in (*self._outcomes(), *self._steps(), *self._outages()):
            yield f"| {name} | {value} |"

    def _outcomes(self):
        terms = [term for history in self._histories for term in history.checker.terms]
        waits = sorted(history.leaderless for history in self._histories)
        yield "histories", len(self._histories)
        yield "candidate processes", self._sum(lambda history: len(history.checker.processes))
        yield "terms", len(terms)
        yield "hand-overs to another pod", self._sum(lambda history: history.checker.handovers())
        yield "terms that began while the collector was paused", sum(self.outages.paused(term.begin) for term in terms)
        yield "lock or record put back by its leader", self._sum(lambda history: history.put_backs)
        yield "LOST, each with its cause", self._sum(lambda history: len(history.checker.losses))
        yield ("without a leader after the last fault", f"median {statistics.median(waits) / 1e3:.1f} s, "
               f"longest {waits[-1] / 1e3:.1f} s")

    def _steps(self):
        for kind in self.kinds:
            played, left_out = (self._sum(lambda history, at=at: history.played.get(kind, (0, 0))[at]) for at in (0, 1))
            yield f"step: {kind}", f"{played} (and {left_out} with nobody to be played on)"

    def _outages(self):
        for kind, times in sorted(self.outages.counts.items()):
            yield f"outage: {kind}", times
