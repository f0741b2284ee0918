# SPDX-License-Identifier: Apache-2.0
"""What fencing tokens are for, on a real control plane: a leader that has been
declared dead while it was only frozen comes back in the middle of its work, and
the database refuses its write."""

import os
import re
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from controlplane.pods import Namespace, running
from controlplane.process import Process, wait_for
from scenarios.observer import HANG

ROOT = Path(__file__).resolve().parents[2]
FENCED = Path(os.environ.get("LEADERLIFE_BUILD", ROOT / "build")) / "release" / "examples" / "fenced"


class Database:
    """What all of them write to, seen from beside."""

    def __init__(self, path):
        self.path = str(path)

    def tokens(self):
        """Of all rows, in their order."""
        with closing(sqlite3.connect(self.path, timeout=HANG)) as connection:
            return [token for token, in connection.execute("SELECT token FROM work ORDER BY number")]

    def tokens_when_idle(self):
        """The same, or None when somebody is inside a transaction."""
        with closing(sqlite3.connect(self.path, timeout=0, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError:
                return None
            return [token for token, in connection.execute("SELECT token FROM work ORDER BY number")]


class Fenced:
    """The example as the container of one pod."""

    def __init__(self, namespace, name, database, directory):
        self.database = database
        self.pod = namespace.pod(name)
        self.pod.set_status(phase="Running", containerStatuses=[running()])
        folder = directory / name
        folder.mkdir()
        files = self.pod.candidate(directory=str(folder))
        self.process = Process(name, [FENCED, namespace.lock, database.path], str(folder), files.environment())
        self.process.start()

    def said(self):
        """Its lines, without its pid and without one that is not finished."""
        lines = Path(self.process.log_path).read_text(encoding="utf-8").split("\n")[:-1]
        return [line.removeprefix(f"{self.process.pid}: ") for line in lines]

    def wrote(self):
        """The token of each row that it says to have written."""
        return re.findall("^wrote [0-9]+ with token ([0-9]+)$", "\n".join(self.said()), re.MULTILINE)

    def writes(self, more=1):
        """Waits for so many rows more than there are; returns their token."""
        count = len(self.wrote()) + more
        self.process.wait_until(f"{count} rows written", lambda: len(self.wrote()) >= count, HANG)
        return self.wrote()[-1]

    def waits(self):
        self.process.wait_until("waiting", lambda: "waiting" in self.said(), HANG)

    def freeze_in_work(self):
        """Between "working" and the write. Where it really stands is known only
        when it stands still: if that is elsewhere, it goes on and is stopped again."""
        def frozen():
            self.process.wait_until("working", lambda: self.said()[-1] == "working", HANG)
            self.process.pause()
            wait_for("its standstill", self._stands_still, HANG)
            if self.said()[-1] == "working" and self.database.tokens_when_idle() == self.wrote():
                return True
            self.process.resume()
            return False
        wait_for("a standstill in its work", frozen, HANG)

    def _stands_still(self):
        stat = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8")
        return stat.rpartition(")")[2].split()[0] == "T"

    def end(self):
        """Its exit status."""
        return self.process.child.wait(HANG)


@pytest.fixture
def database(tmp_path):
    return Database(tmp_path / "database")


@pytest.fixture
def space(cluster):
    return Namespace(cluster)


@pytest.fixture
def play(space, database, tmp_path):
    assert FENCED.exists(), f"{FENCED} is missing: install libsqlite3-dev and run script/build"
    started = []

    def play_one(name):
        started.append(Fenced(space, name, database, tmp_path))
        return started[-1]

    yield play_one
    for one in started:
        one.process.stop()


def age(token):
    return len(token), token


def test_a_leader_that_was_frozen_in_its_work_is_refused(play, database):
    a = play("a")
    past = a.writes()
    b = play("b")
    b.waits()
    a.freeze_in_work()
    # Against what is assumed: its process is only frozen.
    a.pod.delete(grace=0)
    present = b.writes(2)
    assert age(present) > age(past)

    a.process.resume()
    assert a.end() == 3
    assert a.said()[-1] == f"refused: token {past} is older than {present}"
    b.writes(2)
    tokens = database.tokens()
    assert set(tokens[:tokens.index(present)]) == {past}
    assert set(tokens[tokens.index(present):]) == {present}
    assert tokens == sorted(tokens, key=age)


def test_a_leader_gives_back_at_sigterm(play, space, database):
    a = play("a")
    past = a.writes()
    b = play("b")
    b.waits()
    a.process.child.send_signal(signal.SIGTERM)
    assert a.end() == 0
    # Its pod is still there: only what was given back can be taken.
    assert a.pod.phase() == "Running"
    present = b.writes()
    assert database.tokens() == sorted(database.tokens(), key=age)
    assert age(present) > age(past)
    b.process.child.send_signal(signal.SIGTERM)
    assert b.end() == 0
    assert space.lock_object() is None


def test_a_leader_whose_pod_is_gone_says_why_it_ends(play):
    a = play("a")
    a.writes()
    a.pod.delete(grace=0)
    assert a.end() == 1
    assert f"pod a with UID {a.pod.uid} is gone" in a.said()[-1]
