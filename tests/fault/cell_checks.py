# SPDX-License-Identifier: Apache-2.0
"""Checks of every cell besides its state: no spin, Retry-After, notices."""

from .expectation import expect, may_say

EARLY = 0.01  # seconds; the server's clock is read before the answer leaves, so this only forgives rounding


def check_cell(cell, outcome, token):
    """Raises AssertionError."""
    assert not outcome.trouble, f"{outcome.trouble}\nWhat was said (ms, process/handle):\n{outcome.story}"
    expected = expect(cell.row, cell.column)
    _check_costs(cell, outcome)
    _check_pause(cell, outcome)
    _check_words(cell, outcome, expected)
    assert token not in str(outcome.lines), "a secret was told"


def _check_costs(cell, outcome):
    """P15: a fault costs a few requests, not a loop of them."""
    for name, most in limits(cell).items():
        assert outcome.counters[name] <= most, f"{outcome.counters[name]} {name}, more than {most}"


def limits(cell):
    """Twice and more what has been seen. Bytes that come one by one, or beats five times a second, wake it often; and
    where time is made short, a slow machine lets other requests run out of it."""
    often = cell.column.kind in ("slow", "unreadable body") or "x-idle-timeout-ms" in cell.column.options
    short = "x-request-timeout-ms" in cell.column.options
    return {"requests": 120 if short else 80, "wakeups": 1000 if often else 300, "failures": 90 if short else 40}


def _check_pause(cell, outcome):
    """P15: Retry-After. Only a lower bound: nothing is too late here."""
    hit = [seen for seen in outcome.seen if seen.hit]
    for first in hit:
        again = [seen.at for seen in outcome.seen if seen.at > first.at and
                 (seen.verb, seen.resource, seen.name) == (first.verb, first.resource, first.name)]
        assert not again or again[0] - first.at >= cell.column.not_before - EARLY, \
            f"{first.verb} {first.resource} was repeated after {again[0] - first.at:.3f} s"


def _check_words(cell, outcome, expected):
    notices = outcome.notices()
    statuses = {line["status"] for line in notices}
    strange = statuses - may_say(cell.row, cell.column)
    assert not strange, f"notices of {strange}: {notices}"
    for part in expected.failed[1:]:
        assert part in outcome.end_text, f"'{part}' is not in: {outcome.end_text}"
    if expected.failed:
        end = [line for line in outcome.lines if line.get("event") == "state"][-1]
        assert end["status"] == expected.failed[0], end
