# SPDX-License-Identifier: Apache-2.0
"""Random histories, sixteen at a time on one control plane, parts of which fail.

    LEADERLIFE_SEED=N        replays the run of that seed: the same steps and pauses
    LEADERLIFE_HISTORIES=N   so many histories; else 200, and 2000 with LEADERLIFE_FULL=1
    LEADERLIFE_HISTORY=N     the history of that number alone, or N-M, with the outages of its round,
                             LEADERLIFE_HISTORIES times (else once)

What a failing history did, all that its candidates said, and the command that
replays it alone are in the failure. How it ends may depend on the machine."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from scenarios import programs
from scenarios.observer import HANG

from . import failure_report, plan
from .history import History

AT_ONCE = 16


def pytest_generate_tests(metafunc):
    take_turns(metafunc, AT_ONCE, 200)


def take_turns(metafunc, at_once, short):
    """The candidate programs take turns, round by round."""
    if "numbers" in metafunc.fixturenames:
        names = list(programs.PROGRAMS)
        turns = [(names[numbers[0] // at_once % len(names)], numbers) for numbers in rounds(at_once, short)]
        metafunc.parametrize(("program", "numbers"), turns,
                             ids=[f"{program}-{numbers[0]}-{numbers[-1]}" for program, numbers in turns])


def rounds(at_once, short):
    """The numbers of the histories of each round. short: how many there are in the short form."""
    count = int(os.environ.get("LEADERLIFE_HISTORIES") or 0)
    first, _, last = os.environ.get("LEADERLIFE_HISTORY", "").partition("-")
    if first:
        numbers = list(range(int(first), int(last or first) + 1)) * (count or 1)
    else:
        numbers = list(range(count or (2000 if os.environ.get("LEADERLIFE_FULL") else short)))
    return [numbers[begin:begin + at_once] for begin in range(0, len(numbers), at_once)]


def test_histories(shared, outages, figures, program, numbers):
    """P1 to P16, as far as they show from outside: see checker.py."""
    planned = plan.outages(f"{figures.seed} outages {numbers[0] // AT_ONCE}")
    one_round = Round(shared, figures.seed, numbers)
    reports = one_round.play(lambda: outages.play(planned))
    for history in one_round.good:
        figures.add(history)
    assert not reports, "\n\n".join(reports)


class Round:
    """Histories side by side. A thread for each, in which its processes are started, for they end with their thread."""

    suite = "history"

    def __init__(self, shared, seed, numbers):
        self.seed = seed
        self.histories = {place: self.make_history(shared, number) for place, number in enumerate(numbers)}
        self.numbers = numbers
        self.good = []
        self._endings = {}  # place: how it stood when it failed
        self._outages_over = None  # ms

    def make_history(self, shared, number):
        return History(shared, plan.history(f"{self.seed} history {number}"), f"history {number}")

    def play(self, play_outages):
        """The reports of those that failed."""
        ready = threading.Barrier(len(self.histories) + 1)
        outages_over = threading.Event()
        with ThreadPoolExecutor(len(self.histories)) as threads:
            waiting = {place: threads.submit(self._play_one, place, ready, outages_over)
                       for place in self.histories}
            try:
                _wait(ready)
                self._outages_over = play_outages()
            finally:
                outages_over.set()
            errors = {place: future.exception() for place, future in waiting.items()}
        self.good = [self.histories[place] for place, error in errors.items() if error is None]
        return [self._report(place, error) for place, error in errors.items() if error is not None]

    def _play_one(self, place, ready, outages_over):
        history = self.histories[place]
        try:
            try:
                history.set_up()
            finally:
                _wait(ready)
            history.play()
            outages_over.wait()
            history.settle(self._outages_over)
        except BaseException:
            self._endings[place] = failure_report.tell(history)
            raise
        finally:
            history.abandon()

    def _report(self, place, error):
        """How it ended comes first: of a long failure a log may keep the beginning alone."""
        history, number = self.histories[place], self.numbers[place]
        steps = "\n".join(f"  {step}" for step in history.plan.steps)
        ended = "\n".join(self._endings.get(place, []))
        return (f"history {number} of seed {self.seed}: {type(error).__name__}: {error}\n{ended}\n"
                f"members: {history.plan.members}, through the proxy: {history.plan.proxied}\n{steps}\n"
                f"What was said (ms, process/handle):\n{history.checker.story()}\n"
                f"history {number} of seed {self.seed}: {type(error).__name__}: {error}\n"
                f"Replay: LEADERLIFE_SEED={self.seed} LEADERLIFE_HISTORY={number} script/test {self.suite}")


def _wait(barrier):
    barrier.wait(3 * HANG)
