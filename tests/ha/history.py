# SPDX-License-Identifier: Apache-2.0
"""A random history as on one server (tests/history), on the control plane of three
machines: each pod has a seat at the balancer, from which it is moved to other API
servers, and each candidate writes to a SQLite resource while it leads."""

import os
from pathlib import Path

from history.actions import ACTIONS
from history.checker import HistoryChecker
from history.history import History
from history.pod_fleet import PodFleet
from history.test_histories import Round
from scenarios.candidate import Candidate
from scenarios.observer import now_ms

from . import operations, plan, writer
from .cluster import MACHINES

WRITER = str(Path(writer.__file__))


def move(history, step):
    """To another API server, which may know less, or more. The connections that are open may stay where they are."""
    process = history.fleet.choose(step)
    if process is None:
        return False
    seat = history.checker.fleet_pods[process].files.server
    history.shared.cluster.balancer.move(seat, step.more["to"], step.more["now"])


class HaChecker(HistoryChecker):
    late_ms = 60e3  # a line of one process may be read that much later than one of another; the end judges all

    def take(self, process, line):
        super().take(process, line)
        if line.get("event") == "state":
            process.tell_writer(line["token"] if line["state"] == "leader" else "")


class HaCandidate(Candidate):
    """With a writer in its process group. Its FIFO is open here too, so that it takes what is written at any time."""

    def __init__(self, name, command, environment, directory, observer, lock):
        number = len(observer.processes)
        self.begun = now_ms()
        self.operations = os.path.join(directory, f"operations.{number}")
        fifo = os.path.join(directory, f"fifo.{number}")
        os.mkfifo(fifo)
        self._fifo = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
        # By the Python that the package is built for.
        words = ["/usr/bin/python3", WRITER, fifo, database(directory), self.operations, lock]
        super().__init__(name, words + command, environment, directory, observer)

    def tell_writer(self, token):
        with self.observer.changed:
            if self._fifo is not None:
                os.write(self._fifo, f"{token}\n".encode())

    def _finish(self):
        super()._finish()
        with self.observer.changed:
            if self._fifo is not None:
                os.close(self._fifo)
                self._fifo = None


def database(directory):
    return os.path.join(directory, "resource")


class HaFleet(PodFleet):
    node_grace = 1200  # some faults last a minute, and a step may wait for more than one of them

    def __init__(self, *arguments):
        super().__init__(*arguments)
        writer.make_resource(database(self.directory))

    def server_for_pod(self):
        return self.shared.cluster.seat(self._dice.randrange(MACHINES))

    def make_process(self, name, command, environment):
        return HaCandidate(name, command, environment, self.directory, self.checker, self.namespace.lock)


class HaHistory(History):
    actions = {**{kind: ACTIONS[kind] for kind in ACTIONS if kind != "wire"}, "move": move}
    fleet_type, checker_type = HaFleet, HaChecker

    def operations(self):
        """To be called when all have ended."""
        found = list(operations.of_terms(self.checker.terms, lambda process: process.begun))
        for process in self.checker.processes:
            found += operations.of_file(process.operations, len(found))
        return [*found, self._last_read(len(found))]

    def abandon(self):
        super().abandon()
        for fleet_pod in self.fleet.fleet_pods if self.fleet else ():
            self.shared.cluster.balancer.leave(fleet_pod.files.server)

    def _last_read(self, client):
        call = now_ms()
        with writer.opened(database(self.fleet.directory)) as connection:
            value, newest = writer.read(connection, self.fleet.namespace.lock)
        return {"client": client, "kind": "read", "value": value, "newest": newest, "call": round(call * 1e6),
                "return": round(now_ms() * 1e6)}


class HaRound(Round):
    """shared(program) is what all histories share whose candidates are that program."""

    suite = "ha"

    def make_history(self, shared, number):
        of_its_program = shared(plan.PROGRAMS[number % len(plan.PROGRAMS)])
        return HaHistory(of_its_program, plan.history(self.seed, number), f"history {number}")

    def note(self, text):
        """What happens to all."""
        for history in self.histories.values():
            history.checker.note(text)

    def judge_operations(self, folder):
        """The reports of those that cannot have happened one after the other. Fills `operations` of the good ones."""
        places = {history: place for place, history in self.histories.items()}
        found = {str(places[history]): history.operations() for history in self.good}
        verdicts = operations.judge(found, folder)
        reports = []
        for place, said in verdicts.items():
            history = self.histories[int(place)]
            history.judged = found[place]
            if said["verdict"] != "Ok":
                told = "\n".join(str(operation) for operation in found[place])
                reports.append(self._report(int(place), AssertionError(
                    f"not linearizable: {said['verdict']}, see {said['picture']}")) + f"\n{told}")
        return reports
