# SPDX-License-Identifier: Apache-2.0
"""What happens to the leader's node."""

import pytest

from controlplane.process import wait_for

from .trial import DEPLOYMENT, HANG_S, HandOver

pytestmark = pytest.mark.alone

GIVES_UP_S = 15  # what giving back takes where it waits for an answer that does not come


def test_drain(trial, report):
    trial.deploy()
    with HandOver(trial, report, "node drained") as over:
        node = trial.node_of(over.old)
        trial.kubectl("drain", node.name, "--ignore-daemonsets", "--delete-emptydir-data", f"--timeout={HANG_S:g}s")
    trial.kubectl("uncordon", node.name)
    trial.wait_ready(DEPLOYMENT)


def test_kubelet_and_runtime_restarted(trial):
    """The containers run on, and the leader leads on."""
    trial.deploy()
    leader = trial.settled_leader()
    node = trial.node_of(leader)
    node.process.stop()
    trial.works_on(leader, 1)
    node.containerd.stop()
    trial.works_on(leader, 1)
    node.start_containerd()
    node.start_kubelet()
    trial.works_on(leader)
    trial.wait_ready(DEPLOYMENT)


def test_node_crashes_and_comes_back(trial, report):
    """Nobody else leads, for nobody knows that it is dead; when the node is back, its pod's next container leads."""
    trial.deploy()
    with HandOver(trial, report, "node crashed and came back", same_pod=True) as over:
        node = trial.node_of(over.old)
        node.crash()
        wait_for("silence", lambda: trial.works() is None, HANG_S)
        node.start_containerd()
        node.start_kubelet()
    assert len(over.began) == 1


@pytest.mark.full
def test_kubelet_is_away_for_longer_than_the_pods_deadline(trial, report):
    """The pod is deleted, and nobody on its node hears of it until its token is refused. The leader works on; told to
    end at last, it cannot give the lock back, and does not spend its time on that."""
    def short(pod):
        pod["terminationGracePeriodSeconds"] = 25  # more than giving back may take, so nobody cuts it short
    trial.deploy(pod=short)
    with HandOver(trial, report, "kubelet away beyond the pod's deadline") as over:
        token = trial.exec(over.old.pod, "cat", "/var/run/secrets/kubernetes.io/serviceaccount/token")
        node = trial.node_of(over.old)
        node.process.pause()
        trial.kubectl("delete", "pod", over.old.pod, "--wait=false")
        wait_for("the refusal of its token", lambda: trial.cluster.is_refused(token), 300, interval=1)
        trial.works_on(over.old)
        node.process.resume()
    ended = next(period for period in trial.periods() if period.life == over.old.life).last
    assert over.new.first - ended < GIVES_UP_S
