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
