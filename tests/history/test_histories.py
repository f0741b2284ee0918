# SPDX-License-Identifier: Apache-2.0
"""Random histories, sixteen at a time on one control plane, which has its weather.

    LEADERLIFE_SEED=N        replays the run of that seed: the same steps and pauses
    LEADERLIFE_HISTORIES=N   so many histories; else 200, and 2000 with LEADERLIFE_FULL=1
    LEADERLIFE_HISTORY=N     the history of that number alone, or N-M, in the weather of its round,
                             LEADERLIFE_HISTORIES times (else once)

What a failing history did, all that its candidates said, and the command that
replays it alone are in the failure. How it ends may depend on the machine."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from scenarios import programs

from . import plan
from .history import History

AT_ONCE = 16


def pytest_generate_tests(metafunc):
    """The candidate programs take turns, round by round."""
    if "numbers" in metafunc.fixturenames:
        names = list(programs.PROGRAMS)
        turns = [(names[numbers[0] // AT_ONCE % len(names)], numbers) for numbers in rounds()]
        metafunc.parametrize(("program", "numbers"), turns,
                             ids=[f"{program}-{numbers[0]}-{numbers[-1]}" for program, numbers in turns])


def rounds():
    """The numbers of the histories of each round."""
    count = int(os.environ.get("LEADERLIFE_HISTORIES") or 0)
    first, _, last = os.environ.get("LEADERLIFE_HISTORY", "").partition("-")
    if first:
        numbers = list(range(int(first), int(last or first) + 1)) * (count or 1)
    else:
        numbers = list(range(count or (2000 if os.environ.get("LEADERLIFE_FULL") else 200)))
    return [numbers[begin:begin + AT_ONCE] for begin in range(0, len(numbers), AT_ONCE)]


def test_histories(world, weather, figures, program, numbers):
    """P1 to P16, as far as they show from outside: see judge.py."""
    gusts = plan.weather(f"{figures.seed} weather {numbers[0] // AT_ONCE}")
    one_round = Round(world, figures.seed, numbers)
    reports = one_round.play(lambda: weather.play(gusts))
    for history in one_round.good:
        figures.add(history)
    assert not reports, "\n\n".join(reports)


class Round:
    """Histories side by side. A thread for each, in which its processes are started, for they end with their thread."""

    def __init__(self, world, seed, numbers):
        self.seed = seed
        self.histories = {place: History(world, plan.history(f"{seed} history {number}"), f"history {number}")
                          for place, number in enumerate(numbers)}
        self.numbers = numbers
        self.good = []
        self._fair_since = None  # ms

    def play(self, weather):
        """The reports of those that failed."""
        ready = threading.Barrier(len(self.histories) + 1)
        fair = threading.Event()
        with ThreadPoolExecutor(len(self.histories)) as threads:
            waiting = {place: threads.submit(self._play_one, history, ready, fair)
                       for place, history in self.histories.items()}
            try:
                _wait(ready)
                self._fair_since = weather()
            finally:
                fair.set()
            errors = {place: future.exception() for place, future in waiting.items()}
        self.good = [self.histories[place] for place, error in errors.items() if error is None]
        return [self._report(place, error) for place, error in errors.items() if error is not None]

    def _play_one(self, history, ready, fair):
        try:
            try:
                history.set_up()
            finally:
                _wait(ready)
            history.play()
            fair.wait()
            history.settle(self._fair_since)
        finally:
            history.abandon()

    def _report(self, place, error):
        history, number = self.histories[place], self.numbers[place]
        steps = "\n".join(f"  {step}" for step in history.plan.steps)
        return (f"history {number} of seed {self.seed}: {type(error).__name__}: {error}\n"
                f"members: {history.plan.members}, through the proxy: {history.plan.proxied}\n{steps}\n"
                f"What was said (ms, process/handle):\n{history.judge.story()}\n"
                f"history {number} of seed {self.seed}: {type(error).__name__}: {error}\n"
                f"Replay: LEADERLIFE_SEED={self.seed} LEADERLIFE_HISTORY={number} script/test history")


def _wait(barrier):
    barrier.wait(300)
