# SPDX-License-Identifier: Apache-2.0
"""What holds for every cell besides its state: no spin, Retry-After, what people
are told."""

from .expectation import expect, may_say

EARLY = 0.01  # seconds; the server's clock is read before the answer leaves, so this only forgives rounding


def judge(cell, outcome, token):
    """Raises AssertionError."""
    assert not outcome.trouble, f"{outcome.trouble}\nWhat was said (ms, process/handle):\n{outcome.story}"
    expected = expect(cell.row, cell.column)
    _judge_costs(cell, outcome)
    _judge_pause(cell, outcome)
    _judge_words(cell, outcome, expected)
    assert token not in str(outcome.lines), "a secret was told"


def _judge_costs(cell, outcome):
    """P15: a fault costs a few requests, not a loop of them."""
    for name, most in limits(cell).items():
        assert outcome.counters[name] <= most, f"{outcome.counters[name]} {name}, more than {most}"


def limits(cell):
    """Twice and more what has been seen. Bytes that come one by one, or beats five times a second, wake it often."""
    often = cell.column.kind in ("slow", "unreadable body") or "x-idle-timeout-ms" in cell.column.options
    return {"requests": 80, "wakeups": 1000 if often else 300, "failures": 40}


def _judge_pause(cell, outcome):
    """P15: Retry-After. Only a lower bound: nothing is too late here."""
    hit = [seen for seen in outcome.seen if seen.hit]
    for first in hit:
        again = [seen.at for seen in outcome.seen if seen.at > first.at and
                 (seen.verb, seen.resource, seen.name) == (first.verb, first.resource, first.name)]
        assert not again or again[0] - first.at >= cell.column.not_before - EARLY, \
            f"{first.verb} {first.resource} was repeated after {again[0] - first.at:.3f} s"


def _judge_words(cell, outcome, expected):
    notices = outcome.notices()
    statuses = {line["status"] for line in notices}
    strange = statuses - may_say(cell.row, cell.column)
    assert not strange, f"notices of {strange}: {notices}"
    for part in expected.failed[1:]:
        assert part in outcome.end_text, f"'{part}' is not in: {outcome.end_text}"
    if expected.failed:
        end = [line for line in outcome.lines if line.get("event") == "state"][-1]
        assert end["status"] == expected.failed[0], end
