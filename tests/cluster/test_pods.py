# SPDX-License-Identifier: Apache-2.0
"""Pods with more than one container, and pods that share their node's network."""

import json

import pytest

from controlplane.process import wait_for

from .trial import DEPLOYMENT, HANG_S, KUBECTL_S, HandOver, Trial

GRACE_S = 5
# How a helper tells its pod's main container that the pod leads.
_TELL = "touch /shared/leading"
PYTHON_HELPER = """
import pathlib, signal, sys, leaderlife
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with leaderlife.become("my-operator"):
    pathlib.Path("/shared/leading").touch()
    signal.pause()
"""
HELPERS = {
    "python": ("my-service:1", ["python", "-c", PYTHON_HELPER]),
    "run": ("my-operator:1", ["leaderlife", "run", "my-operator", "--", "sh", "-c", _TELL + "; exec sleep 1000"]),
    "run --release": ("my-operator:1", ["leaderlife", "run", "--release", "my-operator", "--", "sh", "-c",
                                        _TELL + "; exec sleep 1000"]),
}


def main_works(container):
    """As soon as the helper says that the pod leads, and for GRACE_S more when the pod is to end."""
    container["command"] = ["sh", "-c", "until test -e /shared/leading; do sleep 0.1; done; exec ./worker.sh"]
    container["env"] += [{"name": "LOCK", "value": "my-operator"}, {"name": "LINGER", "value": str(GRACE_S)}]
    container["volumeMounts"] = [{"name": "shared", "mountPath": "/shared"}]
    for probe in ("livenessProbe", "readinessProbe"):
        container.pop(probe)


def beside(pod, name, image, command):
    """A container like the first one that runs this."""
    first = pod["containers"][0]
    return {"name": name, "image": image, "command": command, "env": [
        entry for entry in first["env"] if entry["name"].startswith("POD_")],
        "securityContext": first["securityContext"], "volumeMounts": first.get("volumeMounts", [])}


def with_helper(which, native=False):
    def change(pod):
        main_works(pod["containers"][0])
        pod["volumes"] = [{"name": "shared", "emptyDir": {}}]
        helper = beside(pod, "helper", *HELPERS[which])
        if native:
            pod["initContainers"] = [{**helper, "restartPolicy": "Always"}]
        else:
            pod["containers"].append(helper)
    return change


def leader_is_replaced(trial, what=None, report=None):
    """The leader's pod is deleted; returns what worked before and after."""
    old = wait_for("work", trial.works, HANG_S)
    trial.kubectl("delete", "pod", old.pod, "--wait=false")
    new = trial.leader(after=old.first, but=[old])
    trial.wait_gone(old)
    old = next(each for each in trial.periods() if each.life == old.life)
    if report:
        report(f"  {what:<52} {1e3 * (new.first - old.last):6.0f} ms from the old work's end to the new one's begin")
    return old, new


@pytest.mark.parametrize("which", ["python", "run --release"])
def test_a_helper_that_gives_back_elects_two(trial, report, which):
    """The trap, and what shows that the witness sees two: the helper ends at SIGTERM, the main container has its
    grace period."""
    trial.two_are_expected = True
    trial.deploy(pod=with_helper(which))
    old, new = leader_is_replaced(trial, f"a trap: helper with {which}, two at once", report)
    assert old.overlaps(new) and trial.overlaps()


def test_run_as_a_helper_elects_one(trial, report):
    """It gives nothing back in such a pod: the next leader waits for the pod's end."""
    trial.deploy(pod=with_helper("run"))
    leader = wait_for("work", trial.works, HANG_S)
    said = trial.exec(leader.pod, "leaderlife", "doctor", "my-operator", container="helper")
    assert "2 containers, which all get SIGTERM at once" in said
    old, new = leader_is_replaced(trial, "helper with run", report)
    assert not old.overlaps(new)


def test_native_sidecar_may_give_back(trial, report):
    """It ends after the main container has."""
    trial.deploy(pod=with_helper("python", native=True))
    old, new = leader_is_replaced(trial, "native sidecar with python", report)
    assert not old.overlaps(new)


@pytest.mark.parametrize("gives_back", [True, False])
def test_init_container(trial, gives_back):
    """What an init container elects and gives back says nothing of the containers after it; with --exec the lock
    stays the pod's."""
    trial.two_are_expected = gives_back
    def elect_first(pod):
        container = pod["containers"][0]
        container["command"] = ["./worker.sh"]
        container["env"].append({"name": "LOCK", "value": "my-operator"})
        for probe in ("livenessProbe", "readinessProbe"):
            container.pop(probe)
        mode = [] if gives_back else ["--exec"]
        pod["initContainers"] = [beside(pod, "first", "my-operator:1",
                                        ["leaderlife", "run", *mode, "my-operator", "--", "sh", "-c", "true"])]
    trial.deploy(pod=elect_first, ready=False)
    first = trial.leader()
    if gives_back:
        second = trial.leader(after=first.first, but=[first])
        wait_for("both work", trial.overlaps, HANG_S)
        assert second.uid != first.uid
    else:
        trial.works_on(first, 5)
        old, new = leader_is_replaced(trial)
        assert new.uid != old.uid


def test_two_containers_of_one_pod(trial, report):
    """Both are candidates: one leads, the other stands by behind it, and has the lead when the first container is
    killed."""
    def twice(pod):
        container = pod["containers"][0]
        command = ["leaderlife", "run", "my-operator", "--", "./worker.sh"]
        container["command"] = command
        for probe in ("livenessProbe", "readinessProbe"):
            container.pop(probe)
        pod["containers"].append(beside(pod, "second", "my-operator:1", [*command, "second"]))
    trial.deploy(pod=twice)
    with HandOver(trial, report, "one of two containers of the pod killed", same_pod=True) as over:
        killed = "second" if over.old.name == "second" else "operator"
        trial.kill_container(over.old, killed)
    assert over.old.name != over.new.name
    # What is sent to a container's process 1 before that has begun is lost, and the pod would take its grace period.
    wait_for("the killed container's next one", lambda: trial.restarts(over.old, killed) == 1, HANG_S)
    trial.wait_logged(over.old.pod, "this one waits", "-c", killed)
    with HandOver(trial, report, "pod of two candidates deleted", same_pod=False) as over:
        trial.kubectl("delete", "pod", over.old.pod, "--wait=false")


def test_debug_container_beside_the_leader(trial, report):
    trial.deploy()
    with HandOver(trial, report, "pod with a debug container deleted") as over:
        trial.kubectl("debug", over.old.pod, "--image=my-operator:1", "--image-pull-policy=IfNotPresent",
                      "--profile=restricted", "--container=look", "--", "sleep", "1000")
        wait_for("the debug container", lambda: any(
            "running" in status["state"]
            for status in trial.pod(over.old.pod)["status"].get("ephemeralContainerStatuses", [])), HANG_S)
        trial.works_on(over.old, 1)
        trial.kubectl("delete", "pod", over.old.pod, "--wait=false")


@pytest.fixture
def unrestricted(cluster, witness):
    """A namespace whose pods may have their node's network."""
    with Trial(cluster, witness, labels={"pod-security.kubernetes.io/enforce": "privileged"}) as begun:
        yield begun


def on_one_node(port):
    """A change of the Deployment: one pod, in the network of the first node, with that port for --health."""
    def change(deployment):
        name = deployment["metadata"]["name"] = f"my-operator-{port}"
        template = deployment["spec"]["template"]
        deployment["spec"]["selector"]["matchLabels"] = template["metadata"]["labels"] = {"app": name}
        pod = json.loads(json.dumps(template["spec"]).replace("8080", str(port)))
        pod.update(hostNetwork=True, nodeName="node-1")
        pod["containers"][0].pop("ports")  # Kubernetes would keep a second pod with the same one from the node
        deployment["spec"]["replicas"] = 1
        template["spec"] = pod
    return change


def test_pods_in_their_nodes_network(unrestricted, report):
    """Two candidates on one node, each with a port of its own for --health."""
    for port in (8181, 8182):
        unrestricted.deploy(workload=on_one_node(port), ready=False)
        unrestricted.wait_ready(f"deployment/my-operator-{port}")
    with HandOver(unrestricted, report, "hostNetwork, one node: pod deleted") as over:
        unrestricted.kubectl("delete", "pod", over.old.pod, "--wait=false")


def test_one_port_for_two_pods_of_a_node(unrestricted):
    """The second one says what is wrong, and does not wait for a lead of which no probe could tell."""
    unrestricted.deploy(workload=on_one_node(8183), ready=False)
    unrestricted.wait_ready("deployment/my-operator-8183")
    unrestricted.kubectl("scale", "deployment/my-operator-8183", "--replicas=2")
    leader = unrestricted.settled_leader()

    def told():
        others = [pod["metadata"]["name"] for pod in unrestricted.pods() if pod["metadata"]["name"] != leader.pod]
        return [name for name in others
                if "choose another address or port" in unrestricted.logs(name)]
    wait_for("its word", told, HANG_S, KUBECTL_S)
    unrestricted.works_on(leader, 1)
