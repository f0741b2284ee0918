# SPDX-License-Identifier: Apache-2.0
"""Namespaces with the minimal Role for a lock, pods with bound tokens, and all
files that one candidate process needs to play such a pod's container."""

import contextlib
import os
import secrets
import tempfile

from . import components
from .client import Client, path
from .process import wait_for

SERVICE_ACCOUNT = "candidate"
# What a process needs that plays a pod's container on this machine: the hollow node's kubelet makes an address up,
# which is nobody's, and a process takes part as its pod only where the pod's address is (P2).
PLAYED = {"pod-network": "any"}


def rights(lock):
    """What `leaderlife rbac` prints: (group, resource, name or None, verbs)."""
    return [
        ("", "configmaps", None, ["create"]),
        ("", "configmaps", lock, ["get", "list", "watch", "update", "delete"]),
        ("coordination.k8s.io", "leases", None, ["create"]),
        ("coordination.k8s.io", "leases", lock + ".leaderlife", ["get", "list", "watch", "update"]),
        ("", "pods", None, ["get", "list", "watch"]),
    ]


def operator_lib_rights(_lock):
    """What operator-lib asks for; an election must work with it."""
    return [("", "configmaps", None, ["get", "create"]), ("", "pods", None, ["get"])]


def rules(wanted, without=()):
    """RBAC rules of the rights, less those in `without`: "pods:watch", "leases:*"."""
    made = []
    for group, resource, name, verbs in wanted:
        verbs = [verb for verb in verbs if not {f"{resource}:{verb}", f"{resource}:*"} & set(without)]
        if verbs:
            rule = {"apiGroups": [group], "resources": [resource], "verbs": verbs}
            made.append({**rule, "resourceNames": [name]} if name else rule)
    return made


class Namespace:
    """A fresh namespace with ServiceAccount, Role and RoleBinding for one lock."""

    def __init__(self, cluster, lock="lock", without=(), wanted=rights, name=None):
        self.cluster = cluster
        self.admin = cluster.admin
        self.lock = lock
        self.name = name or "test-" + secrets.token_hex(5)
        self.user = f"system:serviceaccount:{self.name}:{SERVICE_ACCOUNT}"
        self.admin.create("/api/v1/namespaces", {"metadata": {"name": self.name}})
        self.add_account(SERVICE_ACCOUNT, rules(wanted(lock), without))

    def add_account(self, name, rule_list):
        """A ServiceAccount with a Role and a RoleBinding of its name. It is made
        here and not awaited from the controller manager, which may be stopped;
        the admission of pods only looks at this one."""
        self.admin.create(path("serviceaccounts", self.name), {
            "metadata": {"name": name}, "automountServiceAccountToken": False})
        self.admin.create(path("roles", self.name), {
            "metadata": {"name": name}, "rules": rule_list})
        self.admin.create(path("rolebindings", self.name), {
            "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": self.name}]})

    def set_rights(self, without=(), wanted=rights):
        """Replaces the Role's rules; the API server follows within milliseconds."""
        self.admin.patch(path("roles", self.name, SERVICE_ACCOUNT),
                         {"rules": rules(wanted(self.lock), without)})

    def path(self, resource, name=None, sub=None):
        return path(resource, self.name, name, sub)

    @property
    def lock_path(self):
        return self.path("configmaps", self.lock)

    @property
    def record_path(self):
        return self.path("leases", self.lock + ".leaderlife")

    def lock_body(self, pod):
        """A lock ConfigMap owned by the pod, to be created at path("configmaps")."""
        return {"metadata": {"name": self.lock, "ownerReferences": [pod.owner_reference()]}}

    def lock_object(self):
        """The lock ConfigMap, or None."""
        return self.admin.find(self.lock_path)

    def record_object(self):
        """The holder record, or None."""
        return self.admin.find(self.record_path)

    def pod(self, name, node=None, grace=None, labels=None, account=SERVICE_ACCOUNT, lifecycle=None, beside=(),
            before=()):
        """Creates a pod: unassigned, or on a HollowNode. lifecycle: its container's; beside: names of further
        containers; before: of init containers."""
        container = {"name": "main", "image": "none", "imagePullPolicy": "IfNotPresent"}
        if lifecycle is not None:
            container["lifecycle"] = lifecycle
        others, first = ([{"name": other, "image": "none"} for other in names] for names in (beside, before))
        spec = {"serviceAccountName": account, "automountServiceAccountToken": False,
                "containers": [container, *others]}
        if first:
            spec["initContainers"] = first
        if node is not None:
            spec["nodeName"] = node.name
        if grace is not None:
            spec["terminationGracePeriodSeconds"] = grace
        created = self.admin.create(self.path("pods"), {
            "metadata": {"name": name, "labels": labels or {}}, "spec": spec})
        return Pod(self, created)

    def delete(self):
        """Asks for deletion and does not wait; the cluster's end removes the rest."""
        self.admin.delete(f"/api/v1/namespaces/{self.name}")


def terminated(code=0, name="main"):
    """A containerStatus of a container that has ended."""
    return {"name": name, "image": "none", "imageID": "", "ready": False, "restartCount": 0,
            "state": {"terminated": {"exitCode": code}}}


def running(name="main"):
    """A containerStatus of a container that runs."""
    return {"name": name, "image": "none", "imageID": "", "ready": True, "restartCount": 0,
            "state": {"running": {}}}


class Pod:
    """One pod object, known by its UID."""

    def __init__(self, namespace, created):
        self.namespace = namespace
        self.admin = namespace.admin
        self.name = created["metadata"]["name"]
        self.uid = created["metadata"]["uid"]
        self.account = created["spec"]["serviceAccountName"]
        self.path = namespace.path("pods", self.name)

    def object(self):
        """The object, or None when it is gone or has another UID."""
        found = self.admin.find(self.path)
        return found if found and found["metadata"]["uid"] == self.uid else None

    def phase(self):
        found = self.object()
        return found and found["status"].get("phase")

    def owner_reference(self):
        return {"apiVersion": "v1", "kind": "Pod", "name": self.name, "uid": self.uid}

    def set_status(self, **fields):
        """Patches status: phase, reason, message, conditions, containerStatuses, …"""
        return self.admin.patch(self.path + "/status", {"status": fields})

    def delete(self, grace=None, policy=None):
        """policy: Background, Foreground or Orphan. Only this UID is deleted."""
        return self.admin.delete(self.path, grace=grace, policy=policy, uid=self.uid)

    @contextlib.contextmanager
    def collected_at_deletion(self):
        """Within it, a deletion in the foreground removes what this pod owns at once. For the collector has to wait for
        one more dependent, and has heard of all. Else it may find that it has to wait for none, and be done with the
        pod before it comes to the rest, which then stays until the pod is gone (seen)."""
        target = self.namespace.path("configmaps")
        name = "holds-" + self.name
        self.admin.create(target, {"metadata": {"name": name, "finalizers": ["example.com/hold"], "ownerReferences": [
            {**self.owner_reference(), "blockOwnerDeletion": True}]}})
        self.namespace.cluster.wait_for_collector()
        yield
        self.admin.patch(f"{target}/{name}", {"metadata": {"finalizers": None}})

    def wait_phase(self, phase, timeout=30.0):
        wait_for(f"pod {self.name} {phase}", lambda: self.phase() == phase, timeout)

    def wait_gone(self, timeout=60.0):
        wait_for(f"pod {self.name} gone", lambda: self.object() is None, timeout)

    def token(self, seconds=3600):
        """A token bound to this pod: the API server refuses it when the pod is gone."""
        target = self.namespace.path("serviceaccounts", self.account, "token")
        bound = {"kind": "Pod", "apiVersion": "v1", "name": self.name, "uid": self.uid}
        answer = self.admin.create(target, {"spec": {
            "expirationSeconds": seconds, "boundObjectRef": bound}})
        return answer["status"]["token"]

    def client(self):
        """A Client with this pod's rights."""
        cluster = self.namespace.cluster
        return Client(cluster.url, cluster.ca_file, token=self.token())

    def candidate(self, proxy=None, directory=None):
        """Files and environment of a process in this pod; proxy in between if given."""
        return Candidate(self, proxy, directory)


class Candidate:
    """What the kubelet would give a container: token_file, ca_file,
    namespace_file in `directory`, and a kubeconfig for the other way in."""

    def __init__(self, pod, proxy=None, directory=None):
        self.pod = pod
        cluster = pod.namespace.cluster
        self.server = proxy or cluster  # both have url, host, port and ca_file
        self.directory = directory or tempfile.mkdtemp(
            prefix=f"candidate-{pod.name}-", dir=cluster.directory)
        self.token_file = self._write("token", pod.token())
        with open(self.server.ca_file, encoding="ascii") as file:
            self.ca_file = self._write("ca.crt", file.read())
        self.namespace_file = self._write("namespace", pod.namespace.name)
        self.kubeconfig = os.path.join(self.directory, "kubeconfig")
        components.write_kubeconfig(self.kubeconfig, self.server.url, self.ca_file,
                                    token_file=self.token_file, namespace=pod.namespace.name)

    def _write(self, name, text):
        """By rename, as the kubelet does: a reader sees the old or the new."""
        target = os.path.join(self.directory, name)
        with open(target + ".new", "w", encoding="ascii") as file:
            file.write(text)
        os.replace(target + ".new", target)
        return target

    def renew_token(self, text=None):
        """Puts a fresh token, or the given text, in place of the old one."""
        self._write("token", self.pod.token() if text is None else text)

    def environment(self):
        """For a process that reads KUBECONFIG, and that is given the options PLAYED. Add PATH and the like yourself."""
        return {**self._identity(), "KUBECONFIG": self.kubeconfig}

    def in_cluster_environment(self):
        """For a process that finds the API server as in a pod; options() tell it of
        token_file, ca_file and namespace_file."""
        return {**self._identity(), "KUBERNETES_SERVICE_HOST": self.server.host,
                "KUBERNETES_SERVICE_PORT": str(self.server.port)}

    def options(self):
        """Of an election with in_cluster_environment()."""
        return {"x-service-account-dir": self.directory, **PLAYED}

    def _identity(self):
        return {"POD_NAMESPACE": self.pod.namespace.name, "POD_NAME": self.pod.name,
                "POD_UID": self.pod.uid}
