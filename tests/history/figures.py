# SPDX-License-Identifier: Apache-2.0
"""Adds up what the histories have gone through, for the end of the run and for
docs/assurance.md."""

import statistics

from .plan import KINDS


class Figures:
    def __init__(self, seed):
        self.seed = seed
        self.weather = None  # the one of all rounds
        self._histories = []

    def add(self, history):
        self._histories.append(history)

    def _sum(self, of):
        return sum(of(history) for history in self._histories)

    def lines(self):
        """A table in Markdown."""
        if not self._histories:
            return
        yield f"Random histories on a real control plane (LEADERLIFE_SEED={self.seed}):"
        yield ""
        yield "| | |"
        yield "|---|---|"
        for name, value in (*self._outcomes(), *self._steps(), *self._gusts()):
            yield f"| {name} | {value} |"

    def _outcomes(self):
        terms = [term for history in self._histories for term in history.judge.terms]
        waits = sorted(history.leaderless for history in self._histories)
        yield "histories", len(self._histories)
        yield "candidate processes", self._sum(lambda history: len(history.judge.processes))
        yield "terms", len(terms)
        yield "hand-overs to another pod", self._sum(lambda history: history.judge.handovers())
        yield "terms that began while the collector slept", sum(self.weather.asleep(term.begin) for term in terms)
        yield "lock or record put back by its leader", self._sum(lambda history: history.put_backs)
        yield "LOST, each with its cause", self._sum(lambda history: len(history.judge.losses))
        yield ("without a leader after the last fault", f"median {statistics.median(waits) / 1e3:.1f} s, "
               f"longest {waits[-1] / 1e3:.1f} s")

    def _steps(self):
        for kind in KINDS:
            played, left_out = (self._sum(lambda history, at=at: history.played.get(kind, (0, 0))[at]) for at in (0, 1))
            yield f"step: {kind}", f"{played} (and {left_out} with nobody to be played on)"

    def _gusts(self):
        for kind, times in sorted(self.weather.counts.items()):
            yield f"weather: {kind}", times
