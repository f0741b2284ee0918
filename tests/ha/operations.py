# SPDX-License-Identifier: Apache-2.0
"""A history as operations on a lock with fencing tokens and on the resource that is
written with these, and what porcupine says of them: whether they can have happened one
after the other, each at some moment between its call and its return. What is allowed
is in porcupine/model.go."""

import json
import os
import subprocess


class CheckerMissing(Exception):
    """The checker is not there; the text says how to get it."""


def checker():
    """The path from LEADERLIFE_PORCUPINE."""
    named = os.environ.get("LEADERLIFE_PORCUPINE", "")
    if os.access(named, os.X_OK):
        return named
    raise CheckerMissing("LEADERLIFE_PORCUPINE names no program: let it be what script/porcupine prints")


def _ns(ms):
    return round(ms * 1e6)


def of_terms(terms, begun):
    """begun(process): ms, before its first campaign. Who is said to lead has the lock by then, and who is said to lead
    no longer has given it back, to all that he knows: from that moment on another one may have it."""
    for client, term in enumerate(sorted(terms, key=lambda term: term.begin)):
        token = int(term.token)
        yield {"client": client, "kind": "acquire", "token": token, "call": _ns(begun(term.process)),
               "return": _ns(term.begin)}
        if term.end is not None:
            yield {"client": client, "kind": "release", "token": token, "call": _ns(term.end), "return": _ns(term.end)}


def of_file(path, client):
    """What a writer (writer.py) has done. Of a write that has no end nobody knows whether it has happened, or will."""
    begun = None
    for line in _lines(path):
        if "call" not in line:
            if line["outcome"] == "unknown":
                yield {**begun, "outcome": "unknown", "return": None}
            elif line["outcome"] != "none":
                yield {**begun, **line}
            begun = None
        elif line["kind"] == "write":
            begun = {"client": client, **line}
        else:
            yield {"client": client, **line}
    if begun is not None:
        yield {**begun, "outcome": "unknown", "return": None}


def _lines(path):
    """The last one may be half a line: of a writer that was killed."""
    try:
        with open(path, encoding="ascii") as file:
            return [json.loads(line) for line in file if line.endswith("\n")]
    except FileNotFoundError:
        return []


def judge(histories, folder):
    """histories: {name: operations}. Returns {name: what the checker says}: verdict, operations, picture."""
    lines = "".join(json.dumps({"history": name, **operation}) + "\n"
                    for name, operations in histories.items() for operation in operations)
    done = subprocess.run([checker(), str(folder)], input=lines, capture_output=True, text=True)
    assert done.returncode == 0, f"porcupine has failed: {done.stderr}"
    said = [json.loads(line) for line in done.stdout.splitlines()]
    return {one["history"]: one for one in said}
