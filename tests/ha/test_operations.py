# SPDX-License-Identifier: Apache-2.0
"""The linearizability checker sees broken histories, each by one operation that cannot
be; and passes those that only look odd, because what was late or unknown may have
happened at any time that fits."""

import contextlib
import json
import os
import time
import types
from pathlib import Path

import pytest

from . import operations, writer


def acquire(token, call, back):
    return {"client": token, "kind": "acquire", "token": token, "call": call, "return": back}


def release(token, at):
    return {"client": token, "kind": "release", "token": token, "call": at, "return": at}


def write(token, value, call, back, outcome="accepted", **more):
    return {"client": token, "kind": "write", "token": token, "value": value, "call": call, "return": back,
            "outcome": outcome, **more}


def read(value, newest, call, back):
    return {"client": 9, "kind": "read", "value": value, "newest": newest, "call": call, "return": back}


FIRST = [acquire(1, 0, 10), write(1, "a", 11, 12), release(1, 20)]
BOTH = [*FIRST, acquire(2, 5, 30), write(2, "b", 31, 32)]


@pytest.mark.parametrize("history", [
    BOTH,
    [*BOTH, write(1, "late", 25, 26), read("late", 1, 27, 28)],  # nobody newer had written
    [*BOTH, write(1, "late", 11, 40, "refused", newest=2)],
    [*BOTH, write(1, "late", 19, None, "unknown"), read("late", 1, 22, 23)],  # it happened before the second wrote
    [*BOTH, write(1, "late", 19, None, "unknown"), read("b", 2, 50, 51)],  # or never
    [*BOTH, read("a", 1, 29, 33)],
    [*BOTH, read("b", 2, 29, 33)],
], ids=["quiet", "late", "refused", "unknown, happened", "unknown, not", "read before", "read after"])
def test_what_can_be_passes(judge, tmp_path, history):
    assert judge({"one": history}, tmp_path)["one"] == {
        "history": "one", "verdict": "Ok", "operations": len(history)}


@pytest.mark.parametrize("history", [
    [acquire(1, 0, 10), acquire(2, 5, 30), release(1, 31)],
    [acquire(2, 0, 10), release(2, 20), acquire(1, 5, 30)],
    [acquire(1, 0, 10), release(1, 20), acquire(1, 5, 30)],
    [*BOTH, write(1, "late", 33, 34)],
    [*BOTH, write(1, "late", 31, None, "unknown"), read("late", 1, 50, 51)],
    [*BOTH, write(2, "c", 33, 34, "refused", newest=2)],
    [*BOTH, write(1, "late", 33, 34, "refused", newest=1)],
    [*BOTH, write(3, "c", 33, 34)],
    [*BOTH, read("a", 1, 33, 34)],
    [*BOTH, read("a", 2, 33, 34)],
    [*BOTH, write(2, "c", 33, 34), read("b", 2, 35, 36)],
], ids=["two holders", "smaller token", "equal token", "stale token accepted", "unknown write after a newer one",
        "own token refused", "refused for nothing", "token of nobody", "old value read",
        "newer token without its value", "write lost"])
def test_what_cannot_be_is_seen(judge, tmp_path, history):
    """And not in the history beside it. It leaves a picture."""
    said = judge({"one": history, "other": BOTH}, tmp_path)
    assert said["one"]["verdict"] == "Illegal" and said["other"]["verdict"] == "Ok"
    assert "linearization" in Path(said["one"]["picture"]).read_text(encoding="utf-8").lower()


# What is given to it

def test_terms_are_operations():
    process, other = types.SimpleNamespace(begun=1), types.SimpleNamespace(begun=2)
    terms = [types.SimpleNamespace(process=other, token="8", begin=7, end=None),
             types.SimpleNamespace(process=process, token="5", begin=3, end=6)]
    ms = 10 ** 6
    assert list(operations.of_terms(terms, lambda process: process.begun)) == [
        {"client": 0, "kind": "acquire", "token": 5, "call": 1 * ms, "return": 3 * ms},
        {"client": 0, "kind": "release", "token": 5, "call": 6 * ms, "return": 6 * ms},
        {"client": 1, "kind": "acquire", "token": 8, "call": 2 * ms, "return": 7 * ms}]


def test_a_writer_that_was_killed_leaves_what_is_unknown(tmp_path):
    begun = {"kind": "write", "token": 5, "value": "a", "call": 1}
    lines = [begun, {"outcome": "accepted", "return": 2}, begun, {"outcome": "none", "return": 4},
             {"kind": "read", "value": "a", "newest": 5, "call": 5, "return": 6}, begun]
    path = tmp_path / "operations"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"outcome"', encoding="ascii")
    assert list(operations.of_file(path, 7)) == [
        {"client": 7, **begun, "outcome": "accepted", "return": 2},
        {"client": 7, "kind": "read", "value": "a", "newest": 5, "call": 5, "return": 6},
        {"client": 7, **begun, "outcome": "unknown", "return": None}]
    assert not list(operations.of_file(tmp_path / "absent", 1))


def test_a_resource_begins_with_nothing(tmp_path):
    writer.make_resource(tmp_path / "resource")
    with writer.opened(tmp_path / "resource") as connection:
        assert writer.read(connection, "lock") == ("", 0)


# What writes

@pytest.fixture
def writers(tmp_path):
    """Two, on one resource. Their operations come into files of their own."""
    writer.make_resource(tmp_path / "resource")
    os.mkfifo(tmp_path / "fifo")
    return [writer.Writer(tmp_path / "fifo", tmp_path / "resource", tmp_path / f"operations.{number}", "lock")
            for number in (1, 2)]


class NoFence:
    """In place of leaderlife.fence."""

    StaleTokenError = ()

    @staticmethod
    def sqlite(connection, _lock, _token):
        return contextlib.nullcontext(connection)


@pytest.mark.parametrize("fenced, verdict", [(True, "Ok"), (False, "Illegal")])
def test_a_late_write_is_seen_where_no_fence_refuses_it(judge, tmp_path, writers, fenced, verdict):
    first, second = writers
    begin = time.monotonic_ns()
    first.write("5")
    second.write("16")
    second.read()
    if not fenced:
        first._fence = NoFence
    first.write("5")
    first.read()
    terms = [acquire(5, begin, begin + 1), release(5, begin + 2), acquire(16, begin, begin + 3)]
    done = [operation for number in (1, 2)
            for operation in operations.of_file(tmp_path / f"operations.{number}", number)]
    assert [operation["outcome"] for operation in done if operation["kind"] == "write"] == [
        "accepted", "refused" if fenced else "accepted", "accepted"]
    assert judge({"one": terms + done}, tmp_path)["one"]["verdict"] == verdict
