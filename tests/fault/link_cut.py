# SPDX-License-Identifier: Apache-2.0
"""The program that test_link_cut.py runs in a network namespace of its own
(network_link.py). Each handle is a standby whose leader dies while the link to the
server is cut, so that its claim is sent and does not arrive. Prints what it has
measured."""

import contextlib
import sys
import time

from apiserver.server import Server
from controlplane.keys import Authority
from scenarios.candidate import Candidate
from scenarios.observer import Observer
from scenarios.places import base_environment

from . import network_link

CUT = 33
# A kernel that still had a claim would try 51 s after the first time, and before that at 25 s.
SETTLED = 60
SOON = 4  # again after 1.4 and 3 s
LIVING = {"phase": "Running", "containerStatuses": [{"name": "main", "state": {"running": {}}}]}
NOTICED = 55  # after 12; a kernel that asks after a minute would notice after 75
TELLING_NOTHING = {"x-idle-timeout-ms": "3600000"}
SHORT = {"x-request-timeout-ms": "3000"}


class Standby:
    """One handle, its lock, and the leader that it waits for."""

    def __init__(self, experiment, id, http1=False, options=None):
        self.experiment, self.id, self.lock, self.namespace = experiment, id, "lock-" + id, "space-" + id
        self.endpoint = experiment.server.endpoint(host=network_link.SERVER, http1=http1)
        self._options = options or {}
        experiment.server.do("set_namespace", self.namespace)
        self._uids = {name: self._make_pod(name) for name in ("leader", "standby", "next")}
        self._hold("leader")
        self._run(experiment.process, "standby", id)
        experiment.observer.wait(f"{id} watches its leader", lambda: any(
            (seen.resource, seen.name) == ("pods", "leader") for seen in self.asked("watch")))

    def _make_pod(self, name):
        return self.experiment.server.do("create", "pods", self.namespace, {
            "metadata": {"name": name}, "spec": {"containers": [{"name": "main"}]},
            "status": LIVING})["metadata"]["uid"]

    def _hold(self, name):
        owner = {"apiVersion": "v1", "kind": "Pod", "name": name, "uid": self._uids[name]}
        self.experiment.server.do("create", "leases", self.namespace, {
            "metadata": {"name": self.lock + ".leaderlife", "annotations": {
                "leaderlife.dev/holder-uid": owner["uid"], "leaderlife.dev/holder-nonce": "nonce",
                "leaderlife.dev/token": ""}},
            "spec": {"holderIdentity": name, "leaseTransitions": 1}})
        self.experiment.server.do("create", "configmaps", self.namespace, {
            "metadata": {"name": self.lock, "ownerReferences": [owner],
                         "annotations": {"leaderlife.dev/guard": "record", "leaderlife.dev/holder-nonce": "nonce"}}})

    def _run(self, process, pod, id):
        process.do("new", id, lock=self.lock, options={
            "backend": "kubernetes", "namespace": self.namespace, "pod-name": pod, "pod-uid": self._uids[pod],
            "server": self.endpoint.url, "ca-file": self.experiment.server.ca_file,
            "token-file": self.experiment.token_file, "log-level": "debug", **self._options})
        process.do("start", id)

    @property
    def state(self):
        return self.experiment.process.handle(self.id).state

    def last_ms(self):
        return self.experiment.process.handle(self.id).last["ms"]

    def asked(self, verb):
        return [seen for seen in self.endpoint.seen if seen.verb == verb]

    def writes(self):
        """Those that have reached the server."""
        return [seen for seen in self.endpoint.seen if seen.verb in ("create", "update", "delete")]

    def record(self):
        return self.experiment.server.do("find", "leases", self.namespace, self.lock + ".leaderlife")

    def lose_leader(self):
        """With the link cut: the standby is told, and its claim is on the wire."""
        before = self.experiment.process.do("counters", self.id)["writes"]
        self.experiment.server.do("delete", "pods", self.namespace, "leader")
        self.experiment.observer.wait(f"{self.id} claims", lambda: (
            self.experiment.process.do("counters", self.id)["writes"] > before))

    def lost_a_watch(self):
        return any("no whole answer from" in line.get("text", "") for line in self.experiment.lines(self.id))

    def given_up(self):
        """When it said that its claim got no answer."""
        lines = self.experiment.lines(self.id)
        return next((line["ms"] for line in lines if "it may have happened all the same" in line.get("text", "")), None)

    def elect_next(self):
        """Another pod, behind no link."""
        self._run(self.experiment.next, "next", self.id)
        self.experiment.observer.wait(f"{self.id}'s next leads",
                                      lambda: self.experiment.next.handle(self.id).state == "leader")


class Experiment:
    def __init__(self, server, command, directory):
        self.server, self.observer = server, Observer()
        self.token_file = directory + "/token"
        with open(self.token_file, "w", encoding="ascii") as file:
            file.write(server.token)
        network_link.set_up()
        self.process = Candidate("behind", network_link.inside([command]), base_environment(), directory, self.observer)
        self.next = Candidate("next", [command], base_environment(), directory, self.observer)
        self.link = network_link.NetworkLink(self.process.child.pid)

    def lines(self, id):
        with self.observer.changed:
            return [line for process, line in self.observer.lines if process is self.process and line["id"] == id]

    def run(self):
        self.notice_while_nothing_is_sent()
        self.free_at_once()
        self.end_in_a_long_cut()
        self.measure_return()

    def notice_while_nothing_is_sent(self):
        """P18: the kernel asks the peer, whatever libcurl can. Left to its usual patience it would take longer than the
        observer waits."""
        handles = [Standby(self, "idle", options=TELLING_NOTHING),
                   Standby(self, "idle-http1", http1=True, options=TELLING_NOTHING)]
        time.sleep(1)  # no request is under way
        self.link.cut()
        begun = time.monotonic()
        for handle in handles:
            self.observer.wait(f"{handle.id} notices", handle.lost_a_watch, timeout=NOTICED)
            print(f"{handle.id}: the cut is noticed after {time.monotonic() - begun:.1f} s")
        self.link.restore()
        for handle in handles:
            self.process.do("free", handle.id)

    def free_at_once(self):
        """Long before the kernel would give up by itself."""
        handle = Standby(self, "soon")
        with self.claims_lost([handle]):
            time.sleep(0.5)
            self.process.do("free", "soon")
            self.link.restore()
            time.sleep(SOON)

    def end_in_a_long_cut(self):
        closed = [Standby(self, "close"), Standby(self, "close-http1", http1=True)]
        with self.claims_lost([*closed, Standby(self, "free")]) as begun:
            time.sleep(1)
            self.process.do("free", "free")
            for handle in closed:
                self.process.do("close", handle.id)
            time.sleep(begun + CUT - time.monotonic())
            self.link.restore()
            for handle in closed:
                self.observer.wait(f"{handle.id} is closed", lambda handle=handle: handle.state == "closed")
                print(f"{handle.id}: closed {time.monotonic() - begun:.1f} s after its claim")
            time.sleep(begun + SETTLED - time.monotonic())

    @contextlib.contextmanager
    def claims_lost(self, handles):
        """Claims of all of them are on the cut link; what follows is the body's; afterwards nothing was carried out."""
        time.sleep(1)  # no request is under way
        self.link.cut()
        begun = time.monotonic()
        for handle in handles:
            handle.lose_leader()
        before = [(handle, handle.record(), len(handle.writes())) for handle in handles]
        yield begun
        for handle, record, count in before:
            late = [f"{seen.verb} {seen.resource} after {seen.at - begun:.1f} s" for seen in handle.writes()[count:]]
            assert not late and handle.record() == record, f"{handle.id}: a write was carried out late: {late}"
            handle.elect_next()

    def measure_return(self):
        """The link is restored as soon as the claim is given up, so the watches can come back at once."""
        handle = Standby(self, "return", options=SHORT)
        time.sleep(1)
        watches = {(seen.resource, seen.name) for seen in handle.asked("watch")} - {("pods", "leader")}
        before = len(handle.asked("watch"))
        self.link.cut()
        handle.lose_leader()
        at = self.observer.wait("the claim is given up", handle.given_up)
        self.link.restore()
        restored = time.monotonic() * 1000

        def back():
            found = {}
            for seen in handle.asked("watch")[before:]:
                found.setdefault((seen.resource, seen.name), seen.at * 1000)
            return max(found[watch] for watch in watches) if watches <= set(found) else None
        last = self.observer.wait("its watches are back", back)
        self.observer.wait("it leads", lambda: handle.state == "leader")
        print(f"watches beside a claim that is given up: {len(watches)}, all back {last - at:.0f} ms later; "
              f"the link was restored {restored - at:.0f} ms after it; leads {handle.last_ms() - at:.0f} ms after it")
        self.process.do("free", "return")


def main():
    command, directory = sys.argv[1:]
    with Server(Authority(directory), hosts=[network_link.SERVER]) as server:
        experiment = Experiment(server, command, directory)
        try:
            with experiment.observer.telling():
                experiment.run()
                for process in experiment.observer.processes:
                    process.end()
                experiment.observer.check()
        finally:
            for process in experiment.observer.processes:
                process.abandon()
        assert not server.broken, f"the fake server itself has failed: {server.broken[:3]}"


if __name__ == "__main__":
    main()
