# SPDX-License-Identifier: Apache-2.0
"""Runs `leaderlife status` and reads what it prints."""

import json

from controlplane.process import wait_for

# Of one look, and of a line of --watch.
MEMBERS = ["lock", "backend", "server", "namespace", "scope", "holder", "since", "token", "term", "guard", "notices"]
LINE_MEMBERS = ["at", "event", *MEMBERS]


def parse(text, members=None):
    """One object, as it is documented: all its members, in order, and null for what is not known."""
    found = json.loads(text)
    assert list(found) == (members or MEMBERS)
    assert found["holder"] is None or list(found["holder"]) == ["name", "uid", "phase", "node"]
    assert found["term"] is None or found["term"] > 0
    assert found["guard"] in (None, "kernel", "memory", "record")
    for notice in found["notices"]:
        assert list(notice) == ["status", "text"] and notice["status"].startswith("LEADERLIFE_")
    assert "" not in [*found.values(), *(found["holder"] or {}).values()]
    return found


class StatusWatch:
    """leaderlife status --watch -o json, under way."""

    def __init__(self, command, *words, environment=None):
        self.process = command.start("status", "--watch", "-o", "json", *words, environment=environment)

    def lines(self, event="holder"):
        found = [parse(line, LINE_MEMBERS) for line in self.process.stdout().splitlines(keepends=True)
                 if line.endswith("\n")]
        assert [line["at"] for line in found] == sorted(line["at"] for line in found)
        return [line for line in found if line["event"] == event]

    def terms(self):
        """[(holder, token)] as they were shown; nobody is none."""
        return [(line["holder"]["name"], line["token"]) for line in self.lines() if line["holder"]]

    def wait_terms(self, count):
        try:
            wait_for(f"{count} terms", lambda: len(self.terms()) >= count, timeout=60)
        except TimeoutError as error:
            raise TimeoutError(f"{error}: {self.terms()}; {self.process.stderr()}") from None
        return self.terms()
