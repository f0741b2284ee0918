# SPDX-License-Identifier: Apache-2.0
"""Two of the examples in pods of the real control plane, one with threads and one with asyncio: the leader's pod is
deleted by force while it is killed, and while it is frozen. When it wakes another one leads, and it ticks no more."""

import os
import signal

import pytest

from controlplane.pods import Namespace
from controlplane.process import wait_for

from ..examples.replica import pod_that_runs
from .fleet import HANG_S, Fleet
from .frameworks import FRAMEWORKS
from .play import REFUSED


class PodFleet(Fleet):
    """Each replica is the container of a pod of its own."""

    def __init__(self, cluster, *arguments):
        super().__init__(*arguments)
        self._namespace = Namespace(cluster, lock=self.lock)
        self._pods = {}

    def _given(self, number):
        self._pods[f"replica-{number}"] = pod_that_runs(self._namespace, f"replica-{number}")
        return self._pods[f"replica-{number}"].candidate().environment()

    def leader(self):
        lock = wait_for("a leader", self._namespace.lock_object, HANG_S)
        owner = lock["metadata"]["ownerReferences"][0]["uid"]
        replica, = [replica for replica in self.replicas if self._pods[replica.name].uid == owner]
        return replica.pid, replica

    def delete_pod(self, replica):
        """By force, and nobody ends its container."""
        self._pods[replica.name].delete(grace=0)
        self.replicas.remove(replica)


def refusals_that_last(fleet):
    """How often the fence has refused a tick, as a list of one; None while it goes on to do so."""
    before = len(fleet.said(REFUSED))
    fleet.wait_ticks(5)
    return [before] if len(fleet.said(REFUSED)) == before else None


@pytest.mark.parametrize("framework", [framework for framework in FRAMEWORKS
                                       if framework.test in ("apscheduler", "aiohttp")], ids=lambda each: each.test)
def test_one_ticks_in_pods(framework, cluster, places, tmp_path, report):
    with PodFleet(cluster, framework, places, tmp_path / "pods") as fleet:
        fleet.fill_up(3)
        token = fleet.wait_ticks(2)
        pid, killed = fleet.leader()
        os.kill(pid, signal.SIGKILL)
        fleet.delete_pod(killed)
        gap = fleet.wait_next(token)
        report(f"{framework.name}, in pods: without a tick for {gap:.2f} s when the leader's pod was killed")

        token = fleet.wait_ticks(2)
        _, frozen = fleet.leader()
        fleet.freeze(frozen)
        fleet.delete_pod(frozen)
        fleet.wait_next(token)
        newest = fleet.wait_ticks(2)
        frozen.resume()
        fleet.wait_said("no longer leads")  # it has seen that it has lost
        assert fleet.wait_ticks(3) == newest and fleet.terms()[-2].token == token
        refused = wait_for("the end of its work", lambda: refusals_that_last(fleet), HANG_S)[0]
        report(f"{framework.name}, in pods: the fence has refused {refused} ticks of one that was frozen")
