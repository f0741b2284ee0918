# SPDX-License-Identifier: Apache-2.0
"""P6: a refusal that was received holds, whatever befalls the rest of the answer.
Servers refuse before they have read what is sent, and libcurl then tells of the
sending that broke off. Such a write counts as not carried out: a 401 is worth one
more try, with the token read anew, and nothing waits for what may still commit.

Over HTTP/2 libcurl 7.88 sometimes drops the head of an answer whose stream is
closed, when it has read it for another request: then no status was received, and
the write is ambiguous like any that got no answer."""

import pytest

from apiserver import intermediaries

from .fault_columns import Column

MAYBE = "it may have happened all the same"
WRITES = ("record PUT, emptying", "lock DELETE, resigning", "record PUT", "lock DELETE", "lock POST, again")
CUTS = {"no more": ("close", 0), "half": ("end", 0.5), "NO_ERROR": (0, 0), "CANCEL": (8, 0.5),
        "HTTP_1_1_REQUIRED": (13, 0), "whole, NO_ERROR": (0, 1), "GOAWAY": ("goaway", 0.5)}


@pytest.fixture
def play(open_cell):
    """play(row name, fault): a cell, opened."""
    return lambda name, fault, http1=False: open_cell(name, Column("refusal", "cut", fault), http1)


def play_out(cell):
    getattr(cell, "begin_" + cell.row.situation)()
    cell.settle()
    cell.observer.check()


def times_sent(cell):
    """From the first hit on."""
    hit = cell.rule.hits[0]
    return sum((seen.verb, seen.resource) == (hit.verb, hit.resource) and seen.at >= hit.at
               for seen in cell.endpoints["a"].seen)


def texts(shared_candidate, cell, part):
    return [line["text"] for line in shared_candidate.lines(cell.ids["a"]) if part in line.get("text", "")]


def ambiguous(shared_candidate, cell):
    """What was said of writes that may have happened, although a status was received; and whether there were others."""
    said = texts(shared_candidate, cell, MAYBE)
    return [text for text in said if "HTTP 0 after" not in text and ": HTTP " in text], bool(said)


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("row", WRITES)
def test_a_refused_token_is_read_anew(play, shared_candidate, row, cut):
    then, share = CUTS[cut]
    cell = play(row, intermediaries.refusal(401, then, share))
    play_out(cell)
    wrong, dropped = ambiguous(shared_candidate, cell)
    assert not wrong
    assert dropped or times_sent(cell) == 2


@pytest.mark.parametrize("row", WRITES)
def test_a_refused_token_is_read_anew_over_http1(play, shared_candidate, row):
    """Where nothing is dropped."""
    cell = play(row, intermediaries.refusal(401, "end", 0.5), http1=True)
    play_out(cell)
    assert ambiguous(shared_candidate, cell) == ([], False)
    assert times_sent(cell) == 2
    assert not [line for line in shared_candidate.lines(cell.ids["a"]) if line.get("event") == "notice"]


@pytest.mark.parametrize("http1", [False, True], ids=["h2", "h1"])
@pytest.mark.parametrize("code", [400, 403, 404, 409, 413, 422, 429])
@pytest.mark.parametrize("row", WRITES)
def test_a_refused_write_was_not_carried_out(play, shared_candidate, row, code, http1):
    """Nor is anything else believed: a right is not missing, an object not absent, a request not invalid."""
    cell = play(row, intermediaries.refusal(code, "end" if http1 else 0, 0.5), http1=http1)
    play_out(cell)
    wrong, dropped = ambiguous(shared_candidate, cell)
    assert not wrong
    assert not (http1 and dropped)
    assert not texts(shared_candidate, cell, "add to its Role")


@pytest.mark.parametrize("code", [408, 500, 503])
def test_what_may_go_on_is_waited_for(play, shared_candidate, code):
    cell = play("record PUT", intermediaries.refusal(code, "end"), http1=True)
    play_out(cell)
    assert ambiguous(shared_candidate, cell)[1]
