# SPDX-License-Identifier: Apache-2.0
"""Blocks that join the transactions of Django and of SQLAlchemy, on both databases."""

import contextlib
import sqlite3
import subprocess
import sys

import pytest
from leaderlife import fence

DJANGO = """\
import sys
import django
from django.conf import settings
from django.db import connection, transaction
from leaderlife import fence

which, database = sys.argv[1:]
settings.configure(DATABASES={"default": {"ENGINE": f"django.db.backends.{which}", "NAME": database}})
django.setup()
helper = {"sqlite3": fence.sqlite, "postgresql": fence.postgresql}[which]


def insert(text):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO joined VALUES (%s)", [text])


def write(token, text, fails=False):
    with transaction.atomic():
        connection.ensure_connection()
        with helper(connection.connection, "lock", token, join=True):
            insert(text)
        if fails:
            raise ZeroDivisionError
"""
SQLALCHEMY = """\
import sys
from sqlalchemy import create_engine, text as sql
from sqlalchemy.orm import Session
from leaderlife import fence

which, database = sys.argv[1:]
engine = create_engine({"sqlite3": f"sqlite:///{database}", "postgresql": "postgresql+psycopg://"}[which])
helper = {"sqlite3": fence.sqlite, "postgresql": fence.postgresql}[which]


def write(token, text, fails=False):
    with Session(engine) as session, session.begin():
        with helper(session.connection().connection.driver_connection, "lock", token, join=True):
            session.execute(sql("INSERT INTO joined VALUES (:text)"), {"text": text})
        if fails:
            raise ZeroDivisionError
"""
PLAY = """\

def refused(kind, *arguments):
    try:
        write(*arguments)
    except kind:
        return
    sys.exit(f"no {kind.__name__}")


write("20", "first")
refused(ZeroDivisionError, "30", "undone", True)
refused(fence.StaleTokenError, "19", "old")
write("20", "second")
"""


@pytest.mark.parametrize("orm", ["django", "sqlalchemy"])
@pytest.mark.parametrize("which", ["sqlite3", "postgresql"])
def test_a_block_in_its_transaction(orm, which, postgresql, package, tmp_path):
    path = tmp_path / "work.db"
    make = {"sqlite3": lambda: sqlite3.connect(path), "postgresql": postgresql.connect}[which]
    with contextlib.closing(make()) as connection:
        connection.execute("DROP TABLE IF EXISTS joined")
        connection.execute("CREATE TABLE joined (text text)")
        if which == "postgresql":
            connection.execute("DROP TABLE IF EXISTS leaderlife_fence")
            connection.execute(fence.POSTGRESQL_TABLE)
        connection.commit()
    program = {"django": DJANGO, "sqlalchemy": SQLALCHEMY}[orm] + PLAY
    database = path if which == "sqlite3" else "postgres"
    done = subprocess.run([sys.executable, "-B", "-c", program, which, database], text=True, capture_output=True,
                          env={"PYTHONPATH": str(package), **postgresql.environment()}, timeout=120)
    assert done.returncode == 0, done.stderr
    with contextlib.closing(make()) as connection:
        assert [text for text, in connection.execute("SELECT text FROM joined")] == ["first", "second"]
