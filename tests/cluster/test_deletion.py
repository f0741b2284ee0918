# SPDX-License-Identifier: Apache-2.0
"""The leader's pod, its Deployment or its namespace is deleted."""

import pytest

from controlplane.process import wait_for

from .images import EXAMPLES
from .trial import DEPLOYMENT, HANG_S, KUBECTL_S, HandOver

LINGER_S = 3


def linger(container):
    """The work goes on for a while after SIGTERM, as real work does: here two leaders would be seen."""
    container["env"].append({"name": "LINGER", "value": str(LINGER_S)})


@pytest.mark.parametrize("cascade", ["background", "foreground", "orphan"])
def test_leader_deleted(trial, report, cascade):
    trial.deploy(container=linger)
    with HandOver(trial, report, f"pod deleted, cascade {cascade}") as over:
        trial.kubectl("delete", "pod", over.old.pod, f"--cascade={cascade}", "--wait=false")
    assert len(over.began) == 1
    trial.wait_ready(DEPLOYMENT)


def test_deployment_deleted_in_the_foreground_and_applied_again(trial, report):
    trial.deploy(container=linger)
    with HandOver(trial, report, "Deployment deleted (foreground) and applied again"):
        trial.kubectl("delete", DEPLOYMENT, "--cascade=foreground", "--wait=false")
        wait_for("its end", lambda: not trial.kubectl("get", DEPLOYMENT, "--ignore-not-found"), HANG_S, KUBECTL_S)
        trial.deploy(container=linger)


def test_namespace_deleted_and_made_again(trial, report):
    """With all that a candidate needs: its rights may go before it does."""
    trial.deploy(container=linger)
    with HandOver(trial, report, "namespace deleted and made again"):
        trial.kubectl("delete", "namespace", trial.namespace, f"--timeout={HANG_S:g}s")
        trial.make_namespace()
        trial.apply(EXAMPLES / "kubernetes" / "command" / "deployment.yaml")


def test_scaled_to_nothing_and_back(trial, report):
    trial.deploy(replicas=3, container=linger)
    with HandOver(trial, report, "scaled 3 - 0 - 3"):
        trial.kubectl("scale", DEPLOYMENT, "--replicas=0")
        wait_for("no pods", lambda: not trial.pods(), HANG_S)
        trial.kubectl("scale", DEPLOYMENT, "--replicas=3")
    trial.wait_ready(DEPLOYMENT)


def test_pre_stop_of_five_seconds(trial, report):
    def sleep(container):
        container["lifecycle"] = {"preStop": {"sleep": {"seconds": 5}}}
    trial.deploy(container=sleep)
    with HandOver(trial, report, "pod deleted, preStop of 5 s") as over:
        trial.kubectl("delete", "pod", over.old.pod, "--wait=false")
    assert over.new.first - over.at > 5


def test_eviction(trial, report):
    trial.deploy(container=linger)
    with HandOver(trial, report, "evicted by the API") as over:
        trial.cluster.admin.create(f"/api/v1/namespaces/{trial.namespace}/pods/{over.old.pod}/eviction", {
            "apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": over.old.pod}})
    trial.wait_ready(DEPLOYMENT)
