# SPDX-License-Identifier: Apache-2.0
"""examples/manifests/command.yaml on a real control plane: its rights are those
that `leaderlife rbac` prints and enough, its probes find their pages, and its
command hands over."""

import contextlib
import re
import signal
import subprocess
from pathlib import Path

import pytest
from controlplane.pods import Namespace, Pod, running
from controlplane.process import free_port, wait_for

from .test_health import get

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = ROOT / "examples" / "manifests" / "command.yaml"
LOCK = "my-operator"


@pytest.fixture
def space(cluster):
    """Applied; the Deployment's two pods are there."""
    made = Namespace(cluster, lock=LOCK)
    subprocess.run(cluster.kubectl("apply", "--namespace", made.name, "--filename", str(MANIFEST)), check=True)
    wait_for("two pods", lambda: len(pods(made)) == 2, timeout=60)
    return made


def pods(namespace):
    return namespace.admin.get(namespace.path("pods"))["items"]


def play(command, namespace, found):
    """(process, port, container): the pod's container, as its manifest has it but for the port."""
    pod = Pod(namespace, found)
    container = found["spec"]["containers"][0]
    program, *words = container["command"]
    assert program == "leaderlife" and words[-1] == "./worker.sh"
    assert {entry["name"] for entry in container["env"]} == {"POD_NAMESPACE", "POD_NAME", "POD_UID"}
    port = free_port()
    assert words.count(":8080") == 1 and container["ports"] == [{"containerPort": 8080, "protocol": "TCP"}]
    words[words.index(":8080")] = f"127.0.0.1:{port}"
    words[-1] = str(ROOT / "examples" / "command" / "worker.sh")
    pod.set_status(phase="Running", containerStatuses=[running("operator")])
    return command.start(*words, environment=pod.candidate().environment()), port, container


def answers(port, path):
    """Not before it listens."""
    with contextlib.suppress(ConnectionRefusedError):
        return get(port, path)[0] == 200
    return False


def test_the_manifest_works_as_it_is(command, space):
    played = [play(command, space, found) for found in pods(space)]
    wait_for("a leader", lambda: any("became leader" in process.stdout() for process, _, _ in played))
    first, second = sorted(played, key=lambda member: "became leader" not in member[0].stdout())
    for _, port, container in played:
        assert all(container[probe]["httpGet"]["port"] == 8080 for probe in ("readinessProbe", "livenessProbe"))
        for probe in ("readinessProbe", "livenessProbe"):
            path = container[probe]["httpGet"]["path"]
            wait_for(path, lambda port=port, path=path: answers(port, path))
    assert "became leader" not in second[0].stdout()
    first[0].send(signal.SIGTERM)
    assert first[0].wait() == 0 and "told to end" in first[0].stdout()
    second[0].wait_said("became leader")
    tokens = [int(re.search(r"became leader, token (\d+)", process.stdout())[1]) for process, _, _ in (first, second)]
    assert tokens == sorted(set(tokens))
    assert space.lock_object()["metadata"]["annotations"]["leaderlife.dev/guard"] == "record"  # so the rights are all there


def test_its_rights_are_those_that_rbac_prints(command, cluster, space):
    printed = command.run("rbac", "--service-account", LOCK, LOCK)
    assert printed.returncode == 0
    applied = subprocess.run(cluster.kubectl("diff", "--namespace", space.name, "--filename", "-"), input=printed.stdout,
                             capture_output=True, text=True, check=False)
    names = re.findall(r"^diff -u -N \S*/(\S+)", applied.stdout, re.MULTILINE)
    assert applied.returncode == 0, (names, applied.stdout, applied.stderr)
