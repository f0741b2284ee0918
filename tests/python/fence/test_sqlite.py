# SPDX-License-Identifier: Apache-2.0
"""fence.sqlite() in every mode of the module sqlite3, and what befalls a block."""

import contextlib
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import leaderlife
import pytest
from leaderlife import fence

from controlplane.fixtures import require
from controlplane.process import Process
from python.install import pythons

MODES = {"legacy": {}, "immediate": {"isolation_level": "IMMEDIATE"}, "autocommit": {"isolation_level": None}}


@pytest.fixture
def connect(tmp_path):
    """Connections to one database, with a table."""
    opened = []

    def connect_one(**mode):
        opened.append(sqlite3.connect(tmp_path / "work.db", **{"timeout": 60, **mode}))
        return opened[-1]

    with contextlib.closing(sqlite3.connect(tmp_path / "work.db")) as first:
        first.execute("CREATE TABLE work (text TEXT)")
    yield connect_one
    for connection in opened:
        connection.close()


def insert(connection, text):
    connection.execute("INSERT INTO work VALUES (?)", (text,))


def texts(connect):
    return [text for text, in connect().execute("SELECT text FROM work ORDER BY rowid")]


@pytest.mark.parametrize("journal", ["delete", "wal"])
@pytest.mark.parametrize("mode", MODES)
def test_every_mode(connect, mode, journal):
    new, old = connect(**MODES[mode]), connect(**MODES[mode])
    new.execute(f"PRAGMA journal_mode = {journal}")
    for text in ("first", "second"):
        with fence.sqlite(new, "lock", "20") as connection:
            assert connection is new
            insert(new, text)
        assert not new.in_transaction
    with pytest.raises(fence.StaleTokenError):
        with fence.sqlite(old, "lock", "19"):
            insert(old, "old")
    assert not old.in_transaction
    assert texts(connect) == ["first", "second"]


def test_an_exception_in_the_block_undoes_all_of_it_and_the_fence_too(connect):
    connection = connect()
    with pytest.raises(ZeroDivisionError):
        with fence.sqlite(connection, "lock", "20"):
            insert(connection, "undone")
            raise ZeroDivisionError
    with fence.sqlite(connection, "lock", "19"):
        insert(connection, "kept")
    assert texts(connect) == ["kept"]


def test_row_and_text_factories_do_not_matter(connect):
    connection = connect()
    connection.row_factory = lambda cursor, row: {"row": row}
    connection.text_factory = bytes
    with fence.sqlite(connection, "lock", "20"):
        pass
    with pytest.raises(fence.StaleTokenError, match="token 19 is older than 20"):
        with fence.sqlite(connection, "lock", "19"):
            pass


@pytest.mark.parametrize("mode", MODES)
def test_an_open_transaction_is_refused(connect, mode):
    connection = connect(**MODES[mode])
    if mode == "autocommit":
        connection.execute("BEGIN")
    insert(connection, "before")
    with pytest.raises(leaderlife.StateError, match="commit it first, or say join=True"):
        with fence.sqlite(connection, "lock", "20"):
            insert(connection, "inside")
    assert connection.in_transaction
    connection.rollback()


def test_a_block_that_joins_is_a_part_of_the_transaction(connect):
    connection = connect(timeout=0.1)
    insert(connection, "before")
    with fence.sqlite(connection, "lock", "20", join=True):
        insert(connection, "inside")
    with pytest.raises(ZeroDivisionError):
        with fence.sqlite(connection, "lock", "21", join=True):
            insert(connection, "undone")
            raise ZeroDivisionError
    assert connection.in_transaction and texts(connect) == []
    other = connect(timeout=0)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        with fence.sqlite(other, "lock", "30"):
            pass
    connection.commit()
    assert texts(connect) == ["before", "inside"]


def test_a_block_that_joins_begins_a_transaction_where_the_module_would(connect):
    connection = connect()
    with fence.sqlite(connection, "lock", "20", join=True):
        insert(connection, "inside")
    assert connection.in_transaction and texts(connect) == []
    connection.commit()
    assert texts(connect) == ["inside"]
    with pytest.raises(fence.StaleTokenError):
        with fence.sqlite(connection, "lock", "19", join=True):
            pass
    assert not connection.in_transaction  # or it would keep its successor from writing
    with pytest.raises(leaderlife.StateError, match="begin one first"):
        with fence.sqlite(connect(isolation_level=None), "lock", "20", join=True):
            pass


@pytest.mark.parametrize("ending", ["commit", "rollback", "executescript", "with"])
def test_a_block_that_ends_its_transaction_is_told_of(connect, ending):
    connection = connect()
    ways = {"commit": connection.commit, "rollback": connection.rollback,
            "executescript": lambda: connection.executescript("SELECT 1"),
            "with": lambda: connection.__exit__(None, None, None)}
    for join in (False, True):
        if join:
            insert(connection, "before")
        with pytest.raises(leaderlife.StateError, match="ended inside the block"):
            with fence.sqlite(connection, "lock", "20", join=join):
                ways[ending]()
                insert(connection, "unfenced")
        assert join or not connection.in_transaction
        connection.rollback()
    assert "unfenced" not in texts(connect), "what the module's next transaction held is undone"


FROZEN_INSIDE = """\
import sqlite3, sys, time
from leaderlife import fence
connection = sqlite3.connect(sys.argv[1])
with fence.sqlite(connection, "lock", "10"):
    connection.execute("INSERT INTO work VALUES ('old')")
    print("inside", flush=True)
    time.sleep(600)
"""


def test_a_leader_that_is_frozen_inside_keeps_others_from_writing_until_it_ends(connect, tmp_path, package):
    old = Process("old", [sys.executable, "-c", FROZEN_INSIDE, tmp_path / "work.db"], str(tmp_path),
                  {"PYTHONPATH": str(package)})
    old.start()
    try:
        old.wait_until("inside", lambda: "inside" in old.log_tail())
        old.pause()
        new = connect(timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            with fence.sqlite(new, "lock", "20"):
                insert(new, "new")
    finally:
        old.stop(signal.SIGKILL)
    with fence.sqlite(new, "lock", "20"):
        insert(new, "new")
    assert texts(connect) == ["new"]


STUB = "def status_name(code): return None\ndef strerror(code): return ''\n"
NEWER = """\
import sqlite3, sys
from leaderlife import errors, fence

def texts():
    return [text for text, in sqlite3.connect(path).execute("SELECT text FROM work ORDER BY rowid")]

for number, mode in enumerate([True, False, sqlite3.LEGACY_TRANSACTION_CONTROL]):
    path = f"{sys.argv[1]}/{number}.db"
    sqlite3.connect(path).executescript("PRAGMA journal_mode = wal; CREATE TABLE work (text TEXT)")
    new, old = (sqlite3.connect(path, autocommit=mode) for _ in range(2))
    for text in "ab":
        with fence.sqlite(new, "lock", "20"):
            new.execute("INSERT INTO work VALUES (?)", (text,))
        assert texts() == ["a", "b"][:ord(text) - 96], (mode, texts())
    try:
        with fence.sqlite(old, "lock", "19"):
            old.execute("INSERT INTO work VALUES ('old')")
    except fence.StaleTokenError:
        pass
    else:
        sys.exit(f"an older token may write ({mode})")
    try:
        with fence.sqlite(new, "lock", "20"):
            new.execute("INSERT INTO work VALUES ('undone')")
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    with fence.sqlite(new, "lock", "20"):
        new.execute("INSERT INTO work VALUES ('c')")
    assert texts() == ["a", "b", "c"], (mode, texts())
    assert new.in_transaction == old.in_transaction == (mode is False)
    if mode is False:  # another one writes when the block has just begun, before it has written anything
        def write_beside(statement):
            if statement.startswith("INSERT INTO main.leaderlife_fence"):
                new.set_trace_callback(None)
                sqlite3.connect(path, autocommit=True).execute("INSERT INTO work VALUES ('beside')")
        new.set_trace_callback(write_beside)
        with fence.sqlite(new, "lock", "20"):
            new.execute("INSERT INTO work VALUES ('d')")
        assert texts() == ["a", "b", "c", "beside", "d"], texts()
    elif mode is True:
        try:
            with fence.sqlite(new, "lock", "20", join=True):
                sys.exit("there is nothing to join")
        except errors.StateError:
            pass
print("every mode works")
"""


def test_the_modes_of_newer_pythons(tmp_path, package):
    """From 3.12 on. The compiled module may be for one Python alone, so there is a stub in its place."""
    python = next(filter(None, map(pythons.find, (13, 12))), None)
    if python is None:
        require("python3.12", "the mode autocommit of sqlite3 needs a newer Python")
    copy = tmp_path / "package" / "leaderlife"
    copy.mkdir(parents=True)
    for name in ("fence.py", "errors.py", "_arguments.py"):
        shutil.copy(Path(package) / "leaderlife" / name, copy)
    (copy / "capi.py").write_text(STUB, encoding="utf-8")
    (copy / "__init__.py").touch()
    done = subprocess.run([python, "-B", "-c", NEWER, tmp_path], env={"PYTHONPATH": str(copy.parent)}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    assert done.stdout == "every mode works\n"
