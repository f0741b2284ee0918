# SPDX-License-Identifier: Apache-2.0
"""Processes that elect with operator-lib's own leader.Become (the component
operator-lib of the control plane's binary), beside candidates of ours.

operator-lib reads its namespace from a file at a fixed path under /var/run, so
each process has a /var/run of its own, in a private mount namespace: nothing is
left on the machine, and no other process sees it."""

import os
import shutil
import subprocess

from controlplane.pods import rules, running
from scenarios.candidate import Candidate
from scenarios.places import base_environment

ACCOUNT = "operator"
# What Become itself asks for, and what it asks for when it finds a reason to clean up.
ELECTS = [("", "configmaps", None, ["get", "create"]), ("", "pods", None, ["get"])]
CLEANS_UP = [("", "configmaps", None, ["delete"]), ("", "pods", None, ["delete"])]

_ENTER = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
# $0 is the namespace's name; the rest is what to run.
_SCRIPT = """mount -t tmpfs none /var/run &&
folder=/var/run/secrets/kubernetes.io/serviceaccount && mkdir -p "$folder" &&
printf %s "$0" >"$folder/namespace" && exec "$@" """


def in_private_mounts(namespace, command):
    """The command line of a process that finds the namespace's name where a pod has it."""
    return [*_ENTER, "sh", "-c", _SCRIPT, namespace, *command]


def why_not():
    """Why this machine cannot give a process its own mounts; "" if it can."""
    if shutil.which("unshare") is None:
        return "no command unshare (Debian's util-linux)"
    tried = subprocess.run(in_private_mounts("probe", ["true"]), capture_output=True, text=True, timeout=60)
    return f"no private mounts here: {tried.stderr.strip()}" if tried.returncode else ""


class OperatorLib:
    """Their side of one test."""

    def __init__(self, candidates, lock="lock"):
        self.candidates = candidates
        self.space = candidates.space
        self.lock = lock
        self.space.add_account(ACCOUNT, rules(ELECTS))

    def may_clean_up(self):
        """Grants what Become needs to delete an evicted leader, or one on a node that is not ready."""
        self.candidates.admin.patch(self.space.path("roles", ACCOUNT), {"rules": rules(ELECTS + CLEANS_UP)})
        name = f"{self.space.name}-nodes"
        group = "/apis/rbac.authorization.k8s.io/v1/"
        self.candidates.admin.create(group + "clusterroles", {
            "metadata": {"name": name}, "rules": [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}]})
        self.candidates.admin.create(group + "clusterrolebindings", {
            "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": self.space.name}]})

    def files(self, name, **pod):
        """A pod that runs, with their ServiceAccount."""
        return running_files(self.candidates, name, account=ACCOUNT, **pod)

    def start(self, files):
        """A process in that pod that calls Become."""
        environment = {**base_environment(), "PATH": os.environ["PATH"], **files.environment()}
        command = in_private_mounts(self.space.name, [self.candidates.cluster.binary, "operator-lib", self.lock])
        process = Candidate(files.pod.name, command, environment, self.candidates.directory, self.candidates.observer)
        process.handle().lock = self.lock
        return process

    def said(self, process, text):
        """Whether operator-lib has logged that."""
        return any(text in line["text"] for line in self.candidates.lines(process, "log"))

    def says(self, process, text):
        """It has, or will."""
        self.candidates.observer.wait(f"{process} to say '{text}'", lambda: self.said(process, text))


def running_files(candidates, name, node=None, **pod):
    """Like candidates.files, but on a hollow node if one is given. Ours without an account."""
    made = candidates.space.pod(name, node=node, **pod)
    if node is not None and hasattr(node, "process"):  # its kubelet says so
        made.wait_phase("Running")
    else:
        made.set_status(phase="Running", containerStatuses=[running()])
    return candidates.files_of(made)
