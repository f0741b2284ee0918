# SPDX-License-Identifier: Apache-2.0
"""A node whose kubelet is the test: binds a Deployment's pods to it, starts the
process of each, asks its readiness probe, and ends what is deleted by SIGTERM."""

import secrets
import time

from controlplane.pods import Pod, running, terminated
from controlplane.process import free_port

BEAT_S = 5


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Kubelet:
    """start: the fixture. replicas: those that run, by UID. step() does what is due."""

    def __init__(self, namespace, start):
        self.namespace = namespace
        self.admin = namespace.admin
        self.replicas = {}
        self._start = start
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
        self.replicas[pod.uid] = self._start(pod, example, *arguments, port=free_port())  # pods have addresses of their own
        self._probed_path = container["readinessProbe"]["httpGet"]["path"]
        self._tell(pod, ready=False)

    @staticmethod
    def _tell(pod, ready):
        pod.set_status(phase="Running", containerStatuses=[{**running("service"), "ready": ready}], conditions=[
            {"type": "Ready", "status": str(ready), "lastTransitionTime": now()}])

    def _probe(self, replica):
        ready = (replica.get(self._probed_path) or (0, ""))[0] == 200
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
