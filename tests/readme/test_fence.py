# SPDX-License-Identifier: Apache-2.0
"""The fence of docs/howto/fencing.md refuses the tokens of earlier leaders, in SQLite as it is."""

import sqlite3

import pytest

from .pages import to_run


@pytest.fixture
def database():
    made = sqlite3.connect(":memory:", isolation_level=None)
    made.execute("CREATE TABLE work (lock TEXT, token TEXT)")
    block, = to_run("sql", "tests/readme/test_fence.py")
    made.executescript(block.code)
    return made


@pytest.fixture
def guarded(database):
    """With the trigger for updates, made as the page says."""
    insert, = to_run("sql", "tests/readme/test_fence.py")
    trigger = insert.code[insert.code.index("CREATE TRIGGER"):]
    database.executescript(trigger.replace("refuse_older", "refuse_older_updates").replace("INSERT ON", "UPDATE ON"))
    return database


def write(database, token, lock="a"):
    database.execute("INSERT INTO work VALUES (?, ?)", (lock, token))


def test_newer_and_the_same_token_may_write(database):
    for token in ("99", "99", "100", "100000000000000000000000000000000000001"):
        write(database, token)
    write(database, "1", lock="b")
    assert database.execute("SELECT count(*) FROM work").fetchone() == (5,)


@pytest.mark.parametrize("new, old", [("100", "99"), ("101", "100"), ("20", "19"),
                                      ("100000000000000000000000000000000000001", "99999999999999999999")])
def test_an_older_token_is_refused_and_leaves_no_row(database, new, old):
    write(database, new)
    with pytest.raises(sqlite3.IntegrityError, match="older token"):
        write(database, old)
    assert database.execute("SELECT token FROM work").fetchall() == [(new,)]
    write(database, new)


def test_an_update_with_an_older_token_is_refused(guarded):
    write(guarded, "99")
    guarded.execute("UPDATE work SET token = '100'")
    with pytest.raises(sqlite3.IntegrityError, match="older token"):
        guarded.execute("UPDATE work SET token = '99'")


def test_an_update_before_the_delete_refuses_it(guarded):
    def delete(token):
        guarded.execute("BEGIN IMMEDIATE")
        try:
            guarded.execute("UPDATE work SET token = ?", (token,))
            guarded.execute("DELETE FROM work")
            guarded.execute("COMMIT")
        except sqlite3.IntegrityError:
            guarded.execute("ROLLBACK")
            raise
    write(guarded, "100")
    with pytest.raises(sqlite3.IntegrityError, match="older token"):
        delete("99")
    assert guarded.execute("SELECT count(*) FROM work").fetchone() == (1,)
    delete("100")
    assert guarded.execute("SELECT count(*) FROM work").fetchone() == (0,)
