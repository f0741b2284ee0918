# SPDX-License-Identifier: Apache-2.0
"""One lock whose leader's pod runs on a node that will be lost, and a standby
elsewhere with a node policy. The test plays many of them at once."""

import re
import subprocess
from pathlib import Path

from controlplane.pods import SERVICE_ACCOUNT, Namespace
from scenarios.observer import now_ms

_PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "pods.md").read_text(encoding="utf-8")
_MANIFEST = re.search(r"```yaml\n# nodes\.yaml(.*?)```", _PAGE, re.DOTALL).group(1).split("\n", 1)[1]


def grant_nodes(namespace):
    """The right that the policies fenced and unready need, besides the Role, as docs/reference/pods.md gives it."""
    manifest = _MANIFEST.replace("namespace: default", f"namespace: {namespace.name}").replace(
        "my-operator-nodes", "nodes-" + namespace.name).replace("name: my-operator,", f"name: {SERVICE_ACCOUNT},")
    subprocess.run(namespace.cluster.kubectl("apply", "-f", "-"), input=manifest, text=True, check=True,
                   capture_output=True, env={"HOME": namespace.cluster.directory})


class LostNode:
    """title: in the story, and the lock's name. dies: whether the machine really
    goes down with the leader's process on it."""

    def __init__(self, candidates, title, node, policy, granted=True, dies=True, grace=None):
        self.candidates = candidates
        self.lock = title
        self.node = node
        self.policy = policy
        self._dies = dies
        self.namespace = Namespace(candidates.cluster, lock=title)
        if granted:
            grant_nodes(self.namespace)
        self.pod = self.namespace.pod(f"{title}-leader", node=node, grace=grace)

    def __str__(self):
        return f"{self.lock} ({self.policy} on {self.node.name})"

    def begin(self):
        self.pod.wait_phase("Running")
        options = {"node-policy": self.policy}
        self.leader = self.candidates.start(self.candidates.files_of(self.pod), options, lock=self.lock)
        self.candidates.leads(self.leader)
        self.standby = self.candidates.start(self.candidates.files(f"{self.lock}-standby", self.namespace), options,
                                             lock=self.lock)
        self.candidates.stands_by(self.standby, holder=self.pod.name)

    def machine_fails(self):
        """The node falls silent; its processes end with it, if they do."""
        if self._dies:
            self.leader.kill()
        self.at = now_ms()

    def term(self):
        """The standby's, or None."""
        with self.candidates.observer.changed:
            return next((term for term in self.candidates.observer.terms if term.process is self.standby), None)

    def waits(self):
        return self.term() is None

    def takes_over(self, timeout=90.0):
        """Returns the seconds since the machine failed."""
        self.candidates.observer.wait(f"{self} taken over", self.term, timeout)
        return (self.term().begin - self.at) / 1e3

    def counts_as_dead(self, *parts):
        self.candidates.notices(self.standby, "LEADERLIFE_OK", self.pod.name, "counts as dead", self.node.name,
                                f"'{self.policy}'", *parts)

    def node_requests(self, mark):
        """How many GETs of the node the candidates of this lock have sent since that mark of the audit log."""
        return [entry for entry in self.candidates.cluster.audit_since(mark, self.namespace.user)
                if entry.resource == "nodes"]
