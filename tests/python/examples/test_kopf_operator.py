# SPDX-License-Identifier: Apache-2.0
"""kopf_operator.py: the leader alone signs what is labelled, standbys are ready and touch nothing, and the next leader
also signs what came while nobody led (P9, P11)."""

import time

import pytest

from controlplane.pods import Namespace, rights
from controlplane.process import free_port, wait_for

from .replica import HANG_S, pod_that_runs, split

LOCK = "my-operator"
SEEN_S = 2  # a kopf that runs handles a change within that


def wanted(lock):
    return [*rights(lock), ("", "configmaps", None, ["list", "watch", "patch"])]


@pytest.fixture
def namespace(cluster):
    return Namespace(cluster, lock=LOCK, wanted=wanted)


@pytest.fixture
def replicas(namespace, start):
    """Two, both ready."""
    made = [start(pod_that_runs(namespace, f"operator-{name}"), "kopf_operator.py", LOCK, port=free_port())
            for name in "ab"]
    for replica in made:
        replica.wait_ready()
    return made


def leads(replica):
    return bool(replica.said("^leading"))


def create(namespace, name, sign="yes"):
    namespace.admin.create(namespace.path("configmaps"), {
        "metadata": {"name": name, "labels": {"example.com/sign": sign}}, "data": {"a": "1"}})


def signature(namespace, name):
    """(who has signed it, with which token), or None."""
    signed = namespace.admin.get(namespace.path("configmaps", name))["metadata"].get("annotations", {})
    if "example.com/signed-by" not in signed:
        return None
    return signed["example.com/signed-by"], int(signed["example.com/leader-token"])


def wait_signed(namespace, name, by):
    wait_for(f"{name} signed by {by}", lambda: (signature(namespace, name) or ("",))[0] == by.pod.name, HANG_S)
    return signature(namespace, name)[1]


def test_the_leader_signs_and_the_next_signs_what_came_between(namespace, replicas):
    leader, (standby,) = split(replicas, leads)
    create(namespace, "first")
    create(namespace, "unwanted", sign="no")
    token = wait_signed(namespace, "first", leader)
    assert leader.said("^signed (.*)") == ["first"] and not standby.said("^signed")
    standby.wait_ready()
    assert leader.terminate() == 0
    create(namespace, "between")
    assert wait_signed(namespace, "between", standby) > token
    namespace.admin.patch(namespace.path("configmaps", "first"), {"data": {"a": "2"}})
    assert wait_signed(namespace, "first", standby) > token
    assert signature(namespace, "unwanted") is None
    assert standby.terminate() == 0


def test_an_object_that_came_while_the_leader_was_dead_is_signed(namespace, replicas):
    """Nobody may have marked it as handled: the standby saw it before it led."""
    leader, (standby,) = split(replicas, leads)
    leader.process.child.kill()
    leader.ended()
    create(namespace, "orphan")
    time.sleep(SEEN_S)
    assert standby.ready() == (200, "") and not leads(standby)
    assert "annotations" not in namespace.admin.get(namespace.path("configmaps", "orphan"))["metadata"]
    leader.pod.delete(grace=0)
    wait_signed(namespace, "orphan", standby)


def test_an_operator_whose_pod_is_gone_stops_by_itself(namespace, replicas):
    """P9: kopf is cancelled, and the process ends with LostError."""
    leader, (standby,) = split(replicas, leads)
    leader.pod.delete(grace=0)
    assert leader.ended() == 1
    assert leader.said("LostError"), leader.log()
    create(namespace, "later")
    wait_signed(namespace, "later", standby)
