# SPDX-License-Identifier: Apache-2.0
"""leaderlife run and its own pod on a real control plane (P1, P2): no program
begins in a pod that is gone, nor outside the pod's network namespace."""

import signal

import pytest

from controlplane.network import Network

from .test_run_kubernetes import Space

ADDRESS = "10.99.1.1"


@pytest.fixture
def space(cluster):
    return Space(cluster)


def test_no_program_of_a_ghost_begins(command, space):
    (a, in_a), (ghost, in_ghost), (_, in_c) = (space.spot(name) for name in ("a", "ghost", "c"))
    work = ["lock", "--", "sh", "-c", "echo works; exec sleep 1000"]
    first = command.start("run", *work, environment=in_a)
    first.wait_said("works")
    second = command.start("run", *work, environment=in_ghost)
    second.wait_said("waiting")
    ghost.delete(grace=0)  # its wrapper lives on
    first.send(signal.SIGKILL)
    first.wait()
    a.delete(grace=0)
    assert second.wait() != 0
    assert "works" not in second.stdout() and "pod ghost" in second.stderr() and "is gone" in second.stderr()
    third = command.start("run", *work, environment=in_c)
    third.wait_said("works")
    assert space.leader() == "c"


def test_no_program_begins_elsewhere(command, space, cluster):
    pod, environment = space.spot("a")
    pod.set_status(podIP=ADDRESS, podIPs=[{"ip": ADDRESS}])
    options = ["--pod-network", "pod", "--x-elsewhere-ms", "1000"]
    with Network(cluster, ADDRESS + "/32") as home, Network(cluster, "10.99.1.2/32") as elsewhere:
        words = [*command.program, "run", *options, "lock", "--", "sh", "-c", "echo works; exec sleep 1000"]
        first = command.start_words(home.words(*words), environment)
        first.wait_said("works")
        second = command.start_words(elsewhere.words(*words), environment)
        assert second.wait() != 0
        assert "works" not in second.stdout()
        assert "network namespace" in second.stderr() and "pod-network" in second.stderr()
        assert first.running() and space.leader() == "a"
        assert space.record_object()["spec"]["holderIdentity"] == "a"
