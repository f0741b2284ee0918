# SPDX-License-Identifier: Apache-2.0
"""What test_cut_cable.py plays, in a network namespace of its own (cable.py). Each
handle is a standby whose leader dies while the way to the server is cut, so that
its claim is on the wire and does not arrive. Prints what it has measured."""

import contextlib
import sys
import time

from apiserver.server import Server
from controlplane.keys import Authority
from scenarios.candidate import Candidate
from scenarios.observer import Observer
from scenarios.places import base_environment

from . import cable

CUT = 33
# A kernel that still had a claim would try 51 s after the first time, and before that at 25 s.
SETTLED = 60
SOON = 4  # again after 1.4 and 3 s
LIVING = {"phase": "Running", "containerStatuses": [{"name": "main", "state": {"running": {}}}]}
SHORT = {"x-request-timeout-ms": "3000"}


class Standby:
    """One handle, its lock, and the leader that it waits for."""

    def __init__(self, play, id, http1=False, options=None):
        self.play, self.id, self.lock, self.namespace = play, id, "lock-" + id, "space-" + id
        self.door = play.server.door(host=cable.SERVER, http1=http1)
        self._options = options or {}
        play.server.do("set_namespace", self.namespace)
        self._uids = {name: self._make_pod(name) for name in ("leader", "standby", "next")}
        self._hold("leader")
        self._run(play.process, "standby", id)
        play.observer.wait(f"{id} watches its leader", lambda: any(
            (seen.resource, seen.name) == ("pods", "leader") for seen in self.asked("watch")))

    def _make_pod(self, name):
        return self.play.server.do("create", "pods", self.namespace, {
            "metadata": {"name": name}, "spec": {"containers": [{"name": "main"}]}, "status": LIVING})["metadata"]["uid"]

    def _hold(self, name):
        owner = {"apiVersion": "v1", "kind": "Pod", "name": name, "uid": self._uids[name]}
        self.play.server.do("create", "leases", self.namespace, {
            "metadata": {"name": self.lock + ".leaderlife", "annotations": {
                "leaderlife.dev/holder-uid": owner["uid"], "leaderlife.dev/holder-nonce": "nonce",
                "leaderlife.dev/token": ""}},
            "spec": {"holderIdentity": name, "leaseTransitions": 1}})
        self.play.server.do("create", "configmaps", self.namespace, {
            "metadata": {"name": self.lock, "ownerReferences": [owner],
                         "annotations": {"leaderlife.dev/guard": "record", "leaderlife.dev/holder-nonce": "nonce"}}})

    def _run(self, process, pod, id):
        process.do("new", id, lock=self.lock, options={
            "backend": "kubernetes", "namespace": self.namespace, "pod-name": pod, "pod-uid": self._uids[pod],
            "server": self.door.url, "ca-file": self.play.server.ca_file, "token-file": self.play.token_file,
            "log-level": "debug", **self._options})
        process.do("start", id)

    @property
    def state(self):
        return self.play.process.handle(self.id).state

    def last_ms(self):
        return self.play.process.handle(self.id).last["ms"]

    def asked(self, verb):
        return [seen for seen in self.door.seen if seen.verb == verb]

    def writes(self):
        """Those that have reached the server."""
        return [seen for seen in self.door.seen if seen.verb in ("create", "update", "delete")]

    def record(self):
        return self.play.server.do("find", "leases", self.namespace, self.lock + ".leaderlife")

    def lose_leader(self):
        """With the cable cut: the standby is told, and its claim is on the wire."""
        before = self.play.process.do("counters", self.id)["writes"]
        self.play.server.do("delete", "pods", self.namespace, "leader")
        self.play.observer.wait(f"{self.id} claims", lambda: (
            self.play.process.do("counters", self.id)["writes"] > before))

    def given_up(self):
        """When it said that its claim got no answer."""
        lines = self.play.lines(self.id)
        return next((line["ms"] for line in lines if "it may have happened all the same" in line.get("text", "")), None)

    def elect_next(self):
        """Another pod, behind no cable."""
        self._run(self.play.next, "next", self.id)
        self.play.observer.wait(f"{self.id}'s next leads", lambda: self.play.next.handle(self.id).state == "leader")


class Play:
    def __init__(self, server, command, directory):
        self.server, self.observer = server, Observer()
        self.token_file = directory + "/token"
        with open(self.token_file, "w", encoding="ascii") as file:
            file.write(server.token)
        cable.lay()
        self.process = Candidate("behind", cable.behind([command]), base_environment(), directory, self.observer)
        self.next = Candidate("next", [command], base_environment(), directory, self.observer)
        self.cable = cable.Cable(self.process.child.pid)

    def lines(self, id):
        with self.observer.changed:
            return [line for process, line in self.observer.lines if process is self.process and line["id"] == id]

    def run(self):
        self.free_at_once()
        self.end_in_a_long_cut()
        self.measure_return()

    def free_at_once(self):
        """Long before the kernel would give up by itself."""
        handle = Standby(self, "soon")
        with self.claims_lost([handle]):
            time.sleep(0.5)
            self.process.do("free", "soon")
            self.cable.mend()
            time.sleep(SOON)

    def end_in_a_long_cut(self):
        closed = [Standby(self, "close"), Standby(self, "close-http1", http1=True)]
        with self.claims_lost([*closed, Standby(self, "free")]) as begun:
            time.sleep(1)
            self.process.do("free", "free")
            for handle in closed:
                self.process.do("close", handle.id)
            time.sleep(begun + CUT - time.monotonic())
            self.cable.mend()
            for handle in closed:
                self.observer.wait(f"{handle.id} is closed", lambda handle=handle: handle.state == "closed")
                print(f"{handle.id}: closed {time.monotonic() - begun:.1f} s after its claim")
            time.sleep(begun + SETTLED - time.monotonic())

    @contextlib.contextmanager
    def claims_lost(self, handles):
        """Claims of all of them are on the cut cable; what follows is the body's; afterwards nothing was carried out."""
        time.sleep(1)  # no request is under way
        self.cable.cut()
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
        """The cable is mended as soon as the claim is given up, so the watches can come back at once."""
        handle = Standby(self, "return", options=SHORT)
        time.sleep(1)
        watches = {(seen.resource, seen.name) for seen in handle.asked("watch")} - {("pods", "leader")}
        before = len(handle.asked("watch"))
        self.cable.cut()
        handle.lose_leader()
        at = self.observer.wait("the claim is given up", handle.given_up)
        self.cable.mend()
        mended = time.monotonic() * 1000

        def back():
            found = {}
            for seen in handle.asked("watch")[before:]:
                found.setdefault((seen.resource, seen.name), seen.at * 1000)
            return max(found[watch] for watch in watches) if watches <= set(found) else None
        last = self.observer.wait("its watches are back", back)
        self.observer.wait("it leads", lambda: handle.state == "leader")
        print(f"watches beside a claim that is given up: {len(watches)}, all back {last - at:.0f} ms later; the cable was "
              f"mended {mended - at:.0f} ms after it; leads {handle.last_ms() - at:.0f} ms after it")
        self.process.do("free", "return")


def main():
    command, directory = sys.argv[1:]
    with Server(Authority(directory), hosts=[cable.SERVER]) as server:
        play = Play(server, command, directory)
        try:
            with play.observer.telling():
                play.run()
                for process in play.observer.processes:
                    process.end()
                play.observer.check()
        finally:
            for process in play.observer.processes:
                process.abandon()
        assert not server.broken, f"the fake server itself has failed: {server.broken[:3]}"


if __name__ == "__main__":
    main()
