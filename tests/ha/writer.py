# SPDX-License-Identifier: Apache-2.0
"""The work of a candidate, whatever its language: the process becomes the candidate
program, and a child of it in its process group writes to a SQLite resource through
leaderlife.fence as long as it leads. So both are frozen and killed together.

    writer.py FIFO DATABASE OPERATIONS LOCK COMMAND...

FIFO tells what the candidate has said: a line with the token, or an empty one when
it leads no longer. OPERATIONS gets a line when a write begins, and another one when it
has ended (operations.py reads them)."""

import contextlib
import ctypes
import json
import os
import random
import select
import signal
import sqlite3
import sys
import time

WAITS = 5  # seconds, for a database that another writer keeps
PAUSE = 0.2  # seconds at most between two writes
INSIDE = 0.03  # and inside of one in five, so that some are frozen or killed there
LATE = 5  # writes at most of a program that goes on when it leads no longer
PR_SET_PDEATHSIG = 1


class Writer:
    def __init__(self, fifo, database, operations, lock):
        self._fence = self._connection = None  # until it writes: most never lead, and all load at the same time
        self._fifo = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        self._database = database
        self._file = os.open(operations, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._lock, self._count = lock, 0
        self._heard = b""
        self._token = None

    def work(self):
        while True:
            late = self._token
            self._hear()
            if self._token:
                self.write(self._token)
                self.read()
            elif late:
                for _ in range(random.randint(0, LATE)):
                    time.sleep(random.random() * PAUSE)
                    self.write(late)
            time.sleep(random.random() * PAUSE)

    def _hear(self):
        """Waits as long as there is nothing to do."""
        select.select([self._fifo], [], [], 0 if self._token else None)
        try:
            self._heard += os.read(self._fifo, 65536)
        except BlockingIOError:
            return
        *lines, self._heard = self._heard.split(b"\n")
        for line in lines:
            self._token = line.decode() or None

    def _open(self):
        from leaderlife import fence
        self._fence = fence
        self._connection = sqlite3.connect(self._database, timeout=WAITS, isolation_level=None)
        self._connection.execute("PRAGMA synchronous = OFF")

    def write(self, token):
        if self._connection is None:
            self._open()
        self._count += 1
        value = f"{os.getpid()}.{self._count}"
        self._tell(kind="write", token=int(token), value=value, call=time.monotonic_ns())
        begun = False
        try:
            with self._fence.sqlite(self._connection, self._lock, token):
                begun = True
                self._connection.execute("UPDATE resource SET value = ?", (value,))
                if random.random() < 0.2:
                    time.sleep(random.random() * INSIDE)
            ended = {"outcome": "accepted"}
        except self._fence.StaleTokenError as error:
            ended = {"outcome": "refused", "newest": int(error.newest)}
        except sqlite3.OperationalError:  # the database was not to be had
            ended = {"outcome": "unknown" if begun else "none"}
        self._tell(**ended, **{"return": time.monotonic_ns()})

    def read(self):
        call = time.monotonic_ns()
        found = read(self._connection, self._lock)
        if found:
            self._tell(kind="read", value=found[0], newest=found[1], call=call, **{"return": time.monotonic_ns()})

    def _tell(self, **line):
        os.write(self._file, json.dumps(line).encode() + b"\n")


def read(connection, lock):
    """(value, newest token that has written), by one statement; None if the database was not to be had."""
    try:
        value, newest = connection.execute(
            "SELECT value, (SELECT token FROM leaderlife_fence WHERE lock = ?) FROM resource", (lock,)).fetchone()
    except sqlite3.OperationalError as error:
        return ("", 0) if "no such table: leaderlife_fence" in str(error) else None
    return value, int(newest or 0)


def opened(database):
    return contextlib.closing(sqlite3.connect(database, timeout=WAITS, isolation_level=None))


def make_resource(database):
    with opened(database) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE resource (value TEXT NOT NULL)")
        connection.execute("INSERT INTO resource VALUES ('')")


def main(fifo, database, operations, lock, *command):
    parent = os.getpid()
    if os.fork():
        os.execvp(command[0], command)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    Writer(fifo, database, operations, lock).work()


if __name__ == "__main__":
    main(*sys.argv[1:])
