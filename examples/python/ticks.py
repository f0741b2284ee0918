# SPDX-License-Identifier: Apache-2.0
"""The work of the examples for frameworks: each tick is a row in SQLite. Put your
own in its place, and keep the fence: what an older leader writes is refused.

    python ticks.py LOCK        (ticks while it leads, until Ctrl-C)

TICKS names the file (ticks.db), TICK_SECONDS the seconds from tick to tick (1).
"""

import contextlib
import os
import sqlite3
import sys
import time

SECONDS = float(os.environ.get("TICK_SECONDS", "1"))
TABLE = """
CREATE TABLE IF NOT EXISTS ticks (time REAL NOT NULL, pid INTEGER NOT NULL, token TEXT NOT NULL);
"""
FENCE = """
CREATE TRIGGER IF NOT EXISTS refuse_older BEFORE INSERT ON ticks BEGIN
  SELECT RAISE(ABORT, 'a newer leader has ticked') FROM ticks WHERE rowid = (SELECT max(rowid) FROM ticks)
    AND (length(token), token) > (length(new.token), new.token);
END;
"""


def tick(token):
    """sqlite3.IntegrityError, and no row, where a newer token has been here."""
    file = sqlite3.connect(os.environ.get("TICKS", "ticks.db"), timeout=60)
    with contextlib.closing(file), file:
        file.execute("BEGIN IMMEDIATE")  # from here on no other process writes, so the times grow from row to row
        file.execute(TABLE)
        file.execute(FENCE)
        file.execute("INSERT INTO ticks VALUES (?, ?, ?)", (time.time(), os.getpid(), token))


def work(term):
    """What a campaign in a thread calls whenever this process leads, and what it waits for when the lead is lost."""
    tick(term.token)
    while not term.wait(SECONDS):
        tick(term.token)


if __name__ == "__main__":
    import leaderlife

    if len(sys.argv) != 2:
        sys.exit("usage: ticks.py LOCK")
    with contextlib.suppress(KeyboardInterrupt):
        leaderlife.campaign(sys.argv[1], work)
