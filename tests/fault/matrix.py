# SPDX-License-Identifier: Apache-2.0
"""The cells, and the run that plays them: a few candidate processes, each with
several cells at a time, each cell with a namespace, a lock and endpoints of its own."""

import os
import queue
import re
import threading
import traceback
from dataclasses import dataclass

from .cell_run import Outcome, CellRun
from .fault_columns import COLUMNS
from .request_rows import ROWS
from .shared_candidate import SharedCandidate

PROCESSES = 6
CELLS_PER_PROCESS = 8  # a candidate has 16 handles, a cell two
TALKATIVE = 50  # so many cells or less log all they do; for more that is too much work


@dataclass(frozen=True)
class Cell:
    """rival_at_once: b comes as soon as the fault has hit, so that it may win; else when a is elected."""
    row: object
    column: object
    http1: bool
    rival_at_once: bool

    def __str__(self):
        name = re.sub(r"[^A-Za-z0-9]+", "-", f"{self.row.name}..{self.column.name}".replace("..", "--x--"))
        return f"{'h1' if self.http1 else 'h2'}-{name}"

    def __hash__(self):
        return hash(str(self))


def all_cells(http1):
    """In every second cell, by the places of row and column, the rival comes at once."""
    return [Cell(row, column, http1, (down + across) % 2 == 0)
            for down, row in enumerate(ROWS) for across, column in enumerate(COLUMNS)
            if column.fits(row) and not (http1 and column.http2)]


def mixed(cells):
    """Cells that wait for 15 s (P10) among those that work, and none of them at the end."""
    waiting = [cell for cell in cells if cell.row.situation == "resign"]
    working = [cell for cell in cells if cell.row.situation != "resign"]
    place = {cell: (number + 0.5) / len(waiting) * 0.8 for number, cell in enumerate(waiting)}
    place.update((cell, (number + 0.5) / len(working)) for number, cell in enumerate(working))
    return sorted(cells, key=place.get)


class Matrix:
    """run() plays cells; outcomes: {cell: Outcome}."""

    def __init__(self, server, command, directory):
        self.server = server
        self.outcomes = {}
        self._directory = directory
        self._command = command
        self._left = queue.SimpleQueue()
        self._numbers = iter(range(1, 10 ** 9))
        self._token_file = os.path.join(directory, "token")
        with open(self._token_file, "w", encoding="ascii") as file:
            file.write(server.token)

    def run(self, cells):
        self._log_level = "debug" if len(cells) <= TALKATIVE else "warning"
        for cell in mixed(cells):
            self._left.put((next(self._numbers), cell))
        # From this thread: the kernel ends a process with the thread that started it.
        self.candidates = [SharedCandidate(f"shared{number}", self._command, self._directory)
                           for number in range(PROCESSES)]
        workers = [threading.Thread(target=self._work, args=(candidate,), daemon=True)
                   for candidate in self.candidates for _ in range(CELLS_PER_PROCESS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        while (item := self._next()) is not None:
            self.outcomes[item[1]] = Outcome(trouble="not played: no process was left to play it")

    def end(self):
        """All processes, which must have nothing to say about it."""
        for candidate in self.candidates:
            candidate.end()

    def abandon(self):
        for candidate in self.candidates:
            candidate.abandon()

    def _next(self):
        try:
            return self._left.get_nowait()
        except queue.Empty:
            return None

    def _work(self, candidate):
        while candidate.child.poll() is None and (item := self._next()) is not None:
            number, cell = item
            self.outcomes[cell] = self._play(candidate, number, cell)

    def _play(self, candidate, number, cell):
        run = CellRun(self.server, candidate, number, cell, self._token_file, self._log_level)
        outcome = Outcome()
        try:
            run.open()
            run.run(outcome)
        except BaseException as error:  # judged by the cell's test
            outcome.trouble = f"{type(error).__name__}: {error}"
            if not isinstance(error, AssertionError):
                outcome.trouble += "\n" + traceback.format_exc()
            outcome.story = candidate.observer.story(set(run.ids.values()))
        try:
            run.close()
        except BaseException as error:
            outcome.trouble = outcome.trouble or f"at its end: {error}"
        return outcome
