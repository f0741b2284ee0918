# SPDX-License-Identifier: Apache-2.0
"""The rows of the matrix: every request that the library sends, and the situation in
which it sends it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    """One request of the candidate that meets the fault.

    situation   how it comes about; see cell_run.CellRun:
        start      nothing is there; it is elected
        follow     a living pod holds the lock; then that pod ends
        takeover   the same, but the fault waits for the end of that pod
        resume     lock and record are those of an earlier life of its container
        resign     it leads, another one stands by, then it resigns
    verb, resource, pod   what the request is about; pod: "self" or "holder"
    where       see rules.Rule
    endpoint    what kind of server it is (server.Settings)"""
    name: str
    situation: str
    verb: str
    resource: str
    pod: str = ""
    where: object = None
    endpoint: dict = field(default_factory=dict)

    @property
    def is_watch(self):
        return self.verb == "watch"

    @property
    def is_write(self):
        return self.verb in ("create", "update", "delete")

    @property
    def is_command(self):
        """A request of the machine's, not of a watch."""
        return self.verb not in ("watch", "list")


_OLD_SERVER = {"initial_events": False}


def _follows(request):
    return "sendInitialEvents" not in request.query


ROWS = [
    Row("own pod GET", "start", "get", "pods", "self"),
    Row("lock watch", "start", "watch", "configmaps"),
    Row("lock GET, absent", "start", "get", "configmaps"),
    Row("record GET, absent", "start", "get", "leases"),
    Row("record POST", "start", "create", "leases"),
    Row("lock POST", "start", "create", "configmaps"),
    Row("record watch", "start", "watch", "leases"),
    Row("own pod watch", "start", "watch", "pods", "self"),
    Row("lock LIST", "start", "list", "configmaps", endpoint=_OLD_SERVER),
    Row("lock watch after LIST", "start", "watch", "configmaps", where=_follows, endpoint=_OLD_SERVER),
    Row("lock watch, held", "follow", "watch", "configmaps"),
    Row("lock GET, held", "follow", "get", "configmaps"),
    Row("record GET, held", "follow", "get", "leases"),
    Row("holder's pod watch", "follow", "watch", "pods", "holder"),
    Row("holder's pod GET", "follow", "get", "pods", "holder"),
    Row("holder's pod LIST", "follow", "list", "pods", "holder", endpoint=_OLD_SERVER),
    Row("record PUT", "takeover", "update", "leases"),
    Row("lock DELETE", "takeover", "delete", "configmaps"),
    Row("lock POST, again", "takeover", "create", "configmaps"),
    Row("record PUT, restarted", "resume", "update", "leases"),
    Row("lock PUT", "resume", "update", "configmaps"),
    Row("record PUT, emptying", "resign", "update", "leases"),
    Row("lock DELETE, resigning", "resign", "delete", "configmaps"),
]
