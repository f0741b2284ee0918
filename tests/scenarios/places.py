# SPDX-License-Identifier: Apache-2.0
"""The places where candidates of a scenario run: this machine, or pods of a real
Kubernetes. A place gives a process its environment and options, and ends it as its
backend requires. Steps for one backend only are methods of its place."""

import os
import secrets
import tempfile

from controlplane.pods import PLAYED, Namespace, operator_lib_rights, rights, running
from controlplane.proxy import Proxy

_NOT_INHERITED = ("KUBE", "POD_", "LEADERLIFE_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


def base_environment():
    """Ours, without what would decide where an election takes place."""
    return {name: value for name, value in os.environ.items()
            if not name.upper().startswith(_NOT_INHERITED)}


class LocalPlace:
    """This machine: a process stands for itself, and its life ends with it."""

    backend = "local"

    def __init__(self, directory):
        self.directory = directory
        self.lock = "scenario-" + secrets.token_hex(6)

    def spot(self, _name, _access):
        """(environment, options) of a process."""
        return base_environment(), {"backend": "local"}

    def holder_name(self, process):
        with open(f"/proc/{process.child.pid}/comm", encoding="utf-8") as file:
            return f"pid {process.child.pid} ({file.read().strip()})"

    def end_life(self, process):
        process.kill()

    def restore(self):
        pass

    def close(self):
        pass


class _LostNode:
    """A node that does not exist: pods on it do not go when they are deleted.
    (PodGC removes them 40 s after it has first missed that node; so each is
    another one.)"""

    def __init__(self):
        self.name = "lost-node-" + secrets.token_hex(4)


class KubernetesPlace:
    """A namespace of a cluster. `pods` says which pod a process lives in, where
    that is not the pod of its own name."""

    backend = "kubernetes"

    def __init__(self, cluster, scenario, node=None):
        self.cluster = cluster
        self._node = {"node": node, "lost-node": _LostNode()}.get(scenario.get("pods-on"))
        wanted = operator_lib_rights if scenario.get("rights") == "operator-lib" else rights
        self.namespace = Namespace(cluster, without=scenario.get("without-rights", ()), wanted=wanted)
        self.directory = tempfile.mkdtemp(prefix="scenario-", dir=cluster.directory)
        self.lock = self.namespace.lock
        self.pods = {}
        self._pod_of = scenario.get("pods", {})
        self._grace = scenario.get("grace")
        self._candidates = {}
        self._use_proxy = scenario.get("proxy", False)
        self._proxy = None
        self._stopped = {}  # component: how to start it again

    # Pods

    def pod_name(self, process):
        return self._pod_of.get(process.name, process.name).lower()

    def pod(self, process):
        return self.pods[self.pod_name(process)]

    def make_pod(self, name):
        pod = self.namespace.pod(name, node=self._node, grace=self._grace)
        if self._node is None or isinstance(self._node, _LostNode):  # else the kubelet says so
            pod.set_status(phase="Running", containerStatuses=[running()],
                           conditions=[{"type": "Ready", "status": "True"}])
        else:
            pod.wait_phase("Running")
        self.pods[name] = pod
        self._candidates[name] = pod.candidate(self.proxy if self._use_proxy else None)
        return pod

    def files(self, process):
        """The controlplane.pods.Candidate: files and environment of its pod."""
        return self._candidates[self.pod_name(process)]

    def spot(self, process_name, access):
        name = self._pod_of.get(process_name, process_name).lower()
        if name not in self.pods:
            self.make_pod(name)
        files = self._candidates[name]
        if access == "kubeconfig":
            return {**base_environment(), **files.environment()}, PLAYED
        environment = {**base_environment(), **files.in_cluster_environment()}
        if access == "token":  # the identity from the bound token alone
            environment = {name: value for name, value in environment.items() if not name.startswith("POD_")}
        return environment, files.options()

    def holder_name(self, process):
        return self.pod_name(process)

    def end_life(self, process):
        process.kill()
        self.pod(process).delete(grace=0)

    # Faults

    @property
    def proxy(self):
        if self._proxy is None:
            self._proxy = Proxy(self.cluster, http1=self._use_proxy == "http1")
            self._proxy.start()
        return self._proxy

    def stop(self, component):
        self._stopped[component] = getattr(self.cluster, "start_" + component)
        getattr(self.cluster, "stop_" + component)()

    def pause(self, component):
        self._stopped[component] = getattr(self.cluster, "resume_" + component)
        getattr(self.cluster, "pause_" + component)()

    def start(self, component):
        """Whatever has been done to it, it works again afterwards."""
        self._stopped.pop(component, lambda: None)()

    def restore(self):
        for component in reversed(list(self._stopped)):
            self.start(component)

    def close(self):
        if self._proxy is not None:
            self._proxy.stop()
        # The namespace stays: deleting it is work for the controllers that
        # other scenarios need now, and it goes with the cluster.


def open_place(scenario, backend, fixture, directory):
    """The place where a scenario is played; its user closes it. fixture(name): the value of that fixture of
    tests/scenarios/conftest.py."""
    if backend == "local":
        return LocalPlace(str(directory))
    cluster = fixture("rough_cluster" if scenario.get("rough") else "quiet_cluster")
    node = fixture("quiet_node") if scenario.get("pods-on") == "node" else None
    return KubernetesPlace(cluster, scenario, node)
