# SPDX-License-Identifier: Apache-2.0
"""A namespace in which candidates run, and what people do there. Whatever
happens, no two may work at one time."""

import contextlib
import secrets
import time

import yaml

from controlplane.process import wait_for

from .images import EXAMPLES

HANG_S = 120.0
DEPLOYMENT = "deployment/my-operator"
KUBECTL_S = 0.2  # between two questions by kubectl, which is a large program to start


class Trial:
    """Use as `with Trial(cluster, witness) as trial`: at its end nobody may have worked beside another one, unless
    two_are_expected. lock: that whose leader is meant. Times are those of time.monotonic()."""

    def __init__(self, cluster, witness, lock="my-operator", name=None, labels=None):
        self.cluster, self.witness, self.lock = cluster, witness, lock
        self.namespace = name or "trial-" + secrets.token_hex(4)
        self._labels = labels or {}
        self.two_are_expected = False

    def __enter__(self):
        self.make_namespace()
        return self

    def __exit__(self, kind, *_):
        overlaps = self.overlaps()
        with contextlib.suppress(AssertionError):
            self.kubectl("delete", "namespace", self.namespace, "--wait=false")
        if kind is None and not self.two_are_expected:
            told = "\n".join(f"  {one}\n  {other}" for one, other in overlaps)
            assert not overlaps, f"two have worked at one time:\n{told}"

    def make_namespace(self):
        """Where the real admission refuses a pod that is not "restricted"."""
        labels = {"pod-security.kubernetes.io/enforce": "restricted", **self._labels}
        self.cluster.admin.create("/api/v1/namespaces", {"metadata": {"name": self.namespace, "labels": labels}})

    def kubectl(self, *words, given=None, check=True, timeout=HANG_S):
        return self.cluster.kubectl(*words, given=given, check=check, namespace=self.namespace, timeout=timeout)

    def apply(self, *files, change=None):
        """change: of the text, for what a case needs otherwise than the example has it."""
        for file in files:
            text = file.read_text(encoding="utf-8")
            self.kubectl("apply", "-f", "-", given=change(text) if change else text)

    def deploy(self, pod=None, container=None, workload=None, replicas=None, ready=True):
        """Applies the example `command`, changed: pod, container and workload are called with those parts of the
        Deployment."""
        objects = list(yaml.safe_load_all((EXAMPLES / "kubernetes" / "command" / "deployment.yaml").read_text()))
        deployment, = (each for each in objects if each["kind"] == "Deployment")
        spec = deployment["spec"]["template"]["spec"]
        if replicas is not None:
            deployment["spec"]["replicas"] = replicas
        for change, part in ((container, spec["containers"][0]), (pod, spec), (workload, deployment)):
            if change:
                change(part)
        self.kubectl("apply", "-f", "-", given=yaml.safe_dump_all(objects))
        if ready:
            self.wait_ready(DEPLOYMENT)

    def wait_ready(self, kind, timeout=HANG_S):
        """Until the workload has as many ready pods as it wants, and no others."""
        try:
            self.kubectl("rollout", "status", kind, f"--timeout={timeout:g}s", timeout=timeout + 10)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.scene()}") from None

    # Who leads, by the witness, and by the API.

    def periods(self):
        return self.witness.periods(self.namespace, self.lock)

    def overlaps(self):
        return self.witness.overlaps(self.namespace)

    def leader(self, after=0.0, but=(), timeout=HANG_S):
        """Whose work began after that time, once it has; not one of `but`."""
        try:
            return self.witness.wait_for_work(self.namespace, self.lock, after, timeout, but)
        except TimeoutError as error:
            raise AssertionError(f"{error}\n{self.scene()}") from None

    def works(self):
        """The one that works now, or None."""
        found = self.witness.working(self.namespace, self.lock)
        return found[-1] if found else None

    def settled_leader(self):
        """The one that works, and whom the record names."""
        def agreed():
            found = self.works()
            return found if found and found.pod == self.holder() else None
        return wait_for(f"a leader in {self.namespace}", agreed, HANG_S)

    def holder(self):
        """As `kubectl get lease` shows it."""
        target = f"/apis/coordination.k8s.io/v1/namespaces/{self.namespace}/leases/{self.lock}.leaderlife"
        found = self.cluster.admin.find(target)
        return found and found["spec"].get("holderIdentity")

    def next_holder(self, known):
        """The holder, once that is not the known one."""
        return wait_for(f"another leader than {known}",
                        lambda: self.holder() not in (known, "", None) and self.holder(), HANG_S)

    def logs(self, pod, *options):
        """What its containers have said; nothing where there are none yet."""
        return self.kubectl("logs", pod, *options, check=False)

    def wait_logged(self, pod, text, *options):
        """What it has said, once the text is in it."""
        def said():
            found = self.logs(pod, *options)
            return found if text in found else None
        return wait_for(f"'{text}' of {pod}", said, HANG_S, KUBECTL_S)

    def pods(self, label=None):
        query = {"labelSelector": label} if label else None
        return self.cluster.admin.get(f"/api/v1/namespaces/{self.namespace}/pods", query)["items"]

    def pod(self, name):
        return self.cluster.admin.find(f"/api/v1/namespaces/{self.namespace}/pods/{name}")

    def wait_gone(self, period, timeout=HANG_S):
        """Until its pod is no more."""
        def gone():
            found = self.pod(period.pod)
            return found is None or found["metadata"]["uid"] != period.uid
        wait_for(f"the end of pod {period.pod}", gone, timeout)

    def exec(self, pod, *words, container=None, check=True):
        where = ["-c", container] if container else []
        return self.kubectl("exec", pod, *where, "--", *words, check=check)

    def works_on(self, period, seconds=2.0):
        """The same one, and alone, for so long."""
        until = time.monotonic() + seconds
        wait_for("its work", lambda: self.works() and self.works().last > until, HANG_S)
        assert [each.life for each in self.witness.working(self.namespace, self.lock)] == [period.life], self.scene()

    def node_of(self, period):
        """The Node that the pod runs on."""
        name = self.pod(period.pod)["spec"]["nodeName"]
        return next(node for node in self.cluster.nodes if node.name == name)

    def _container(self, period, name):
        found, = (each for each in self.pod(period.pod)["status"]["containerStatuses"] if each["name"] == name)
        return found

    def container_id(self, period, name="operator"):
        return self._container(period, name)["containerID"].removeprefix("containerd://")

    def restarts(self, period, name):
        return self._container(period, name)["restartCount"]

    def kill_container(self, period, name="operator"):
        """Its first process, and so all of it, at once."""
        self.node_of(period).ctr("tasks", "kill", "--signal", "SIGKILL", self.container_id(period, name))

    def scene(self):
        return "\n".join(self.kubectl(*words, check=False) for words in (
            ("get", "pods,lease", "-o", "wide"), ("get", "events", "--sort-by=.lastTimestamp"),
            ("logs", "-l", "app", "--all-containers", "--prefix", "--tail=20")))


class HandOver:
    """Use as `with HandOver(trial, report, "drain"): …` around what makes the leader go: afterwards another one, or
    the same pod's next container, works. Reported are how many have begun to work meanwhile (they are in began), and
    the longest time without work between two of them."""

    def __init__(self, trial, report, what, same_pod=False):
        self.trial, self.report, self.what, self.same_pod = trial, report, what, same_pod

    def __enter__(self):
        self.old = self.trial.settled_leader()
        self.known = self.trial.periods()
        self.at = time.monotonic()
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            return
        self.new = self.trial.leader(after=self.at, but=self.known)
        self.began = [period for period in self.trial.periods() if period not in self.known]
        assert not self.old.overlaps(self.new), f"{self.old}\n{self.new}"
        if self.same_pod is not None:
            assert (self.old.uid == self.new.uid) == self.same_pod, f"{self.old}\n{self.new}\n{self.trial.scene()}"
        assert int(self.new.token) > int(self.old.token)
        leaders = [self.old, *self.began]
        gap = max(after.first - before.last for before, after in zip(leaders, self.began, strict=False))
        self.report(f"  {self.what:<52} {self.new.first - self.at:6.2f} s from the action, "
                    f"{1e3 * gap:6.0f} ms without work, hand-overs: {len(self.began)}")
