# SPDX-License-Identifier: Apache-2.0
"""asyncio_service.py as examples/manifests has it: every replica is ready, one works, SIGTERM hands over, and a rolling
update comes to its end (P9, P10, P11)."""

import subprocess
import time
from pathlib import Path

import pytest

from controlplane.pods import Namespace
from controlplane.process import wait_for

from .kubelet import Kubelet
from .replica import HANG_S, split

MANIFEST = Path(__file__).resolve().parents[3] / "examples" / "manifests" / "asyncio-service.yaml"
LOCK = "my-service"


@pytest.fixture
def kubelet(cluster, start):
    """The Deployment is applied, and its two replicas are ready."""
    namespace = Namespace(cluster, lock=LOCK)
    subprocess.run(cluster.kubectl("apply", "--namespace", namespace.name, "--filename", str(MANIFEST)), check=True)
    made = Kubelet(namespace, start)
    wait_for("two ready replicas", stepping(made, lambda: available(made) == 2), HANG_S)
    return made


def stepping(kubelet, condition):
    def step():
        kubelet.step()
        return condition()
    return step


def deployment(kubelet):
    return kubelet.admin.get(kubelet.namespace.path("deployments", LOCK))


def available(kubelet):
    return deployment(kubelet)["status"].get("availableReplicas", 0)


def works(replica):
    return bool(replica.said("^working"))


def token(replica):
    tokens = set(replica.said(r"^working, token (\d+)"))
    assert len(tokens) == 1, f"{replica} has worked with several tokens in one term: {tokens}"
    return int(tokens.pop())


def test_one_works_all_are_ready_and_sigterm_hands_over(kubelet, report):
    replicas = list(kubelet.replicas.values())
    leader, (standby,) = split(replicas, works)
    for replica in replicas:
        assert replica.ready() == (200, "ready")
        wait_for("its word on the leader", lambda: replica.get("/leader") == (200, leader.pod.name), HANG_S)
    assert replica.get("/another")[0] == 404
    assert not works(standby)
    began = time.monotonic()
    assert leader.terminate() == 0
    wait_for("the next leader", lambda: standby.get("/leader") == (200, standby.pod.name), HANG_S, interval=0.002)
    took = (time.monotonic() - began) * 1000
    report(f"asyncio_service.py: {took:.0f} ms from SIGTERM to the next leader, the old process's end included")
    standby.hear("^working")
    assert leader.said("^told to end") and token(standby) > token(leader)
    assert leader.pod.object() is not None, "the hand-over has not waited for the pod's end"


def test_a_leader_whose_pod_is_gone_stops_by_itself(kubelet):
    """P9: the work is cancelled, and the process ends with LostError."""
    leader, (standby,) = split(list(kubelet.replicas.values()), works)
    leader.pod.delete(grace=0)
    assert leader.ended() == 1
    assert leader.said("LostError"), leader.log()
    standby.hear("^working")
    assert token(standby) > token(leader)


def test_a_rolling_update_ends(kubelet):
    """New pods are ready as standbys, so the old ones are ended, and one of the new ones leads."""
    old = set(kubelet.replicas)
    kubelet.admin.patch(kubelet.namespace.path("deployments", LOCK), {
        "spec": {"template": {"metadata": {"annotations": {"example.com/version": "2"}}}}})

    def updated():
        assert sum(kubelet.is_ready(pod) for pod in kubelet.pods()) >= 2, "an update may cost no replica"
        return not old & set(kubelet.replicas) and len(kubelet.replicas) == 2 and available(kubelet) == 2

    wait_for("the rolling update", stepping(kubelet, updated), HANG_S)
    leader, (standby,) = split(list(kubelet.replicas.values()), works)
    leader.hear("^working", count=2)
    assert not works(standby)
