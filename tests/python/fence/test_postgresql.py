# SPDX-License-Identifier: Apache-2.0
"""fence.postgresql() at every isolation level, with the least rights, and what befalls a block."""

import contextlib
import signal
import sys
import threading

import leaderlife
import psycopg
import pytest
from leaderlife import fence
from psycopg.rows import dict_row

from controlplane.process import Process, wait_for

HANG_S = 60


@pytest.fixture
def database(postgresql, package):
    """A server with an empty table."""
    with postgresql.connect() as connection:
        connection.execute("DROP TABLE IF EXISTS work, leaderlife_fence")
        connection.execute("CREATE TABLE work (number bigserial, text text)")
        connection.execute(fence.POSTGRESQL_TABLE)
    return postgresql


@pytest.fixture
def connect(database):
    with contextlib.ExitStack() as opened:
        yield lambda **options: opened.enter_context(contextlib.closing(database.connect(**options)))


def insert(cursor, text):
    cursor.execute("INSERT INTO work (text) VALUES (%s)", (text,))


def texts(connect):
    return [text for text, in connect().execute("SELECT text FROM work ORDER BY number")]


def waiting(connect):
    """How many sessions wait for a lock."""
    return connect().execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").fetchone()[0]


@pytest.mark.parametrize("autocommit", [True, False])
def test_both_modes_of_psycopg(connect, autocommit):
    new, old = connect(autocommit=autocommit), connect(autocommit=autocommit)
    for text in ("first", "second"):
        with fence.postgresql(new, "lock", "20") as cursor:
            insert(cursor, text)
    with pytest.raises(fence.StaleTokenError):
        with fence.postgresql(old, "lock", "19") as cursor:
            insert(cursor, "old")
    assert texts(connect) == ["first", "second"]
    assert new.info.transaction_status == old.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


@pytest.mark.parametrize("level", psycopg.IsolationLevel)
def test_a_write_that_began_before_is_never_behind_a_newer_one(connect, level):
    """The newer one is inside its block when the older one comes: that waits, and is refused, or its transaction
    fails, and fails again when it is tried again."""
    new, old = connect(), connect()
    old.isolation_level = level
    with fence.postgresql(new, "lock", "10") as cursor:
        insert(cursor, "first")
    ended = []

    def write_old():
        for _ in range(2):
            try:
                with fence.postgresql(old, "lock", "11") as cursor:
                    insert(cursor, "old")
            except Exception as error:
                ended.append(error)

    with fence.postgresql(new, "lock", "20") as cursor:
        thread = threading.Thread(target=write_old)
        thread.start()
        wait_for("the older one to wait", lambda: waiting(connect), HANG_S)
        insert(cursor, "new")
    thread.join(HANG_S)
    first, again = ended
    assert isinstance(first, (fence.StaleTokenError, psycopg.errors.SerializationFailure))
    assert isinstance(again, fence.StaleTokenError) and again.newest == "20"
    assert texts(connect) == ["first", "new"]


def test_a_newer_leader_waits_for_the_block_of_an_older_one(connect):
    """Also where the token is not new, so that nothing would be changed."""
    new, old = connect(), connect()
    with fence.postgresql(old, "lock", "10"):
        pass

    def write_new():
        with fence.postgresql(new, "lock", "20") as cursor:
            insert(cursor, "new")

    with fence.postgresql(old, "lock", "10") as cursor:
        thread = threading.Thread(target=write_new)
        thread.start()
        wait_for("the newer one to wait", lambda: waiting(connect), HANG_S)
        insert(cursor, "old")
    thread.join(HANG_S)
    assert texts(connect) == ["old", "new"]


FROZEN_INSIDE = """\
import sys, time
from pathlib import Path
import psycopg
from leaderlife import fence
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    with fence.postgresql(connection, "lock", "10", idle_timeout=1.5) as cursor:
        cursor.execute("INSERT INTO work (text) VALUES ('old')")
        print("inside", flush=True)
        while not Path(sys.argv[2]).exists():
            time.sleep(0.02)
        cursor.execute("INSERT INTO work (text) VALUES ('late')")
"""


def test_a_leader_that_is_frozen_inside_does_not_keep_the_next_from_writing(connect, database, package, tmp_path):
    old = Process("old", [sys.executable, "-c", FROZEN_INSIDE, database.address, tmp_path / "go"], str(tmp_path),
                  {"PYTHONPATH": str(package)})
    old.start()
    try:
        old.wait_until("inside", lambda: "inside" in old.log_tail())
        old.pause()
        new = connect()
        new.execute(f"SET lock_timeout = '{HANG_S}s'")
        with fence.postgresql(new, "lock", "20") as cursor:  # waits until the server ends the session
            insert(cursor, "new")
        (tmp_path / "go").touch()
        old.resume()
        assert old.child.wait(HANG_S) == 1
        assert "psycopg.errors.IdleInTransactionSessionTimeout" in old.log_tail()
    finally:
        old.stop(signal.SIGKILL)
    assert texts(connect) == ["new"]


@pytest.mark.parametrize("ours, servers, then", [
    (60, "0", "1min"), (60, "5min", "1min"), (60, "7s", "7s"), (0.25, "0", "250ms"), (None, "7s", "7s"),
    (None, "0", "0")])
def test_the_shorter_limit_holds_in_the_block_alone(connect, ours, servers, then):
    connection = connect()
    connection.execute(f"SET idle_in_transaction_session_timeout = '{servers}'")
    with fence.postgresql(connection, "lock", "20", idle_timeout=ours) as cursor:
        assert cursor.execute("SHOW idle_in_transaction_session_timeout").fetchone() == (then,)
    assert connection.execute("SHOW idle_in_transaction_session_timeout").fetchone() == (servers,)


def test_an_open_transaction_is_refused(connect):
    connection = connect(autocommit=False)
    connection.execute("SELECT 1")
    with pytest.raises(leaderlife.StateError, match="commit it first, or say join=True"):
        with fence.postgresql(connection, "lock", "20") as cursor:
            insert(cursor, "inside")
    connection.commit()
    with fence.postgresql(connection, "lock", "20") as cursor:
        insert(cursor, "inside")
    assert texts(connect) == ["inside"]


@pytest.mark.parametrize("join", [False, True])
def test_a_failed_transaction_is_refused(connect, join):
    connection = connect(autocommit=False)
    with pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("SELECT * FROM nowhere")
    with pytest.raises(leaderlife.StateError, match="roll it back first"):
        with fence.postgresql(connection, "lock", "20", join=join):
            pass
    connection.rollback()


def test_a_block_that_joins_is_a_part_of_the_transaction(connect):
    connection, next_leader = connect(), connect()
    next_leader.execute("SET lock_timeout = 1")
    with connection.transaction():
        with fence.postgresql(connection, "lock", "20", join=True) as cursor:
            insert(cursor, "inside")
        with pytest.raises(ZeroDivisionError):
            with fence.postgresql(connection, "lock", "21", join=True) as cursor:
                insert(cursor, "undone")
                raise ZeroDivisionError
        assert texts(connect) == []
        with pytest.raises(psycopg.errors.LockNotAvailable):
            with fence.postgresql(next_leader, "lock", "30"):
                pass
        connection.execute("INSERT INTO work (text) VALUES ('behind')")
    assert texts(connect) == ["inside", "behind"]


def test_a_block_that_joins_begins_a_transaction_where_psycopg_would(connect):
    connection = connect(autocommit=False)
    with fence.postgresql(connection, "lock", "20", join=True, idle_timeout=None) as cursor:
        insert(cursor, "undone")
    connection.rollback()
    with fence.postgresql(connection, "lock", "20", join=True) as cursor:
        insert(cursor, "inside")
    assert texts(connect) == []
    connection.commit()
    assert texts(connect) == ["inside"]
    with pytest.raises(leaderlife.StateError, match="begin one first"):
        with fence.postgresql(connect(), "lock", "20", join=True):
            pass


def test_the_transaction_cannot_be_ended_in_the_block(connect):
    connection = connect()
    with pytest.raises(psycopg.ProgrammingError, match="commit"):
        with fence.postgresql(connection, "lock", "20") as cursor:
            insert(cursor, "undone")
            connection.commit()
    assert texts(connect) == []


def test_a_transaction_that_was_ended_by_a_statement_is_told_of(connect):
    connection = connect()
    for ending in ("COMMIT", "COMMIT AND CHAIN"):
        with pytest.raises(leaderlife.StateError, match="ended inside the block"):
            with fence.postgresql(connection, "lock", "20") as cursor:
                cursor.execute(ending)
                insert(cursor, "not fenced")


def test_a_closed_connection_is_called_closed(connect):
    connection = connect()
    connection.close()
    with pytest.raises(psycopg.OperationalError, match="closed"):
        with fence.postgresql(connection, "lock", "20"):
            pass


def test_a_table_that_is_missing_is_told_of_with_the_cure(connect):
    connection = connect()
    connection.execute("DROP TABLE leaderlife_fence")
    with pytest.raises(leaderlife.ConfigError, match="leaderlife.fence.POSTGRESQL_TABLE"):
        with fence.postgresql(connection, "lock", "20") as cursor:
            insert(cursor, "undone")
    assert texts(connect) == []


@pytest.mark.parametrize("missing", ["SELECT", "INSERT", "UPDATE"])
def test_the_least_rights(connect, missing):
    """All three are needed, and no more."""
    connection = connect()
    connection.execute("DROP ROLE IF EXISTS writer")
    connection.execute("CREATE ROLE writer")
    connection.execute("GRANT SELECT, INSERT, UPDATE ON leaderlife_fence TO writer")
    try:
        connection.execute("SET ROLE writer")
        with fence.postgresql(connection, "lock", "20"):
            pass
        with pytest.raises(fence.StaleTokenError):
            with fence.postgresql(connection, "lock", "19"):
                pass
        connection.execute("RESET ROLE")
        connection.execute(f"REVOKE {missing} ON leaderlife_fence FROM writer")
        connection.execute("SET ROLE writer")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            with fence.postgresql(connection, "lock", "20"):
                pass
    finally:
        connection.execute("RESET ROLE")
        connection.execute("DROP OWNED BY writer")
        connection.execute("DROP ROLE writer")


def test_row_factories_and_pipelines_do_not_matter(connect):
    connection = connect(row_factory=dict_row)
    with connection.pipeline():
        with fence.postgresql(connection, "lock", "20") as cursor:
            insert(cursor, "new")
            assert cursor.execute("SELECT text FROM work").fetchone() == {"text": "new"}
        with pytest.raises(fence.StaleTokenError, match="token 19 is older than 20"):
            with fence.postgresql(connection, "lock", "19") as cursor:
                insert(cursor, "old")
    assert texts(connect) == ["new"]
