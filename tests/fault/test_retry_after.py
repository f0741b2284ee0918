# SPDX-License-Identifier: Apache-2.0
"""P15: Retry-After, alone and exactly. A request that the server has asked to
wait is not repeated before, by whatever form it was asked; and a value that no
server means is at most a day."""

import time

import pytest

from apiserver import faults

from .fault_columns import COLUMNS

RESIGNS_WITHIN = 40  # seconds: more than the longest backoff
DAY_MS = 24 * 3600 * 1000
HUGE = ("86400", "99999999", "9223372036854775807", "9223372036854775808", "Fri, 31 Dec 9999 23:59:59 GMT")
ASKED = ("own pod GET", "lock watch", "lock GET, absent", "record POST", "lock POST", "lock LIST")


def column(value):
    form = next(column for column in COLUMNS if column.kind == "Retry-After")
    return form.__class__("Retry-After " + value, "Retry-After", faults.status(429, headers=[("retry-after", value)]))


def repeated_after(cell):
    """Seconds from the hit to its repetition, once there is one."""
    hit = cell.rule.hits[0]
    again = [seen.at for seen in cell.endpoints["a"].seen if seen.at > hit.at and
             (seen.verb, seen.resource, seen.name) == (hit.verb, hit.resource, hit.name)]
    return again[0] - hit.at if again else None


@pytest.mark.parametrize("seconds", [1, 2])
@pytest.mark.parametrize("row", ASKED)
def test_waits_as_long_as_it_is_asked(open_cell, row, seconds):
    cell = open_cell(row, column(str(seconds)))
    cell.arm()
    cell.start("a")
    cell.await_("a leads", lambda: cell.state("a") == "leader")
    cell.await_("the repetition", lambda: repeated_after(cell) is not None)
    assert repeated_after(cell) >= seconds - 0.01


@pytest.mark.parametrize("value", HUGE)
def test_absurd_values_end(open_cell, shared_candidate, value):
    """It waits, for a day at most, and wastes nothing meanwhile. (Of the own pod's GET, beside which nothing else is
    under way that the loop would have to wake for.)"""
    cell = open_cell("own pod GET", column(value))
    cell.arm()
    cell.start("a")
    cell.await_hit()
    cell.await_("a's notice",
                lambda: any(line.get("event") == "notice" for line in shared_candidate.lines(cell.ids["a"])))
    state = shared_candidate.do("state", cell.ids["a"])
    before = shared_candidate.do("counters", cell.ids["a"])["wakeups"]
    time.sleep(1)
    assert state["timeout_ms"] <= DAY_MS
    assert shared_candidate.do("counters", cell.ids["a"])["wakeups"] - before < 50


def test_an_absurd_value_does_not_keep_a_leader_from_resigning(open_cell, shared_candidate):
    """P10: who resigns must get rid of the lock, or nobody takes over while its pod lives."""
    cell = open_cell("record PUT, emptying", column("99999999"))
    cell.start("a")
    cell.await_("a leads", lambda: cell.state("a") == "leader")
    cell.arm()
    shared_candidate.do("resign", cell.ids["a"])
    cell.await_hit()
    cell.await_("a's notice",
                lambda: any(line.get("event") == "notice" for line in shared_candidate.lines(cell.ids["a"])))
    shared_candidate.observer.wait("a has resigned", lambda: cell.state("a") == "resigned", RESIGNS_WITHIN)
