# SPDX-License-Identifier: Apache-2.0
"""The examples in C do what their first lines say, on the embedded lock."""

import os
import queue
import re
import secrets
import signal
import sqlite3
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = Path(os.environ.get("LEADERLIFE_BUILD", ROOT / "build")) / "release" / "examples"
HANG_S = 60
NOT_INHERITED = ("KUBE", "POD_", "LEADERLIFE_")


class Candidate:
    """A running example; what it says comes line by line."""

    def __init__(self, name, *arguments):
        environment = {key: value for key, value in os.environ.items() if not key.startswith(NOT_INHERITED)}
        self.child = subprocess.Popen([EXAMPLES / name, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True, env=environment)
        self.lines = queue.Queue()
        self.said = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.child.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def hear(self, pattern):
        """The next line that matches."""
        while True:
            try:
                line = self.lines.get(timeout=HANG_S)
            except queue.Empty:
                line = None
            assert line is not None, f"never said {pattern!r}; said {self.said}"
            self.said.append(line)
            if re.fullmatch(f"{self.child.pid}: {pattern}", line):
                return line

    def say(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()

    def end(self):
        return self.child.wait(timeout=HANG_S)


@pytest.fixture
def start():
    assert EXAMPLES.exists(), f"{EXAMPLES} is missing: run script/build"
    started = []

    def start_one(*arguments):
        started.append(Candidate(*arguments))
        return started[-1]

    yield start_one
    for one in started:
        one.child.kill()
        one.child.wait()
        one.child.stdin.close()


@pytest.fixture
def lock():
    return "example-" + secrets.token_hex(6)


@pytest.mark.parametrize("name", ["blocking", "poll", "epoll"])
def test_wrong_use_and_wrong_names_are_refused(start, name):
    assert start(name).end() == 2
    refused = start(name, "Not A Name")
    assert refused.end() == 1
    assert "invalid lock name" in refused.lines.get(timeout=HANG_S) + (refused.lines.get(timeout=HANG_S) or "")


def test_blocking_leads_until_it_is_killed_and_the_next_one_takes_over(start, lock):
    first, second = start("blocking", lock), None
    first.hear("became leader, token [0-9]+")
    second = start("blocking", lock)
    second.hear("waiting")
    first.child.kill()
    second.hear("became leader, token [0-9]+")


def test_blocking_takes_options(start, lock):
    start("blocking", lock, "backend=local", "pod-network=any").hear("became leader, .*")
    refused = start("blocking", lock, "backend=local", "pod-network")
    refused.hear("option 'pod-network' cannot be ''.* pod or any.*")
    assert refused.end() == 1


def test_blocking_gives_back_at_sigterm(start, lock):
    first = start("blocking", lock)
    first.hear("became leader, .*")
    second = start("blocking", lock)
    second.hear("waiting")
    first.child.send_signal(signal.SIGTERM)
    assert first.end() == 0
    first.hear("no longer leader")
    second.hear("became leader, .*")
    second.child.send_signal(signal.SIGINT)
    assert second.end() == 0


def test_poll_works_while_it_leads_and_resigns_at_the_end_of_its_input(start, lock):
    first = start("poll", lock)
    first.hear("leader")
    second = start("poll", lock)
    second.hear("standby")
    for _ in range(3):
        first.say("work")
        second.say("work")
        first.hear("done")
        second.hear("refused")
    first.child.stdin.close()
    assert first.end() == 0
    first.hear("resigned")
    second.hear("leader")
    second.say("work")
    second.hear("done")


def test_epoll_takes_signals_and_the_election_in_one_loop(start, lock):
    first = start("epoll", lock)
    first.hear("leader")
    second, third = start("epoll", lock), start("epoll", lock)
    second.hear("standby")
    third.hear("standby")
    third.child.send_signal(signal.SIGTERM)  # one that only waits
    assert third.end() == 0
    first.child.send_signal(signal.SIGTERM)
    assert first.end() == 0
    first.hear("closed")
    second.hear("leader")


def test_all_examples_contend_for_one_lock(start, lock):
    first = start("poll", lock)
    first.hear("leader")
    others = [start("epoll", lock), start("poll", lock)]
    for other in others:
        other.hear("standby")
    first.child.kill()
    assert first.end() == -signal.SIGKILL
    leaders = 0
    for other in others:
        try:
            while "leader" not in (other.lines.get(timeout=2) or ""):
                pass
            leaders += 1
        except queue.Empty:
            pass
    assert leaders == 1


# fenced: rows in SQLite, which refuses the tokens of earlier leaders


class Database:
    """What a person sees who looks at the database beside the example. Every `with` is one transaction that holds the
    database's only write lock, so nothing that the example does falls into its middle."""

    def __init__(self, path):
        self.path = path
        self._connection = sqlite3.connect(path, timeout=HANG_S, isolation_level=None)

    def __enter__(self):
        self._connection.execute("BEGIN IMMEDIATE")
        return self

    def __exit__(self, kind, *_):
        self._connection.execute("ROLLBACK" if kind else "COMMIT")

    def rows(self, lock):
        """(number, token) in the order of their numbers."""
        return self._connection.execute("SELECT number, token FROM work WHERE lock = ? ORDER BY number",
                                        (lock,)).fetchall()

    def greatest(self, lock):
        return self._connection.execute("SELECT token FROM fence WHERE lock = ?", (lock,)).fetchone()[0]

    def pretend(self, lock, token):
        """As if a leader with that token had written."""
        self._connection.execute("REPLACE INTO fence (lock, token) VALUES (?, ?)", (lock, token))

    def insert(self, lock, token, how="INSERT"):
        self._connection.execute(f"{how} INTO work (lock, token) VALUES (?, ?)", (lock, token))

    def close(self):
        self._connection.close()


@pytest.fixture
def database(tmp_path):
    assert (EXAMPLES / "fenced").exists(), f"{EXAMPLES}/fenced is missing: install libsqlite3-dev and run script/build"
    with closing(Database(tmp_path / "database")) as made:
        yield made


def wrote(candidate, number="[0-9]+"):
    """The token with which it has written the next such row."""
    return candidate.hear(f"wrote {number} with token [0-9]+").split()[-1]


def age(token):
    return len(token), token


def test_fenced_writes_rows_until_sigterm_and_gives_back(start, lock, database):
    first = start("fenced", lock, database.path)
    first.hear("working")
    token = wrote(first, 1)
    second = start("fenced", lock, database.path)
    second.hear("waiting")
    assert [wrote(first, 2), wrote(first, 3)] == [token, token]
    first.child.send_signal(signal.SIGTERM)
    assert first.end() == 0
    later = wrote(second)
    assert age(later) > age(token)
    with database:
        rows = database.rows(lock)
    assert [number for number, _ in rows] == list(range(1, len(rows) + 1))
    assert {token, later} == {written for _, written in rows}


def test_fenced_second_writes_after_the_first_was_killed(start, lock, database):
    first = start("fenced", lock, database.path)
    token = wrote(first)
    second = start("fenced", lock, database.path)
    second.hear("waiting")
    wrote(first)
    with database:  # whoever writes waits meanwhile
        before = database.rows(lock)
        first.child.kill()
        first.child.wait()
    assert {written for _, written in before} == {token}
    later = wrote(second)
    wrote(second)
    assert age(later) > age(token)
    with database:
        rows = database.rows(lock)
    assert rows[:len(before)] == before
    assert {written for _, written in rows[len(before):]} == {later}


REFUSED = {
    "one-more": lambda token: str(int(token) + 1),
    "longer-but-less-as-text": lambda token: "1" + "0" * len(token),
    "beyond-all-integers": lambda token: "1" + "0" * 40,
}
ACCEPTED = {
    "one-less": lambda token: str(int(token) - 1),
    "the-same": lambda token: token,
    "shorter-but-greater-as-text": lambda token: "9" * (len(token) - 1),
}


@pytest.mark.parametrize("greater", REFUSED.values(), ids=REFUSED)
def test_fenced_is_refused_when_a_greater_token_was_there(start, lock, database, greater):
    candidate = start("fenced", lock, database.path)
    token = wrote(candidate)
    with database:
        before = database.rows(lock)
        database.pretend(lock, greater(token))
    assert candidate.end() == 3
    candidate.hear(f"refused: token {token} is older than {greater(token)}")
    with database:
        assert database.rows(lock) == before
        assert database.greatest(lock) == greater(token)


@pytest.mark.parametrize("less", ACCEPTED.values(), ids=ACCEPTED)
def test_fenced_goes_on_when_no_greater_token_was_there(start, lock, database, less):
    candidate = start("fenced", lock, database.path)
    token = wrote(candidate)
    with database:
        count = len(database.rows(lock))
        database.pretend(lock, less(token))
        database.pretend("another-" + lock, "9" * 40)  # every lock has tokens of its own
    assert wrote(candidate, count + 1) == token
    with database:
        assert database.greatest(lock) == token


# The token that was there, one that comes, and whether it may.
ORDER = [("99", "100", True), ("100", "99", False), ("100", "100", True), ("9", "10", True), ("10", "9", False),
         ("18446744073709551616", "18446744073709551615", False), ("9" * 40, "1" + "0" * 40, True),
         ("1" + "0" * 40, "9" * 40, False)]


@pytest.mark.parametrize("how", ["INSERT", "INSERT OR IGNORE", "INSERT OR REPLACE"])
def test_fenced_database_refuses_by_itself_whoever_writes(start, lock, database, how):
    wrote(start("fenced", lock, database.path))
    for there, comes, may in ORDER:
        other = f"from-{there}-to-{comes}"
        with database:
            database.insert(other, there)
            if may:
                database.insert(other, comes, how)
            else:
                with pytest.raises(sqlite3.IntegrityError, match="older token"):
                    database.insert(other, comes, how)
            assert database.greatest(other) == (comes if may else there)
            assert [token for _, token in database.rows(other)] == [there, comes][:1 + may]


def test_fenced_waits_for_a_locked_database(start, lock, database):
    candidate = start("fenced", lock, database.path)
    wrote(candidate)
    with database:
        time.sleep(2)  # longer than a piece of work: its write finds the lock
        count = len(database.rows(lock))
    wrote(candidate, count + 1)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_fenced_wants_two_arguments(start, lock, database, count):
    candidate = start("fenced", *[lock] * count)
    assert candidate.end() == 2
    assert "usage: fenced LOCK DATABASE" in candidate.lines.get(timeout=HANG_S)


def test_fenced_says_what_is_wrong_with_the_database(start, lock, database, tmp_path):
    (tmp_path / "text").write_text("This is no database. " * 100, encoding="ascii")
    for path, cause in ((tmp_path / "absent" / "database", "unable to open database file"),
                        (tmp_path, "unable to open database file"), (tmp_path / "text", "file is not a database")):
        candidate = start("fenced", lock, path)
        assert candidate.end() == 2
        said = candidate.lines.get(timeout=HANG_S)
        assert cause in said and "name an unlocked SQLite file in a folder you may write to" in said


def test_fenced_refuses_wrong_names(start, database):
    candidate = start("fenced", "Not A Name", database.path)
    assert candidate.end() == 1
    candidate.hear("waiting")
    candidate.hear("invalid lock name.*")
