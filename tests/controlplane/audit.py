# SPDX-License-Identifier: Apache-2.0
"""The API server's audit log: every request once, with its user. Tests count
with it what a candidate costs the API server."""

import json
import os
from typing import NamedTuple

# A watch is logged when it begins and again when it ends. The end is left out,
# so that it counts once and at once. For all else only the end exists, except a
# failed authentication, which is logged at its (only) ResponseStarted stage.
_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "rules": [
        {"level": "None", "users": ["system:apiserver"]},
        {"level": "Metadata", "verbs": ["watch"],
         "omitStages": ["RequestReceived", "ResponseComplete"]},
        {"level": "Metadata", "omitStages": ["RequestReceived"]},
    ],
}

_BLOCK = 65536  # bytes; more than any line that is usual


# Of a write to a lock or a record also that it has come: the API server may be killed before it can log the end.
_WRITES = {"level": "Metadata", "verbs": ["create", "update", "delete"], "resources": [
    {"group": "", "resources": ["configmaps"]}, {"group": "coordination.k8s.io", "resources": ["leases"]}]}


def write_policy(path, begun_writes=False):
    """JSON is YAML enough for the API server. begun_writes: entries() has those, too, that were never answered."""
    others = _POLICY["rules"]
    policy = {**_POLICY, "rules": [others[0], _WRITES, *others[1:]]} if begun_writes else _POLICY
    with open(path, "w", encoding="ascii") as file:
        json.dump(policy, file)


class Entry(NamedTuple):
    """One request. `pod` is the name that a bound token carries, else ""."""
    user: str
    pod: str
    verb: str
    resource: str
    subresource: str
    namespace: str
    name: str
    uri: str
    code: int
    raw: dict


def _entry(raw):
    target = raw.get("objectRef", {})
    user = raw.get("user", {})
    pods = user.get("extra", {}).get("authentication.kubernetes.io/pod-name", [""])
    return Entry(user.get("username", ""), pods[0], raw["verb"], target.get("resource", ""),
                 target.get("subresource", ""), target.get("namespace", ""),
                 target.get("name", ""), raw["requestURI"],
                 raw.get("responseStatus", {}).get("code", 0), raw)


class AuditLog:
    """Reads the file that the API server appends to."""

    def __init__(self, path):
        self.path = path

    def mark(self):
        """A place in the log, where a line begins; give it to entries(). Not the
        file's size: a line can be half written, and half of one is no JSON."""
        try:
            with open(self.path, "rb") as log:
                place = log.seek(0, os.SEEK_END)
                while place > 0:
                    begin = max(0, place - _BLOCK)
                    log.seek(begin)
                    newline = log.read(place - begin).rfind(b"\n")
                    if newline >= 0:
                        return begin + newline + 1
                    place = begin
        except FileNotFoundError:
            pass
        return 0

    def entries(self, mark=0):
        """All requests after the mark, each once, in the order they were logged."""
        try:
            with open(self.path, "rb") as log:
                log.seek(mark)
                text = log.read()
        except FileNotFoundError:
            return []
        complete = text[:text.rfind(b"\n") + 1]
        by_id = {}  # exec, proxy and the like still come in two stages
        for line in complete.splitlines():
            raw = json.loads(line)
            by_id[raw["auditID"]] = raw
        return [_entry(raw) for raw in by_id.values()]
