# SPDX-License-Identifier: Apache-2.0
"""Plays one scenario at one place with one candidate program."""

import keyword
import os

from . import steps, steps_kubernetes  # noqa: F401  they register themselves
from .candidate import Candidate
from .observer import Observer
from .registry import step_named

_ENDED = ("resigning", "resigned", "lost", "failed", "closed")


class Player:
    """What the steps work on.

    place, observer   see there
    scenario          the dict
    processes         name: the Candidate that plays it now
    names             name: process names that the scenario has remembered
    kept              name: any other value that it has remembered
    """

    def __init__(self, scenario, place, command):
        self.scenario = scenario
        self.place = place
        self.command = command
        self.observer = Observer()
        self.observer.allow_two = scenario.get("two-may-lead", False)
        self.processes = {}
        self.names = {}
        self.kept = {}

    def play(self):
        try:
            with self.observer.telling():
                self.run()
                for process in list(self.observer.processes):
                    process.end()
                self.observer.check()
        finally:
            for process in self.observer.processes:
                process.abandon()
            self.place.restore()

    def run(self):
        """The steps alone; the processes go on."""
        for number, step in enumerate(self.scenario["steps"], 1):
            self._play_step(number, step)

    def _play_step(self, number, step):
        name, argument = (step, None) if isinstance(step, str) else next(iter(step.items()))
        call = step_named(name, self.place.backend)
        try:
            if isinstance(argument, dict):
                call(self, **{_parameter(key): value for key, value in argument.items()})
            elif argument is None:
                call(self)
            else:
                call(self, argument)
            self.observer.check()
        except Exception as error:
            error.add_note(f"In step {number} of '{self.scenario['name']}': {step}")
            raise

    # Processes

    def launch(self, name, access=None):
        """Starts the process; it does nothing yet. Returns the options that it
        needs at this place."""
        assert name in self.scenario["candidates"], f"no candidate {name}"
        access = access or self.scenario.get("access", "in-cluster")
        environment, options = self.place.spot(name, access)
        environment = {"PATH": os.defpath, **environment}
        self.processes[name] = Candidate(name, self.command, environment, self.place.directory, self.observer)
        if not self.scenario.get("timer", True):
            self.processes[name].do("loop", timer=False)
        return {**options, **self.scenario.get("options", {})}

    def alive(self):
        """All processes that can act, in the order of their names."""
        return [process for _, process in sorted(self.processes.items())
                if process.alive and not process.frozen and not process.replaced]

    def select(self, who):
        """Processes: a name, a remembered name, "alive", "candidates" (those of
        them that have not ended their campaign), "others" (those of these that do
        not lead), "leader", or a list of these."""
        if isinstance(who, list):
            return [process for part in who for process in self.select(part)]
        if who == "alive":
            return self.alive()
        if who == "candidates":
            return [process for process in self.alive() if process.state not in _ENDED]
        if who == "others":
            leading = self.observer.leading()
            return [process for process in self.select("candidates") if process not in leading]
        if who == "leader":
            leading = self.observer.leading()
            assert len(leading) == 1, f"{len(leading)} lead, not one"
            return leading
        return [self.processes[name] for name in self.names.get(who, [who])]

    def one(self, who):
        found = self.select(who)
        assert len(found) == 1, f"{who} is {len(found)} processes"
        return found[0]


def _parameter(key):
    """for, is and the like are Python's own words."""
    name = key.replace("-", "_")
    return name + "_" if keyword.iskeyword(name) else name
