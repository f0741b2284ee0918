# SPDX-License-Identifier: Apache-2.0
"""A namespace with pods and the processes that play their containers, and the
ways in which pods and processes come and end. It keeps to what the protocol
assumes (docs/protocol.md): first the processes of a pod end, then Kubernetes
says so; lock and record are not both missing under a living leader."""

import os
import random
import tempfile
from typing import Any, NamedTuple

from controlplane.pods import Namespace, running, terminated
from scenarios.candidate import Candidate
from scenarios.observer import now_ms
from scenarios.places import base_environment

from .patient import PatientClient

ENDED = ("resigning", "resigned", "lost", "failed", "closed")
NODE_GRACE = 60  # seconds; the test lets each such pod end long before, as the kubelet would then end it by itself
GRACE = 1
UNKNOWN_BEFORE = {"pod-network"}  # options that the library before does not have


class World(NamedTuple):
    """What all histories share."""
    cluster: Any
    node: Any
    proxy: Any
    slow_end: Any  # guard.slow_end.SlowEnd
    command: list  # of the candidate program
    before: list = None  # that of an earlier library, which plays half of the processes


class Home:
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


class Stage:
    """One history's namespace, and all that lives in it."""

    def __init__(self, world, judge, proxied, name=""):
        self.world = world
        self._dice = random.Random(name)
        self.judge = judge
        self.namespace = Namespace(world.cluster)
        self.namespace.admin = PatientClient(world.cluster)
        self.directory = tempfile.mkdtemp(prefix="history-", dir=world.cluster.directory)
        self.proxy = world.proxy if proxied else None
        self.homes = []

    # Pods and processes come

    def make_home(self, name, on_node, processes):
        """A pod, and its processes campaign. The pod need not have begun to run: kubelets tell that late."""
        hook = f"{self.namespace.name}.{name}.{len(self.homes)}" if on_node else None
        pod = self.namespace.pod(name, node=self.world.node if on_node else None,
                                 grace=NODE_GRACE if on_node else GRACE,
                                 lifecycle=self.world.slow_end.lifecycle(hook) if on_node else None)
        if not on_node:
            pod.set_status(phase="Running", containerStatuses=[running()])
        directory = os.path.join(self.directory, f"{name}-{pod.uid[:8]}")
        os.mkdir(directory)
        home = Home(pod, pod.candidate(self.proxy, directory), hook)
        self.homes.append(home)
        for number in range(processes):
            self.start(home, number)
        return home

    def new_name(self):
        """One that no pod has had."""
        return f"p{len(self.homes)}"

    def start(self, home, number):
        """A container of the pod starts, for the first time or again."""
        name = home.pod.name if number == 0 else f"{home.pod.name}.{number + 1}"
        environment = {**base_environment(), "PATH": os.defpath, **home.files.in_cluster_environment()}
        of_before = self.world.before is not None and self._dice.random() < 0.5
        command = self.world.before if of_before else self.world.command
        process = Candidate(name, command, environment, self.directory, self.judge)
        process.of_before = of_before
        self.judge.homes[process] = home
        home.processes[number] = process
        self.campaign(process)

    def campaign(self, process):
        options = {"log-level": "debug", **self.judge.homes[process].files.options()}
        if process.of_before:
            options = {name: value for name, value in options.items() if name not in UNKNOWN_BEFORE}
        process.do("new", lock=self.namespace.lock, options=options)
        process.do("start")

    def restart(self, home, number):
        """As the kubelet does while the pod is well and its container has ended."""
        if home.over is None and not home.terminating and not home.processes[number].alive:
            self.start(home, number)

    def again(self, process):
        """A new handle in place of one whose campaign has ended, or is ending."""
        if process.alive and not process.frozen and process.state in ENDED:
            self.judge.homes[process].left_behind |= process.state == "resigning"
            process.do("free")
            self.campaign(process)

    def give_back(self, process, do):
        """do: resign or close."""
        self.judge.homes[process].gives_back(now_ms())
        process.do(do)

    def crash(self, process):
        """Returns (home, number) for restart()."""
        home = self.judge.homes[process]
        home.left_behind = True
        process.kill()
        return home, next(number for number, other in home.processes.items() if other is process)

    # Who there is

    def living(self):
        return [process for home in self.homes for process in home.living()]

    def choose(self, step, awake=False):
        """A process for that step, or None. awake: only one that can answer."""
        leading = self.judge.leading()
        able = [process for process in self.living() if not (awake and process.frozen)]
        leaders = [process for process in able if process in leading]
        others = [process for process in able if process not in leading]
        return _pick(step, leaders, others)

    def choose_home(self, step):
        """A pod for that step, whether its processes live or not, or None. The leader is the last one there was."""
        able = [home for home in self.homes if home.over is None]
        last = self.judge.last_home()
        return _pick(step, [home for home in able if home is last], [home for home in able if home is not last])

    def eligible(self):
        """Those of whom one must lead, once all is well."""
        return [process for process in self.living()
                if process.state not in ENDED and not self.judge.homes[process].terminating
                and not self.judge.homes[process].forced]

    # Pods end

    def end_processes(self, home):
        for process in home.living():
            process.kill()
        home.over = home.over or now_ms()

    def let_end(self, home):
        """The kubelet may say so now."""
        self.end_processes(home)
        if home.hook:
            self.world.slow_end.let_end(home.hook)

    def remove(self, home):
        """Its processes end, and the pod is gone at once."""
        self.let_end(home)
        home.pod.delete(grace=0)

    def force_removal(self, home, leading):
        """The object goes, its processes live on. Nothing is to be said of them where the leader went at that moment."""
        home.forced = True
        home.pod.delete(grace=0)
        if self.judge.leading() == leading:
            home.over = now_ms()
        else:
            self.end_processes(home)

    def begin_deletion(self, home, policy):
        """On a node the processes live on until let_end(); elsewhere nobody would wait for them."""
        if home.hook is None:
            self.end_processes(home)
        else:
            home.pod.wait_phase("Running", 60)  # a kubelet runs no hook of a container that it has not started
        home.terminating = True
        home.pod.delete(policy=policy)

    def tell_end(self, home, how):
        """how: Failed, Succeeded, or Evicted, which leaves no container status (P4 d)."""
        self.end_processes(home)
        if how == "Evicted":
            home.pod.set_status(phase="Failed", reason="Evicted", containerStatuses=[])
        else:
            home.pod.set_status(phase=how, containerStatuses=[terminated(0 if how == "Succeeded" else 137)])

    # Lock and record

    def holders(self):
        """(lock, UID of its owner), (record, UID that it names); None for what is absent."""
        lock, record = self.namespace.lock_object(), self.namespace.record_object()
        owners = (lock or {}).get("metadata", {}).get("ownerReferences", [])
        annotations = (record or {}).get("metadata", {}).get("annotations", {})
        return (lock, owners[0]["uid"] if owners else None), (record, annotations.get("leaderlife.dev/holder-uid"))

    def standing(self):
        """(the leader's Home, lock, record), if one leads and both objects name its pod; else None."""
        leading = self.judge.leading()
        if len(leading) != 1:
            return None
        home = self.judge.homes[leading[0]]
        (lock, owner), (record, named) = self.holders()
        return (home, lock, record) if owner == named == home.pod.uid else None

    def delete_object(self, path, found):
        """By hand: this very version, not another that takes its place meanwhile."""
        metadata = found["metadata"]
        self.namespace.admin.delete(path, uid=metadata["uid"], resource_version=metadata["resourceVersion"])

    # The end

    def clear(self):
        """A node takes 110 pods, and a control plane grows slow with thousands: those of the past must go."""
        for home in self.homes:
            self.let_end(home)
        self.namespace.admin.request("DELETE", self.namespace.path("pods"), {
            "kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0})
