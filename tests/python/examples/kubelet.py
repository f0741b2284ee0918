# SPDX-License-Identifier: Apache-2.0
"""A node whose kubelet is the test: binds a Deployment's pods to it, starts the
process of each, asks its probes, starts anew what is not alive, and ends what is
deleted by SIGTERM."""

import secrets
import time

from controlplane.pods import Pod, running, terminated
from controlplane.process import free_port, wait_for

from .replica import HANG_S

BEAT_S = 5
PATIENCE_S = 5  # for an answer, and from SIGTERM to SIGKILL; what the manifest says would take the test's time


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Kubelet:
    """start: the fixture. replicas: those that run, by UID. step() does what is due."""

    def __init__(self, namespace, start, example=None):
        self.namespace = namespace
        self.admin = namespace.admin
        self.replicas = {}
        self._words = {}
        self.restarted = []  # the replicas that were not alive
        self._start, self._example = start, example
        self._name = "played-" + secrets.token_hex(3)
        self._beaten = 0
        self.admin.create("/api/v1/nodes", {"metadata": {"name": self._name}})

    def pods(self):
        return self.admin.get(self.namespace.path("pods"))["items"]

    def step(self):
        self._beat()
        for found in self.pods():
            replica = self.replicas.get(found["metadata"]["uid"])
            if replica is None:
                self._run(found)
            elif "deletionTimestamp" in found["metadata"]:
                self._end(replica)
            elif not self.is_alive(replica):
                self._restart(replica)
            else:
                self._probe(replica)

    def _beat(self):
        """A node that is silent for 40 s would be lost."""
        if time.monotonic() - self._beaten < BEAT_S:
            return
        self._beaten = time.monotonic()
        self.admin.patch(f"/api/v1/nodes/{self._name}/status", {"status": {"conditions": [
            {"type": "Ready", "status": "True", "reason": "Played", "lastHeartbeatTime": now()}]}})

    def _run(self, found):
        """As the manifest says: its command and its environment."""
        pod = Pod(self.namespace, found)
        container = found["spec"]["containers"][0]
        fields = {entry["name"]: entry["valueFrom"]["fieldRef"]["fieldPath"] for entry in container["env"]}
        assert fields == {"POD_NAMESPACE": "metadata.namespace", "POD_NAME": "metadata.name", "POD_UID": "metadata.uid"}
        python, example, *arguments, port = container["command"]
        assert python == "python" and int(port) == container["ports"][0]["containerPort"]
        self.admin.create(pod.path + "/binding", {
            "metadata": {"name": pod.name}, "target": {"kind": "Node", "name": self._name}})
        self._paths = {kind: container[kind]["httpGet"]["path"] for kind in ("livenessProbe", "readinessProbe")}
        self._container(pod, self._example or example, *arguments)

    def _container(self, pod, *words):
        """Until it answers it is not asked whether it is alive: the test's machine may be slow."""
        self._words[pod.uid] = words
        self.replicas[pod.uid] = self._start(pod, *words, port=free_port())  # pods have addresses of their own
        wait_for("its server", lambda: self.replicas[pod.uid].get(self._paths["livenessProbe"]), HANG_S)
        self._tell(pod, ready=False)

    def _restart(self, replica):
        """The same pod, another container."""
        replica.terminate(PATIENCE_S)
        self.restarted.append(replica)
        self._container(replica.pod, *self._words[replica.pod.uid])

    @staticmethod
    def _tell(pod, ready):
        pod.set_status(phase="Running", containerStatuses=[{**running("service"), "ready": ready}], conditions=[
            {"type": "Ready", "status": str(ready), "lastTransitionTime": now()}])

    def is_alive(self, replica):
        """By its liveness probe."""
        return (replica.get(self._paths["livenessProbe"], PATIENCE_S) or (0, ""))[0] == 200

    def _probe(self, replica):
        ready = (replica.get(self._paths["readinessProbe"]) or (0, ""))[0] == 200
        if ready != self.is_ready(replica.pod.object()):
            self._tell(replica.pod, ready)

    @staticmethod
    def is_ready(found):
        return found is not None and any(entry["type"] == "Ready" and entry["status"] == "True"
                                         for entry in found["status"].get("conditions", []))

    def _end(self, replica):
        code = replica.terminate()
        assert code == 0, f"{replica} has ended with {code}"
        replica.pod.set_status(containerStatuses=[terminated(code, "service")])
        replica.pod.delete(grace=0)
        del self.replicas[replica.pod.uid]
