# SPDX-License-Identifier: Apache-2.0
"""The judge finds each fault that it looks for, and the ticks' own fence refuses what is older."""

import importlib.util
import sqlite3

import pytest

from .fleet import ROOT
from .judge import Doubled, gap, judge, ticks, unfenced


@pytest.fixture
def module(monkeypatch, tmp_path):
    """examples/python/ticks.py, with a file of its own."""
    monkeypatch.setenv("TICKS", str(tmp_path / "ticks.db"))
    spec = importlib.util.spec_from_file_location("ticks", ROOT / "examples" / "python" / "ticks.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_terms_that_follow_each_other_are_right():
    terms = judge([(1.0, 11, "9"), (2.0, 11, "9"), (5.0, 12, "10")])
    assert [(term.token, term.count) for term in terms] == [("9", 2), ("10", 1)]
    assert gap(terms, "9") == 3.0 and gap(terms, "10") is None


@pytest.mark.parametrize("rows", [
    [(1.0, 11, "9"), (2.0, 12, "10"), (3.0, 11, "9")],
    [(1.0, 12, "10"), (2.0, 11, "9")],
    [(1.0, 11, "9"), (2.0, 12, "9")],
], ids=["both at a time", "the older one after the newer one", "one token in two processes"])
def test_each_fault_is_found(rows):
    with pytest.raises(Doubled):
        judge(rows)


def test_an_older_token_is_refused(module, tmp_path):
    for token in ("9", "9", "10"):
        module.tick(token)
    with pytest.raises(sqlite3.IntegrityError, match="a newer leader has ticked"):
        module.tick("9")
    module.tick("10")
    assert [token for _, _, token in ticks(tmp_path / "ticks.db")] == ["9", "9", "10", "10"]


def test_a_file_without_fence_refuses_nothing(module, tmp_path):
    unfenced(tmp_path / "ticks.db")
    for token in ("10", "9"):
        module.tick(token)
    assert [token for _, _, token in ticks(tmp_path / "ticks.db")] == ["10", "9"]
