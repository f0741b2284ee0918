# SPDX-License-Identifier: Apache-2.0
"""The tables of README and docs/figures.md are those of docs/figures/figures.json, which script/bench has written."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

from measure import figures, goals, growth, tables  # noqa: E402

FOUND = figures.read()


@pytest.mark.parametrize("page", tables.PAGES)
def test_tables(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert tables.BLOCK.search(text), f"{page} has no place for a table"
    assert text == tables.filled(text, FOUND), f"{page}: write it by `cd bench && python3 -m measure.tables`"


def test_each_row_says_how_often_it_was_measured():
    rows = [row for part in FOUND["parts"].values() for row in part]
    assert rows
    for row in rows:
        assert row.get("values") or row.get("numbers"), row


def test_it_says_where_and_of_what():
    assert FOUND["date"] and FOUND["machine"]["cores"] and FOUND["machine"]["kernel"]
    assert {"leaderlife", "Kubernetes", "libcurl"} <= set(FOUND["versions"])
    assert "unknown" not in FOUND["versions"].values()


def counted(millions):
    return {**FOUND, "parts": {"instructions": [
        {"subject": "one takeover", "who": "ours", "numbers": {growth.MILLIONS: millions}}]}}


@pytest.mark.parametrize("now, warned", [(2.0, 0), (2.2, 0), (2.21, 1)])
def test_growth_of_instructions_is_told(now, warned):
    assert len(growth.grown(counted(now), counted(2.0))) == warned


def restarted(ms):
    return {**FOUND, "form": "quick", "parts": {"local": [
        {"event": "process killed, on this machine", "subject": "leaderlife, C", "values": [ms]}]}}


@pytest.mark.parametrize("ms, met", [(0.5, "yes"), (0.51, "no")])
def test_a_goal_is_judged_by_its_figure(ms, met):
    judged = {what: row for what, *row in goals.rows(restarted(ms))}
    assert judged["takeover on one machine"][2] == met
    assert judged["the library, stripped"][1:] == ["not measured in this form", "", ""]


def test_a_missed_goal_has_its_reason():
    missed = [row for row in goals.rows(restarted(0.6)) if row[3] == "no"]
    assert missed and all(row[4] for row in missed)
    assert {(what, goal) for what, goal, _ in goals.GOALS} >= set(goals.REASONS)
