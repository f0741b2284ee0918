# SPDX-License-Identifier: Apache-2.0
"""The leader's container ends, badly, while its pod lives."""

import signal

import pytest

from controlplane.process import wait_for

from .trial import DEPLOYMENT, HANG_S, HandOver


def with_variable(name, value):
    return lambda container: container["env"].append({"name": name, "value": str(value)})


def test_container_killed(trial, report):
    """The lock is its pod's: the next container of that pod leads, and nobody else."""
    trial.deploy()
    with HandOver(trial, report, "container killed", same_pod=True) as over:
        trial.kill_container(over.old)


def limit_memory(container):
    container["resources"] = {"limits": {"memory": "64Mi"}}


def test_worker_out_of_memory(trial, report):
    """The kernel kills the worker alone (control groups v1), or the whole container (v2). In the first case the
    wrapper gives the lock back and another pod leads; in the second it stays its pod's."""
    trial.deploy(container=limit_memory)
    with HandOver(trial, report, "out of memory", same_pod=None) as over:
        trial.exec(over.old.pod, "touch", "/tmp/eat", check=False)
    trial.wait_ready(DEPLOYMENT)


def test_container_out_of_memory(trial, report):
    """The worker is the container's first process, so the container ends with it, whatever the version of the control
    groups. The lock is its pod's."""
    def first_process(container):
        limit_memory(container)
        container["command"] = ["leaderlife", "run", "--exec", "my-operator", "--", "./worker.sh"]
        for probe in ("livenessProbe", "readinessProbe"):
            container.pop(probe)
    trial.deploy(container=first_process)
    with HandOver(trial, report, "out of memory, the whole container", same_pod=True) as over:
        trial.exec(over.old.pod, "touch", "/tmp/eat", check=False)
    status, = trial.pod(over.old.pod)["status"]["containerStatuses"]
    assert status["restartCount"] == 1 and status["lastState"]["terminated"]["exitCode"] == 128 + signal.SIGKILL, status
    # The runtime may notice the end before its reason.
    assert status["lastState"]["terminated"]["reason"] in ("OOMKilled", "Error"), status


@pytest.mark.full
def test_crash_loop(trial, report):
    """Each leader works for a second and fails: the lead goes round, one at a time, until somebody mends it."""
    trial.deploy(container=with_variable("CRASH", 1), ready=False)
    wait_for("five leaders", lambda: len(trial.periods()) >= 5, HANG_S)
    trial.deploy(ready=False)
    wait_for("one that lasts", lambda: trial.works() and trial.works().last - trial.works().first > 3, HANG_S)
    trial.wait_ready(DEPLOYMENT)


def test_liveness_fails(trial, report):
    """A leader that hangs is ended, and another one leads."""
    def ask_often(container):
        container["livenessProbe"]["periodSeconds"] = 1
    trial.deploy(container=ask_often)
    with HandOver(trial, report, "liveness probe fails", same_pod=False) as over:
        trial.exec(over.old.pod, "touch", "/tmp/hang")
        trial.exec(over.old.pod, "touch", "-t", "200001010000", "/tmp/heartbeat")


def test_ready_file_on_a_read_only_root(trial, report):
    def read_only(pod):
        container, = pod["containers"]
        container["securityContext"]["readOnlyRootFilesystem"] = True
        container["command"] = ["leaderlife", "run", "--ready-file", "/state/ready", "my-operator", "--", "./worker.sh"]
        container["volumeMounts"] = [{"name": "state", "mountPath": "/state"}]
        container["readinessProbe"] = {"exec": {"command": ["test", "-e", "/state/ready"]}, "periodSeconds": 1}
        container.pop("livenessProbe")
        pod["volumes"] = [{"name": "state", "emptyDir": {}}]
    trial.deploy(pod=read_only)
    with HandOver(trial, report, "pod deleted, read-only root, --ready-file") as over:
        trial.kubectl("delete", "pod", over.old.pod, "--wait=false")


def test_ready_file_where_nothing_can_be_written(trial):
    """The container says why, and does not wait for a lead that no probe would see."""
    def read_only(container):
        container["securityContext"]["readOnlyRootFilesystem"] = True
        container["command"] = ["leaderlife", "run", "--ready-file", "/ready", "my-operator", "--", "./worker.sh"]
    trial.deploy(container=read_only, replicas=1, ready=False)
    pod = wait_for("its pod", trial.pods, HANG_S)[0]["metadata"]["name"]
    said = trial.wait_logged(pod, "/ready")
    assert "Read-only file system" in said, said
    assert not trial.periods()
