# SPDX-License-Identifier: Apache-2.0
"""Runs one cell of the matrix: candidate a meets the fault, candidate b is its rival
behind an endpoint without faults, and the objects on the fake server show who leads."""

import time
from dataclasses import dataclass, field

from apiserver.server import wait_hits
from scenarios.observer import HANG

from .expectation import expect
from .fault_columns import NETWORK, TLS

ENDS = ("resigned", "lost", "failed", "closed")
LIVING = {"phase": "Running", "containerStatuses": [{"name": "main", "state": {"running": {}}}]}


@dataclass
class Outcome:
    """What a cell cost and came to. trouble: why it failed, or ""; the rest is about candidate a."""
    trouble: str = ""
    story: str = ""
    seconds: float = 0.0
    hits: list = field(default_factory=list)  # when
    seen: list = field(default_factory=list)  # rules.Seen
    counters: dict = field(default_factory=dict)
    lines: list = field(default_factory=list)
    end_text: str = ""

    def notices(self):
        return [line for line in self.lines if line.get("event") == "notice"]


class CellRun:
    """Names and objects of one cell."""

    def __init__(self, server, candidate, number, cell, token_file, log_level):
        self.server, self.candidate, self.observer = server, candidate, candidate.observer
        self._log_level = log_level
        self.cell, self.row, self.column = cell, cell.row, cell.column
        self.namespace, self.lock = f"cell-{number}", f"lock-{number}"
        self.ids = {name: f"{number}{name}" for name in "ab"}
        self.uids, self.endpoints = {}, {}
        self._token_file = token_file
        self._settings = {**cell.row.endpoint, "http1": cell.http1,
                          **({"bookmark_s": 0.2} if "x-idle-timeout-ms" in cell.column.options else {})}
        self.expected = expect(cell.row, cell.column)
        self.rule = None

    # Namespace, pods, lock and record

    def open(self):
        self.server.do("set_namespace", self.namespace)
        for name in ("a", "b"):
            self.add_pod(name)
            self.endpoints[name] = self.server.endpoint(**self._settings)

    def close(self):
        for name in list(self.endpoints):
            self.free(name)
            self.endpoints.pop(name).close()
        self.server.do("forget_namespace", self.namespace)
        self.candidate.forget(set(self.ids.values()))

    def add_pod(self, name):
        pod = self.server.do("create", "pods", self.namespace, {
            "metadata": {"name": name}, "spec": {"containers": [{"name": "main"}]}, "status": LIVING})
        self.uids[name] = pod["metadata"]["uid"]

    def delete_pod(self, name):
        self.server.do("delete", "pods", self.namespace, name)

    def hold(self, name):
        """Lock and record as an earlier life of that pod has made them."""
        owner = {"apiVersion": "v1", "kind": "Pod", "name": name, "uid": self.uids[name]}
        self.server.do("create", "leases", self.namespace, {
            "metadata": {"name": self.lock + ".leaderlife", "annotations": {
                "leaderlife.dev/holder-uid": self.uids[name], "leaderlife.dev/holder-nonce": "earlier",
                "leaderlife.dev/token": ""}},
            "spec": {"holderIdentity": name, "leaseTransitions": 1}})
        self.server.do("create", "configmaps", self.namespace, {
            "metadata": {"name": self.lock, "ownerReferences": [owner],
                         "annotations": {"leaderlife.dev/guard": "record", "leaderlife.dev/holder-nonce": "earlier"}}})

    def object(self, resource):
        name = self.lock if resource == "configmaps" else self.lock + ".leaderlife"
        return self.server.do("find", resource, self.namespace, name)

    # The candidates

    def await_told(self):
        """The candidate has noticed the fault, and said so if it must."""
        if self.expected.notice:
            self.await_(f"a's notice {self.expected.notice}", lambda: any(
                line.get("event") == "notice" and self._is_expected(line["status"])
                for line in self.candidate.lines(self.ids["a"])))
        if self.expected.warned:
            self.await_("a's watch complains", lambda: any(
                line.get("level") == "warning" for line in self.candidate.lines(self.ids["a"])))

    def _is_expected(self, status):
        return status == self.expected.notice or {status, self.expected.notice} == {NETWORK, TLS}

    def start_rival(self):
        """At once, or when the other one is where it wants to be."""
        if not self.cell.rival_at_once:
            self.await_("a is elected or fails", lambda: self.state("a") in ("leader", *ENDS))
        self.start("b")

    def start(self, name):
        options = {"backend": "kubernetes", "namespace": self.namespace, "pod-name": name, "pod-uid": self.uids[name],
                   "server": self.endpoints[name].url, "ca-file": self.server.ca_file, "token-file": self._token_file,
                   "log-level": self._log_level}
        if name == "a":
            options.update(self.column.options)
        self.candidate.do("new", self.ids[name], lock=self.lock, options=options)
        self.candidate.do("start", self.ids[name])

    def free(self, name):
        if self.ids[name] in self.candidate.handles and self.candidate.alive:
            self.candidate.do("free", self.ids[name])

    def state(self, name):
        handle = self.candidate.handles.get(self.ids[name])
        return handle.state if handle else None

    def is_ready(self, name):
        return self.candidate.is_ready(self.ids[name])

    def await_(self, what, condition):
        self.observer.wait(f"{what} (a is {self.state('a')}, b is {self.state('b')})", condition)

    # The fault

    def arm(self):
        pod = {"self": "a", "holder": "h", "": ""}[self.row.pod]
        self.rule = self.endpoints["a"].add(self.column.act, verb=self.row.verb, resource=self.row.resource, name=pod,
                                            where=self.row.where, count=self.column.times)

    def await_hit(self):
        hit = wait_hits(self.rule, 1, HANG, lambda: self.state("a") in ENDS or self.candidate.child.poll() is not None)
        assert hit, f"the request was never made; a is {self.state('a')}"

    # Situations: until the fault has hit

    def begin_start(self):
        self.arm()
        self.start("a")
        self.await_hit()
        self.start_rival()

    def begin_follow(self):
        self.add_pod("h")
        self.hold("h")
        self.arm()
        self.start("a")
        self.await_hit()
        if self.cell.rival_at_once:
            self.start("b")
            self.await_("b follows", lambda: self.state("b") == "standby")
        self.await_("a follows", lambda: self.state("a") in ("standby", *ENDS))
        self.await_told()  # whom it watches now it will not watch in a moment
        self.delete_pod("h")
        if not self.cell.rival_at_once:
            self.start_rival()

    def begin_takeover(self):
        self.add_pod("h")
        self.hold("h")
        self.start("a")
        self.await_("a stands by", lambda: self.state("a") == "standby")
        self.arm()
        self.delete_pod("h")
        self.await_hit()
        self.start_rival()

    def begin_resume(self):
        self.hold("a")
        self.begin_start()

    def begin_resign(self):
        self.start("a")
        self.await_("a leads", lambda: self.state("a") == "leader")
        self.start("b")
        self.await_("b stands by", lambda: self.state("b") == "standby")
        self.arm()
        self.candidate.do("resign", self.ids["a"])
        self.await_hit()

    # The end

    def settle(self):
        self.await_told()
        time.sleep(max(self.rule.hits[-1].at + self.column.lasts - time.monotonic(), 0))
        if self.expected.failed:
            self.await_("a fails, b leads", lambda: self.state("a") == "failed" and self.state("b") == "leader")
        elif self.row.situation == "resign":
            self.await_("a has resigned, b leads",
                        lambda: self.state("a") == "resigned" and self.state("b") == "leader")
        else:
            self.await_("one leads, the other stands by", lambda: sorted(
                (str(self.state("a")), str(self.state("b")))) == ["leader", "standby"])
        self.await_("lock and record are the leader's", self.is_leaders)
        for name in "ab":
            if self.state(name) in ("leader", "standby"):
                self.await_(f"{name} is ready", lambda name=name: self.is_ready(name))

    def is_leaders(self):
        """On the server, whatever the candidates say."""
        name = "a" if self.state("a") == "leader" else "b"
        lock, record = self.object("configmaps"), self.object("leases")
        return bool(lock and record) and lock["metadata"]["ownerReferences"][0]["uid"] == self.uids[name] and (
            record["metadata"]["annotations"]["leaderlife.dev/holder-uid"] == self.uids[name])

    def run(self, outcome):
        """Fills the outcome; raises what a cell fails with."""
        began = time.monotonic()
        getattr(self, "begin_" + self.row.situation)()
        self.settle()
        self.observer.check()
        outcome.seconds = time.monotonic() - began
        outcome.hits = [request.at for request in self.rule.hits]
        outcome.seen = list(self.endpoints["a"].seen)
        outcome.counters = self.candidate.do("counters", self.ids["a"])
        outcome.end_text = self.candidate.ask("state", self.ids["a"])["error_text"]
        outcome.lines = self.candidate.lines(self.ids["a"])
