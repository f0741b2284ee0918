# SPDX-License-Identifier: Apache-2.0
"""The peers that elect on Kubernetes, as subjects."""

import itertools
import sys

from controlplane.process import wait_for
from interop.operatorlib import in_private_mounts

from .subjects import PEERS, PROGRAMS, Subject

_priorities = itertools.count(1_000_000, -1)
_GROUP = "/apis/rbac.authorization.k8s.io/v1/"
_KINDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_ANYTHING = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
# As kopf's documentation has it.
_KIND = {
    "metadata": {"name": "kopfpeerings.kopf.dev"},
    "spec": {"scope": "Namespaced", "group": "kopf.dev",
             "names": {"kind": "KopfPeering", "plural": "kopfpeerings", "singular": "kopfpeering"},
             "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {
                 "type": "object", "properties": {"status": _ANYTHING}}}}]}}


class Lease(Subject):
    """client-go's leader election with its usual durations: 15 s, 10 s, 2 s."""

    def __init__(self, release):
        super().__init__("client-go, ReleaseOnCancel" if release else "client-go, crash")
        self._release = ["release"] if release else []

    def command(self, _files, lock, **_):
        return [PROGRAMS / "lease", lock, *self._release]


class Become(Subject):
    """operator-lib, whose polls grow to 16 s."""

    retries_s = 40.0

    def __init__(self):
        super().__init__("operator-lib")

    def command(self, files, lock, **_):
        return in_private_mounts(files.pod.namespace.name, [PROGRAMS / "become", lock])


class PythonClient(Subject):
    """The leader election of the Python client, with the durations of its example: 17 s, 15 s, 5 s."""

    def __init__(self):
        super().__init__("kubernetes (Python)")

    def command(self, _files, lock, **_):
        return [sys.executable, PEERS / "kubernetes_election.py", lock]


class Peering(Subject):
    """kopf's, whose operators each have less priority than the one before, with its usual lifetime of 60 s."""

    words = {"standby": r"Initial authentication has finished"}
    settles_s = 2.0
    tells_when = False  # it begins paused, and says nothing when it stays so

    def __init__(self):
        super().__init__("kopf peering")

    def prepare(self, space):
        """The kind, the peering, and the right to all, for kopf looks at the whole cluster."""
        admin = space.admin
        if not admin.find(f"{_KINDS}/kopfpeerings.kopf.dev"):
            admin.create(_KINDS, _KIND)
        peerings = f"/apis/kopf.dev/v1/namespaces/{space.name}/kopfpeerings"
        wait_for("the kind KopfPeering", lambda: admin.raw("GET", peerings)[0] == 200)
        admin.create(peerings, {"apiVersion": "kopf.dev/v1", "kind": "KopfPeering", "metadata": {"name": space.lock}})
        admin.create(_GROUP + "clusterrolebindings", {
            "metadata": {"name": space.name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": space.user}]})

    def command(self, files, lock, **_):
        return [sys.executable, "-m", "kopf", "run", "--namespace", files.pod.namespace.name, "--peering", lock,
                "--priority", next(_priorities), PEERS / "kopf_operator.py"]


def elections():
    """As they stand by."""
    return [Become(), Lease(False), PythonClient(), Peering()]
