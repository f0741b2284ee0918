# SPDX-License-Identifier: Apache-2.0
"""Judges the ticks that all replicas have written, in the order in which they were written."""

import contextlib
import dataclasses
import sqlite3

import leaderlife

UNFENCED = """
CREATE TABLE ticks (time REAL NOT NULL, pid INTEGER NOT NULL, token TEXT NOT NULL);
CREATE TRIGGER refuse_older BEFORE INSERT ON ticks BEGIN SELECT 1; END;
"""


@dataclasses.dataclass
class Term:
    """The ticks of one token. first, last: seconds since 1970."""
    token: str
    pids: set
    first: float
    last: float
    count: int


class Doubled(AssertionError):
    """Two have ticked at a time, or an older leader after a newer one."""


def unfenced(path):
    """A file of ticks that refuses nothing, for those who are to be found out."""
    with contextlib.closing(sqlite3.connect(path)) as file:
        file.executescript(UNFENCED)


def ticks(path):
    """(time, pid, token) of each. None yet where there is no file, or no table in it."""
    if not path.exists():
        return []
    with contextlib.closing(sqlite3.connect(path, timeout=60)) as file:
        if not file.execute("SELECT 1 FROM sqlite_master WHERE name = 'ticks'").fetchone():
            return []
        return file.execute("SELECT time, pid, token FROM ticks ORDER BY rowid").fetchall()


def judge(rows, one_pid=True):
    """The terms, oldest first. one_pid: each ticks in one process. Doubled where the ticks of one term are not in one
    piece, or not after those of all older terms."""
    terms = []
    for time, pid, token in rows:
        if not terms or terms[-1].token != token:
            if terms and leaderlife.token_compare(terms[-1].token, token) >= 0:
                raise Doubled(f"token {token} (pid {pid}) has ticked after {terms[-1].token} (pid {terms[-1].pids})")
            terms.append(Term(token, set(), time, time, 0))
        term = terms[-1]
        term.pids.add(pid)
        term.last, term.count = max(term.last, time), term.count + 1
        if one_pid and len(term.pids) > 1:
            raise Doubled(f"token {token} has ticked in several processes: {sorted(term.pids)}")
    return terms


def gap(terms, token):
    """Seconds from the last tick of that token to the first of the next; None while there is none."""
    tokens = [term.token for term in terms]
    place = tokens.index(token)
    return terms[place + 1].first - terms[place].last if place + 1 < len(terms) else None
