# SPDX-License-Identifier: Apache-2.0
"""P16 on real kubelets and the real node controller: nodes fall silent, are
deleted, are marked out of service, and the three policies make of it what the
docs say. Everything that takes its time happens at once."""

import secrets

import pytest

from controlplane.node import HollowNode
from controlplane.process import wait_for
from scenarios.observer import now_ms

from .lost_node import LostNode

# With the effect NoExecute Kubernetes would at once delete the pods itself, and strict take over as well.
OUT_OF_SERVICE = {"key": "node.kubernetes.io/out-of-service", "value": "nodeshutdown", "effect": "NoSchedule"}
POLICIES = ("strict", "fenced", "unready")
# A policy that asks every 10 s has asked by then, and would have taken over.
ASKED_MS = 22000


@pytest.fixture
def nodes(cluster):
    """Three Ready nodes, by what will become of them."""
    made = {fate: HollowNode(cluster, f"{fate}-{secrets.token_hex(2)}") for fate in ("silent", "deleted", "marked")}
    for node in made.values():
        node.start(wait=False)
    for node in made.values():
        node.process.wait_until("node Ready", node.ready)
    yield made
    for node in made.values():
        node.stop()


def is_not_ready(node):
    conditions = {entry["type"]: entry["status"] for entry in node.object()["status"]["conditions"]}
    return conditions["Ready"] != "True"


def fall_silent(nodes, losses):
    """The machines fail, and after a while the node controller says so of nodes and pods."""
    for node in nodes.values():
        node.stop()
    for lost in losses:
        lost.machine_fails()
    for node in nodes.values():
        wait_for(f"{node.name} not ready", lambda node=node: is_not_ready(node), timeout=90)


def mark_out_of_service(cluster, node):
    taints = node.object()["spec"].get("taints", [])
    cluster.admin.patch(f"/api/v1/nodes/{node.name}", {"spec": {"taints": [*taints, OUT_OF_SERVICE]}})


def stay_until(candidates, losses, until):
    """All of them wait all the time."""
    while now_ms() < until:
        for lost in losses:
            assert lost.waits(), f"{lost} took over"
        candidates.stays(losses[0].standby, "standby", 0.2)


def test_three_policies(candidates, cluster, nodes, report):
    losses = {(fate, policy): LostNode(candidates, f"{fate}-{policy}", node, policy)
              for fate, node in nodes.items() for policy in POLICIES}
    unasked = LostNode(candidates, "no-right", nodes["deleted"], "fenced", granted=False)
    everything = [*losses.values(), unasked]
    for lost in everything:
        lost.begin()
    text = candidates.notices(unasked.standby, "LEADERLIFE_EFORBIDDEN", "may not get nodes/", "ClusterRole", "'strict'")
    assert nodes["deleted"].name in text
    mark = cluster.audit_mark()

    fall_silent(nodes, everything)
    at = now_ms()
    took = {("silent", policy): None for policy in POLICIES}
    for fate in nodes:  # unready does not wait for more
        took[fate, "unready"] = losses[fate, "unready"].takes_over()
        losses[fate, "unready"].counts_as_dead("is not ready, though", "may still run")
    waiting = [lost for (_, policy), lost in losses.items() if policy != "unready"] + [unasked]
    stay_until(candidates, waiting, at + ASKED_MS)
    for (_, policy), lost in losses.items():
        assert bool(lost.node_requests(mark)) == (policy != "strict"), lost

    cluster.admin.delete(f"/api/v1/nodes/{nodes['deleted'].name}")
    mark_out_of_service(cluster, nodes["marked"])
    for fate, why in (("deleted", "is gone"), ("marked", "is marked out of service")):
        took[fate, "fenced"] = losses[fate, "fenced"].takes_over()
        losses[fate, "fenced"].counts_as_dead(why)
    took["deleted", "strict"] = losses["deleted", "strict"].takes_over()  # when PodGC has removed the pod
    unasked.takes_over()  # likewise
    took["marked", "strict"] = None
    for lost in (losses["silent", "strict"], losses["silent", "fenced"], losses["marked", "strict"]):
        assert lost.waits(), lost

    report("P16, seconds from the machine's end to the next leader, by policy (deleted, marked: 22 s after the node "
           "controller's word):")
    for fate in nodes:
        report(f"  node {fate:<8}" + "".join(
            f"  {policy}: " + ("waits" if took[fate, policy] is None else f"{took[fate, policy]:.1f}")
            for policy in POLICIES))


def test_unready_can_elect_two(candidates, nodes):
    """Why it is called unsafe: the node is only cut off, its pod's process leads on beside the new leader. The
    record tells it in the end (P9); the work that both did meanwhile is not undone."""
    candidates.observer.allow_two = True
    lost = LostNode(candidates, "cut-off", nodes["silent"], "unready", dies=False)
    lost.begin()
    lost.leader.freeze()  # cut off: it hears of nothing, but takes itself for the leader
    fall_silent({"silent": nodes["silent"]}, [lost])
    lost.takes_over()
    assert lost.leader in candidates.observer.leading()
    lost.leader.thaw()
    candidates.observer.wait("the old leader has lost", lambda: lost.leader.state == "lost")


def test_a_pod_that_cannot_end_is_told(candidates, nodes):
    """Strict: the pod was deleted, but nobody on its node can end it. The standby says what it waits for, and the
    cure."""
    lost = LostNode(candidates, "overdue", nodes["silent"], "strict", grace=1)
    lost.begin()
    nodes["silent"].stop()
    lost.machine_fails()
    lost.pod.delete()
    candidates.notices(lost.standby, "LEADERLIFE_EBLOCKED", "terminating for longer than its grace period",
                       nodes["silent"].name, "node.kubernetes.io/out-of-service")
    assert lost.waits()
    mark_out_of_service(candidates.cluster, nodes["silent"])
    lost.takes_over()
