# SPDX-License-Identifier: Apache-2.0
"""asyncio_service.py as examples/kubernetes/python has it: every replica is ready, one works, SIGTERM hands over, and a
rolling update comes to its end (P9, P10, P11)."""

import subprocess
import time
from pathlib import Path

import pytest

from controlplane.pods import Namespace
from controlplane.process import wait_for

from .kubelet import Kubelet
from .replica import HANG_S, split

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "python"
MANIFEST = EXAMPLES.parent / "kubernetes" / "python" / "deployment.yaml"
LOCK = "my-service"


def play(cluster, start, example=None):
    """The Deployment is applied, and its two replicas are ready. example: another file than the manifest's."""
    namespace = Namespace(cluster, lock=LOCK)
    subprocess.run(cluster.kubectl("apply", "--namespace", namespace.name, "--filename", str(MANIFEST)), check=True)
    made = Kubelet(namespace, start, example)
    wait_for("two ready replicas", stepping(made, lambda: available(made) == 2), HANG_S)
    return made


@pytest.fixture
def kubelet(cluster, start):
    return play(cluster, start)


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


def is_ended_by_its_probe(kubelet, leader, hang):
    """(what then runs in its pod); nobody else may lead as long as it lives."""
    for _ in range(3):
        kubelet.step()
    assert not kubelet.restarted, "who works is alive, and who stands by"
    hang()
    wait_for("a restart", stepping(kubelet, lambda: kubelet.restarted), HANG_S)
    assert kubelet.restarted == [leader]
    return kubelet.replicas[leader.pod.uid]


def goes_on(kubelet, successor, leader, other):
    successor.hear("^working", count=2)
    assert token(successor) > token(leader) and not works(other)
    for _ in range(3):
        kubelet.step()
    assert kubelet.restarted == [leader]


def test_a_process_that_hangs_is_ended_by_its_liveness_probe(kubelet):
    """It does not answer, and hears no SIGTERM either: it is killed, and its pod leads anew."""
    leader, (standby,) = split(list(kubelet.replicas.values()), works)
    again = is_ended_by_its_probe(kubelet, leader, leader.process.pause)
    goes_on(kubelet, again, leader, standby)


HANGING = """
import asyncio, os, sys, types
sys.path.insert(0, {folder!r})
import asyncio_service

async def sleep(_):
    await asyncio.sleep(3600 if os.path.exists({hangs!r}) else 0.05)

asyncio_service.ROUND_S = 5
asyncio_service.asyncio = types.SimpleNamespace(**{{**vars(asyncio), "sleep": sleep}})
asyncio.run(asyncio_service.main(sys.argv[1], int(sys.argv[2])))
"""


def test_work_that_hangs_is_ended_by_the_liveness_probe(cluster, start, tmp_path):
    """The loop turns, the server answers, the election is driven, and nothing is done. It hears SIGTERM: another
    leads."""
    hangs, example = tmp_path / "hangs", tmp_path / "hanging.py"
    example.write_text(HANGING.format(folder=str(EXAMPLES), hangs=str(hangs)), encoding="utf-8")
    kubelet = play(cluster, start, example)
    leader, (standby,) = split(list(kubelet.replicas.values()), works)

    def hang():
        hangs.touch()
        wait_for("the probe", lambda: leader.get("/livez") == (503, "the work hangs"), HANG_S)
        hangs.unlink()

    again = is_ended_by_its_probe(kubelet, leader, hang)
    goes_on(kubelet, standby, leader, again)
