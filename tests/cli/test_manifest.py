# SPDX-License-Identifier: Apache-2.0
"""examples/kubernetes/command on a real control plane: its rights are those
that `leaderlife rbac` prints and enough, its probes find what they look at, its
command hands over, and a program that hangs is ended."""

import contextlib
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from controlplane.pods import Namespace, Pod, running
from controlplane.process import free_port, wait_for

from .command import children_of, is_alive, name_of, state_of, stop
from .test_health import get

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = ROOT / "examples" / "kubernetes" / "command" / "deployment.yaml"
PROGRAMS = ROOT / "examples" / "command"
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


class Container:
    """A pod's, as its manifest has it but for the port. start() again is a new one of the same pod, with a file system
    of its own."""

    def __init__(self, command, namespace, found, directory):
        self.command, self.directory = command, directory
        self.pod = Pod(namespace, found)
        self.spec = found["spec"]["containers"][0]
        assert self.spec["ports"] == [{"containerPort": 8080, "protocol": "TCP"}]
        self.pod.set_status(phase="Running", containerStatuses=[running("operator")])
        self.started = 0
        self.start()

    def start(self):
        program, *words = self.spec["command"]
        assert program == "leaderlife" and words[-1] == "./worker.sh" and words.count(":8080") == 1
        self.started += 1
        self.port = free_port()
        words[words.index(":8080")] = f"127.0.0.1:{self.port}"
        words[-1] = str(PROGRAMS / "worker.sh")
        given = {entry["name"]: entry.get("value") for entry in self.spec["env"]}
        assert {name for name, value in given.items() if value is None} == {"POD_NAMESPACE", "POD_NAME", "POD_UID"}
        assert given["HEARTBEAT"] == "/tmp/heartbeat"
        self.heartbeat = self.directory / f"heartbeat-{self.pod.name}-{self.started}"
        self.process = self.command.start(*words, environment={
            **self.pod.candidate().environment(), "HEARTBEAT": str(self.heartbeat)})

    def leads(self):
        return "became leader" in self.process.stdout()

    def token(self):
        return int(re.search(r"became leader, token (\d+)", self.process.stdout())[1])

    def is_ready(self):
        """By its readiness probe; not before it listens."""
        probe = self.spec["readinessProbe"]["httpGet"]
        assert probe["port"] == 8080
        with contextlib.suppress(ConnectionRefusedError):
            return get(self.port, probe["path"])[0] == 200
        return False

    def is_alive(self):
        """By its liveness probe."""
        probe = self.spec["livenessProbe"]
        program, page = probe["exec"]["command"]
        assert page == "http://127.0.0.1:8080/livez"
        with contextlib.suppress(subprocess.TimeoutExpired):
            return subprocess.run(
                [PROGRAMS / program, page.replace("8080", str(self.port))], timeout=probe["timeoutSeconds"],
                check=False, env={"PATH": os.defpath, "HEARTBEAT": str(self.heartbeat)}).returncode == 0
        return False

    def worker(self):
        """The process that works."""
        worker, = wait_for("the program", lambda: children_of(self.process.pid))
        return worker

    def has_been_silent(self):
        """Instead of a minute in which the test would wait."""
        wait_for("a sign of the program", self.heartbeat.exists)
        os.utime(self.heartbeat, (0, 0))

    def end(self, patience):
        """As the kubelet does it: SIGTERM, and after so many seconds SIGKILL. How it has ended."""
        self.process.send(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(patience)
        self.process.send(signal.SIGKILL)
        return self.process.wait()


@pytest.fixture
def pair(command, space, tmp_path):
    """(leader, standby), both ready and alive."""
    played = [Container(command, space, found, tmp_path) for found in pods(space)]
    wait_for("a leader", lambda: any(container.leads() for container in played))
    for container in played:
        wait_for("its readiness", container.is_ready)
        assert container.is_alive()
    first, second = sorted(played, key=lambda container: not container.leads())
    assert not second.leads() and not second.heartbeat.exists()
    return first, second


def test_the_manifest_works_as_it_is(pair, space):
    first, second = pair
    first.process.send(signal.SIGTERM)
    assert first.process.wait() == 0 and "told to end" in first.process.stdout()
    second.process.wait_said("became leader")
    assert second.token() > first.token()
    # so the rights are all there
    assert space.lock_object()["metadata"]["annotations"]["leaderlife.dev/guard"] == "record"


def test_a_program_that_works_is_alive(pair):
    """However long it was silent before."""
    first, _ = pair
    first.has_been_silent()
    wait_for("its next round", first.is_alive)


def test_a_program_that_is_stopped_is_killed_and_its_pod_leads_anew(pair):
    """Nobody else may lead as long as it lives; the lock is its pod's, so the next container of that pod has it."""
    first, second = pair
    worker, token = first.worker(), first.token()
    stop(worker)
    first.has_been_silent()
    assert not first.is_alive()
    assert second.is_alive() and not second.leads()
    assert first.end(patience=1) == 128 + signal.SIGKILL
    wait_for("the end of the program", lambda: not is_alive(worker))
    first.start()
    first.process.wait_said("became leader")
    assert first.token() > token and not second.leads()
    wait_for("it is alive", first.is_alive)


def test_a_program_that_hangs_and_hears_sigterm_gives_way(pair):
    """It waits for something that does not come; what it is told it hears, so the lock is given back, and another
    leads."""
    first, second = pair
    piece, = wait_for("a piece of its work", lambda: stopped_child_of(first.worker()))
    first.has_been_silent()
    assert not first.is_alive()
    assert first.end(patience=60) == 0 and "told to end" in first.process.stdout()
    second.process.wait_said("became leader")
    assert second.token() > first.token()
    wait_for("it is alive", second.is_alive)
    with contextlib.suppress(ProcessLookupError):
        os.kill(piece, signal.SIGKILL)


def stopped_child_of(worker):
    """A `sleep` of its that has just begun, and will not end; [] where that came too late."""
    for child in children_of(worker):
        if name_of(child) == "sleep":
            with contextlib.suppress(ProcessLookupError, TimeoutError):
                os.kill(child, signal.SIGSTOP)
                wait_for("its stop", lambda child=child: state_of(child) == "T", timeout=1)
                return [child]
    return []


def test_a_wrapper_that_hangs_is_not_alive(pair):
    first, second = pair
    os.kill(first.process.pid, signal.SIGSTOP)
    assert not first.is_alive() and second.is_alive()
    os.kill(first.process.pid, signal.SIGCONT)
    wait_for("it is alive", first.is_alive)


def test_its_rights_are_those_that_rbac_prints(command, cluster, space):
    printed = command.run("rbac", "--service-account", LOCK, LOCK)
    assert printed.returncode == 0
    applied = subprocess.run(cluster.kubectl("diff", "--namespace", space.name, "--filename", "-"),
                             input=printed.stdout, capture_output=True, text=True, check=False)
    names = re.findall(r"^diff -u -N \S*/(\S+)", applied.stdout, re.MULTILINE)
    assert applied.returncode == 0, (names, applied.stdout, applied.stderr)
