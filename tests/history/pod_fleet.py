# SPDX-License-Identifier: Apache-2.0
"""The pods of one history in their namespace, the processes that play their
containers, and the ways in which pods and processes come and end. It keeps to what the protocol
assumes (docs/protocol.md): first the processes of a pod end, then Kubernetes
says so; lock and record are not both missing under a living leader."""

import os
import random
import tempfile
import time
from typing import Any, NamedTuple

from controlplane.client import ApiError
from controlplane.pods import Namespace, running, terminated
from scenarios.candidate import Candidate
from scenarios.observer import HANG, now_ms
from scenarios.places import base_environment

from .retrying_client import RetryingClient

ENDED = ("resigning", "resigned", "lost", "failed", "closed")
GRACE = 1
COLLECTED_WITHIN = 10  # seconds; then the collector is taken for one that never gets there (kept())
UNKNOWN_BEFORE = {"pod-network"}  # options that the library before does not have


class Shared(NamedTuple):
    """What all histories share."""
    cluster: Any
    node: Any
    proxy: Any
    slow_end: Any  # guard.slow_end.SlowEnd
    command: list  # of the candidate program
    before: list = None  # that of an earlier library, which plays half of the processes


class FleetPod:
    """A pod and the processes that have played its containers."""

    def __init__(self, pod, files, hook):
        self.pod = pod
        self.files = files
        self.hook = hook  # its name in SlowEnd; None: it is on no node
        self.processes = {}  # number of the container: the Candidate that plays it now
        self.terminating = False
        self.over = None  # ms; its processes were dead, and from then on Kubernetes may have been told so
        self.forced = False  # its object was removed while its processes lived
        self.left_behind = False  # a life in it has ended without giving back: it is left to a later life (P3b)
        self._gave_back = []  # ms

    def living(self):
        return [process for process in self.processes.values() if process.alive]

    def ended_before(self, ms):
        return self.over is not None and self.over <= ms

    def gives_back(self, ms):
        """Somebody in it resigns, or has lost: from then on others may take over."""
        self._gave_back.append(ms)

    def gave_back_between(self, begin, end):
        return any(begin <= ms <= end for ms in self._gave_back)


def _pick(step, leaders, others):
    wanted = {"leader": leaders, "other": others, "any": leaders + others}[step.of] or leaders + others
    return wanted[int(step.pick * len(wanted))] if wanted else None


class PodFleet:
    """One history's namespace, and all that lives in it."""

    node_grace = 60  # seconds; the test lets each such pod end long before, as the kubelet would then end it by itself

    def __init__(self, shared, checker, proxied, name=""):
        self.shared = shared
        self._dice = random.Random(name)
        self.checker = checker
        self.namespace = Namespace(shared.cluster)
        self.namespace.admin = RetryingClient(shared.cluster)
        self.directory = tempfile.mkdtemp(prefix="history-", dir=shared.cluster.directory)
        self.proxy = shared.proxy if proxied else None
        self.fleet_pods = []

    # Pods and processes come

    def make_pod(self, name, on_node, processes):
        """A pod, and its processes campaign. The pod need not have begun to run: kubelets tell that late."""
        hook = f"{self.namespace.name}.{name}.{len(self.fleet_pods)}" if on_node else None
        pod = self.namespace.pod(name, node=self.shared.node if on_node else None,
                                 grace=self.node_grace if on_node else GRACE,
                                 lifecycle=self.shared.slow_end.lifecycle(hook) if on_node else None)
        if not on_node:
            pod.set_status(phase="Running", containerStatuses=[running()])
        directory = os.path.join(self.directory, f"{name}-{pod.uid[:8]}")
        os.mkdir(directory)
        fleet_pod = FleetPod(pod, pod.candidate(self.server_for_pod(), directory), hook)
        self.fleet_pods.append(fleet_pod)
        for number in range(processes):
            self.start(fleet_pod, number)
        return fleet_pod

    def new_name(self):
        """One that no pod has had."""
        return f"p{len(self.fleet_pods)}"

    def start(self, fleet_pod, number):
        """A container of the pod starts, for the first time or again."""
        name = fleet_pod.pod.name if number == 0 else f"{fleet_pod.pod.name}.{number + 1}"
        environment = {**base_environment(), "PATH": os.defpath, **fleet_pod.files.in_cluster_environment()}
        of_before = self.shared.before is not None and self._dice.random() < 0.5
        command = self.shared.before if of_before else self.shared.command
        process = self.make_process(name, command, environment)
        process.of_before = of_before
        self.checker.fleet_pods[process] = fleet_pod
        fleet_pod.processes[number] = process
        self.campaign(process)

    def make_process(self, name, command, environment):
        return Candidate(name, command, environment, self.directory, self.checker)

    def server_for_pod(self):
        """Through which a new pod reaches the API server; None: it does so directly."""
        return self.proxy

    def campaign(self, process):
        options = {"log-level": "debug", **self.checker.fleet_pods[process].files.options()}
        if process.of_before:
            options = {name: value for name, value in options.items() if name not in UNKNOWN_BEFORE}
        process.do("new", lock=self.namespace.lock, options=options)
        process.do("start")

    def restart(self, fleet_pod, number):
        """As the kubelet does while the pod is well and its container has ended."""
        if fleet_pod.over is None and not fleet_pod.terminating and not fleet_pod.processes[number].alive:
            self.start(fleet_pod, number)

    def again(self, process):
        """A new handle in place of one whose campaign has ended, or is ending."""
        if process.alive and not process.frozen and process.state in ENDED:
            self.checker.fleet_pods[process].left_behind |= process.state == "resigning"
            process.do("free")
            self.campaign(process)

    def give_back(self, process, do):
        """do: resign or close."""
        self.checker.fleet_pods[process].gives_back(now_ms())
        process.do(do)

    def crash(self, process):
        """Returns (fleet_pod, number) for restart()."""
        fleet_pod = self.checker.fleet_pods[process]
        fleet_pod.left_behind = True
        process.kill()
        return fleet_pod, next(number for number, other in fleet_pod.processes.items() if other is process)

    # Who there is

    def living(self):
        return [process for fleet_pod in self.fleet_pods for process in fleet_pod.living()]

    def choose(self, step, awake=False):
        """A process for that step, or None. awake: only one that can answer."""
        leading = self.checker.leading()
        able = [process for process in self.living() if not (awake and process.frozen)]
        leaders = [process for process in able if process in leading]
        others = [process for process in able if process not in leading]
        return _pick(step, leaders, others)

    def choose_pod(self, step):
        """A pod for that step, whether its processes live or not, or None. The leader is the last one there was."""
        able = [fleet_pod for fleet_pod in self.fleet_pods if fleet_pod.over is None]
        last = self.checker.last_pod()
        return _pick(step, [fleet_pod for fleet_pod in able if fleet_pod is last],
                     [fleet_pod for fleet_pod in able if fleet_pod is not last])

    def eligible(self):
        """Those of whom one must lead, once all is well."""
        return [process for process in self.living()
                if process.state not in ENDED and not self.checker.fleet_pods[process].terminating
                and not self.checker.fleet_pods[process].forced]

    # Pods end

    def end_processes(self, fleet_pod):
        for process in fleet_pod.living():
            process.kill()
        fleet_pod.over = fleet_pod.over or now_ms()

    def let_end(self, fleet_pod):
        """The kubelet may say so now."""
        self.end_processes(fleet_pod)
        if fleet_pod.hook:
            self.shared.slow_end.let_end(fleet_pod.hook)

    def remove(self, fleet_pod):
        """Its processes end, and the pod is gone at once."""
        self.let_end(fleet_pod)
        fleet_pod.pod.delete(grace=0)

    def force_removal(self, fleet_pod, leading):
        """The object goes, its processes live on. Nothing is to be said of them where the leader went at that
        moment."""
        fleet_pod.forced = True
        fleet_pod.pod.delete(grace=0)
        if self.checker.leading() == leading:
            fleet_pod.over = now_ms()
        else:
            self.end_processes(fleet_pod)

    def begin_deletion(self, fleet_pod, policy):
        """On a node the processes live on until let_end(); elsewhere nobody would wait for them."""
        if fleet_pod.hook is None:
            self.end_processes(fleet_pod)
        else:
            fleet_pod.pod.wait_phase("Running", HANG)  # a kubelet runs no hook of a container that it has not started
        fleet_pod.terminating = True
        fleet_pod.pod.delete(policy=policy)

    def tell_end(self, fleet_pod, how):
        """how: Failed, Succeeded, or Evicted, which leaves no container status (P4 d)."""
        self.end_processes(fleet_pod)
        if how == "Evicted":
            fleet_pod.pod.set_status(phase="Failed", reason="Evicted", containerStatuses=[])
        else:
            fleet_pod.pod.set_status(phase=how, containerStatuses=[terminated(0 if how == "Succeeded" else 137)])

    def kept(self, fleet_pods):
        """Those whose pods are still there COLLECTED_WITHIN after their deletion. It happens: a collector that has not
        seen how a lock was removed and made anew, because its watch had to begin anew meanwhile, goes on with the old
        one; if then the pod is deleted with its dependents orphaned, it asks for ever for a lock of the old UID (422:
        "field is immutable"), and never takes the finalizer `orphan` from the pod (seen with Kubernetes 1.36)."""
        deadline = time.monotonic() + COLLECTED_WITHIN
        while fleet_pods and time.monotonic() < deadline:
            fleet_pods = [fleet_pod for fleet_pod in fleet_pods if fleet_pod.pod.object() is not None]
            time.sleep(0.05)
        return fleet_pods

    def tell_ends(self):
        """Of deleted pods that the collector keeps, says that their containers have ended, as a kubelet does long
        before; without that word who waits for such a pod is right to wait (P4). Whether there were any."""
        kept = self.kept([fleet_pod for fleet_pod in self.fleet_pods if fleet_pod.terminating
                          and fleet_pod.hook is None])
        for fleet_pod in kept:
            self.checker.note(f"the collector keeps pod {fleet_pod.pod.name}: it is told to have ended")
            try:
                self.tell_end(fleet_pod, "Failed")
            except ApiError as error:
                if error.code != 404:
                    raise
        return bool(kept)

    # Lock and record

    def holders(self):
        """(lock, UID of its owner), (record, UID that it names); None for what is absent."""
        lock, record = self.namespace.lock_object(), self.namespace.record_object()
        owners = (lock or {}).get("metadata", {}).get("ownerReferences", [])
        annotations = (record or {}).get("metadata", {}).get("annotations", {})
        return (lock, owners[0]["uid"] if owners else None), (record, annotations.get("leaderlife.dev/holder-uid"))

    def standing(self):
        """(the leader's FleetPod, lock, record), if one leads and both objects name its pod; else None."""
        leading = self.checker.leading()
        if len(leading) != 1:
            return None
        fleet_pod = self.checker.fleet_pods[leading[0]]
        (lock, owner), (record, named) = self.holders()
        return (fleet_pod, lock, record) if owner == named == fleet_pod.pod.uid else None

    def delete_object(self, path, found):
        """By hand: this very version, not another that takes its place meanwhile."""
        metadata = found["metadata"]
        self.namespace.admin.delete(path, uid=metadata["uid"], resource_version=metadata["resourceVersion"])

    # The end

    def clear(self):
        """A node takes 110 pods, and a control plane grows slow with thousands: those of the past must go."""
        for fleet_pod in self.fleet_pods:
            self.let_end(fleet_pod)
        self.namespace.admin.request("DELETE", self.namespace.path("pods"), {
            "kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0})
