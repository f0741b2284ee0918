# SPDX-License-Identifier: Apache-2.0
"""P15: Retry-After, alone and exactly. A request that the server has asked to
wait is not repeated before, by whatever form it was asked; and a value that no
server means is at most a day."""

import itertools
import time

import pytest

from apiserver import faults

from .columns import COLUMNS
from .crew import Crew
from .matrix import Cell
from .play import Play
from .rows import ROWS

RESIGNS_WITHIN = 40  # seconds: more than the longest backoff
DAY_MS = 24 * 3600 * 1000
HUGE = ("86400", "99999999", "9223372036854775807", "9223372036854775808", "Fri, 31 Dec 9999 23:59:59 GMT")
ASKED = ("own pod GET", "lock watch", "lock GET, absent", "record POST", "lock POST", "lock LIST")

_numbers = itertools.count(10 ** 6)


@pytest.fixture(scope="module")
def crew(candidate_program, tmp_path_factory):
    made = Crew("retry", candidate_program, str(tmp_path_factory.mktemp("retry")))
    yield made
    made.abandon()


@pytest.fixture
def play(server, crew, tmp_path):
    """play(row name, column): a cell, opened."""
    token_file = tmp_path / "token"
    token_file.write_text(server.token)
    opened = []

    def make(name, column):
        row = next(row for row in ROWS if row.name == name)
        cell = Cell(row, column, http1=False, rival_at_once=False)
        opened.append(Play(server, crew, next(_numbers), cell, str(token_file), "debug"))
        opened[-1].open()
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def column(value):
    form = next(column for column in COLUMNS if column.kind == "Retry-After")
    return form.__class__("Retry-After " + value, "Retry-After", faults.status(429, headers=[("retry-after", value)]))


def repeated_after(cell):
    """Seconds from the hit to its repetition, once there is one."""
    hit = cell.rule.hits[0]
    again = [seen.at for seen in cell.doors["a"].seen if seen.at > hit.at and
             (seen.verb, seen.resource, seen.name) == (hit.verb, hit.resource, hit.name)]
    return again[0] - hit.at if again else None


@pytest.mark.parametrize("seconds", [1, 2])
@pytest.mark.parametrize("row", ASKED)
def test_waits_as_long_as_it_is_asked(play, row, seconds):
    cell = play(row, column(str(seconds)))
    cell.arm()
    cell.start("a")
    cell.await_("a leads", lambda: cell.state("a") == "leader")
    cell.await_("the repetition", lambda: repeated_after(cell) is not None)
    assert repeated_after(cell) >= seconds - 0.01


@pytest.mark.parametrize("value", HUGE)
def test_absurd_values_end(play, crew, value):
    """It waits, for a day at most, and wastes nothing meanwhile. (Of the own pod's GET, beside which nothing else is
    under way that the loop would have to wake for.)"""
    cell = play("own pod GET", column(value))
    cell.arm()
    cell.start("a")
    cell.await_hit()
    cell.await_("a's notice", lambda: any(line.get("event") == "notice" for line in crew.lines(cell.ids["a"])))
    state = crew.do("state", cell.ids["a"])
    before = crew.do("counters", cell.ids["a"])["wakeups"]
    time.sleep(1)
    assert state["timeout_ms"] <= DAY_MS
    assert crew.do("counters", cell.ids["a"])["wakeups"] - before < 50


def test_an_absurd_value_does_not_keep_a_leader_from_resigning(play, crew):
    """P10: who resigns must get rid of the lock, or nobody takes over while its pod lives."""
    cell = play("record PUT, emptying", column("99999999"))
    cell.start("a")
    cell.await_("a leads", lambda: cell.state("a") == "leader")
    cell.arm()
    crew.do("resign", cell.ids["a"])
    cell.await_hit()
    cell.await_("a's notice", lambda: any(line.get("event") == "notice" for line in crew.lines(cell.ids["a"])))
    crew.observer.wait("a has resigned", lambda: cell.state("a") == "resigned", RESIGNS_WITHIN)
