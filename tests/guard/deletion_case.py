# SPDX-License-Identifier: Apache-2.0
"""One lock whose leader's pod on a node is deleted, and three candidates that wait
for its end in different ways. The test plays 20 such cases at once."""

from controlplane.pods import SERVICE_ACCOUNT, Namespace, Pod
from controlplane.process import wait_for
from scenarios.observer import now_ms

GRACE = 90  # seconds, which the test ends long before: the kubelet's patience is not to be met on a busy machine


class DeletionCase:
    """owned: whether a Deployment has made the leader's pod. The names in the
    story: leader, standby, late (frozen during the deletion), fresh."""

    def __init__(self, candidates, number, slow_end, owned):
        self.candidates = candidates
        self.admin = candidates.admin
        self.lock = f"lock-{number:02}"  # no two alike: the observer tells them by their names
        self.owned = owned
        self.namespace = Namespace(candidates.cluster, lock=self.lock)
        self._slow_end = slow_end
        self._files = {}
        self.processes = {}
        self.asked = self.killed = None  # ms: the deletion was asked for, the leader's process was killed

    def __str__(self):
        return f"{self.lock} ({'Deployment' if self.owned else 'pod'})"

    # The leader's pod

    def make_leaders_pod(self, node):
        container = {"name": "main", "image": "none", "imagePullPolicy": "IfNotPresent",
                     "lifecycle": self._slow_end.lifecycle(self.lock)}
        self._made_as = self.lock + "-leader"
        template = {"metadata": {"name": self._made_as, "labels": {"app": "leader"}}, "spec": {
            "serviceAccountName": SERVICE_ACCOUNT, "automountServiceAccountToken": False, "nodeName": node.name,
            "terminationGracePeriodSeconds": GRACE, "containers": [container]}}
        if self.owned:
            self.admin.create(self.namespace.path("deployments"), {"metadata": {"name": self._made_as}, "spec": {
                "replicas": 1, "selector": {"matchLabels": {"app": "leader"}}, "template": template}})
        else:
            self.admin.create(self.namespace.path("pods"), template)

    def find_leaders_pod(self):
        """Waits until the controllers have made it and it runs."""
        def made():
            return self.admin.get(self.namespace.path("pods"), {"labelSelector": "app=leader"})["items"]
        self.pod = Pod(self.namespace, wait_for(f"{self}: the leader's pod", made)[0])
        self.pod.wait_phase("Running")
        self._files["leader"] = self.candidates.files_of(self.pod)

    def delete(self):
        """By the policy Foreground, the pod with its own grace."""
        self.asked = now_ms()
        if self.owned:
            self.admin.delete(self.namespace.path("deployments", self._made_as), policy="Foreground")
        else:
            self.pod.delete(policy="Foreground")

    # Candidates

    def start(self, name):
        """A process; in the pod that had this name before, if there was one."""
        if name not in self._files:
            self._files[name] = self.candidates.files(f"{self.lock}-{name}", self.namespace)
        self.processes[name] = self.candidates.start(self._files[name], lock=self.lock)
        return self.processes[name]

    def newcomers_come(self):
        """Each forgets, or misses, what happened in a way of its own."""
        self.processes["standby"].kill()
        self.start("standby")
        self.processes["late"].thaw()
        self.start("fresh")

    def waiting(self):
        return [self.processes[name] for name in ("standby", "late", "fresh") if name in self.processes]

    def end_leader(self):
        """It has led until now; then as on a node: first the process ends, then the kubelet says so."""
        leader = self.processes["leader"]
        assert leader.do("state")["is_leader"], f"{self}: {leader} has lost the lead while its pod terminated"
        leader.kill()
        self.killed = now_ms()
        self._slow_end.let_end(self.lock)

    # Judging

    def terms(self):
        """All that have begun on this lock, the first leader's included, by their beginning."""
        with self.candidates.observer.changed:
            return sorted((term for term in self.candidates.observer.terms if term.handle.lock == self.lock),
                          key=lambda term: term.begin)

    def settled(self):
        """One of those who waited leads, the others stand by."""
        leading = [term.process for term in self.terms() if term.end is None]
        return len(leading) == 1 and leading[0] in self.waiting() and all(
            process.state == "standby" for process in self.waiting() if process is not leading[0])

    def is_lock(self, _kind, configmap):
        """Of an event: it is about this lock in the first leader's possession."""
        metadata = configmap["metadata"]
        owners = [reference["uid"] for reference in metadata.get("ownerReferences", [])]
        return (metadata["namespace"], metadata["name"], owners) == (self.namespace.name, self.lock, [self.pod.uid])

    def is_pod(self, _kind, pod):
        """Of an event: it is about the first leader's pod."""
        return pod["metadata"]["uid"] == self.pod.uid
