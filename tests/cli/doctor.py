# SPDX-License-Identifier: Apache-2.0
"""Runs `leaderlife doctor` in pods on the real control plane. Whatever it finds, it
must change nothing, tell no secret, and end with the status of its findings."""

import json

from controlplane.components import write_kubeconfig
from controlplane.pods import Namespace, running

LABELS = {"app": "candidate"}
LONG_AGO = "2024-01-31T12:00:00Z"
TOO_LONG_S = 20.0


def ready(is_ready=True, since=LONG_AGO):
    """A pod's condition."""
    return {"type": "Ready", "status": "True" if is_ready else "False", "lastTransitionTime": since}


class Report:
    """What one run said. findings: [{"level", "status", "text"}]"""

    def __init__(self, ended):
        whole = json.loads(ended.stdout)
        assert set(whole) == {"lock", "ok", "findings"}
        assert all(set(finding) == {"level", "status", "text"} for finding in whole["findings"])
        self.lock, self.ok, self.findings = whole["lock"], whole["ok"], whole["findings"]
        self.status = ended.returncode
        assert self.ok == (not self.of("error")), self
        assert self.status == (0 if self.ok else 1), self
        assert all((finding["status"] == "LEADERLIFE_OK") == (finding["level"] == "ok")
                   for finding in self.findings), self

    def __repr__(self):
        return json.dumps(self.findings, indent=1)

    def of(self, *levels):
        return [finding for finding in self.findings if finding["level"] in levels]

    def bad(self):
        return self.of("error", "warning")

    def has(self, level, status, *parts):
        """A finding of that level and status, with these in its text."""
        found = [finding["text"] for finding in self.of(level) if finding["status"] == "LEADERLIFE_" + status
                 and all(part in finding["text"] for part in parts)]
        assert found, f"no {level} {status} with {parts} in: {self}"
        return found[0]

    def only(self, level, status, *parts):
        """And nothing else that is not good."""
        assert len(self.bad()) == 1, self
        return self.has(level, status, *parts)


class Doctor:
    def __init__(self, command, cluster, directory):
        self.command = command
        self.cluster = cluster
        self.admin = cluster.admin
        self.directory = directory
        self._secrets = {cluster.admin_token}

    def space(self, **rights):
        return Namespace(self.cluster, **rights)

    def files(self, space, name="a", is_ready=True, proxy=None, **options):
        """Of a running pod (controlplane.pods.Candidate)."""
        pod = space.pod(name, labels=LABELS, **options)
        pod.set_status(phase="Running", containerStatuses=[running()], conditions=[ready(is_ready)])
        made = pod.candidate(proxy)
        with open(made.token_file, encoding="ascii") as file:
            self._secrets.add(file.read().strip())
        return made

    def admin_files(self, files):
        """Credentials that say nothing of a pod: it is what the environment says."""
        pair = self.cluster.authority.client("doctor-admin", ["system:masters"])
        write_kubeconfig(files.kubeconfig, files.server.url, files.ca_file, pair=pair)
        return files

    def start(self, files, *words, lock="lock"):
        """A candidate that goes on."""
        return self.command.start("run", *words, lock, "--", "sleep", "1000", environment=files.environment())

    def leader(self, files, *words):
        started = self.start(files, *words)
        started.wait_said("leading")
        return started

    def _objects(self, space):
        """All that an election could change."""
        return {resource: [(item["metadata"]["name"], item["metadata"]["resourceVersion"])
                           for item in self.admin.get(space.path(resource))["items"]
                           if item["metadata"]["name"] != "kube-root-ca.crt"]
                for resource in ("configmaps", "leases", "events")}

    def examine(self, files, *words, environment=None, lock="lock", space=None):
        """The report of a doctor in that pod. environment: changes, None takes away."""
        space = space or files.pod.namespace
        given = {**files.environment(), **(environment or {})}
        given = {name: value for name, value in given.items() if value is not None}
        before = self._objects(space)
        ended = self.command.run("doctor", "-o", "json", *words, lock, environment=given, timeout=TOO_LONG_S)
        assert self._objects(space) == before
        assert ended.stderr == "", ended
        for secret in self._secrets:
            assert secret not in ended.stdout
        return Report(ended)

    def keep_secret(self, text):
        self._secrets.add(text)
        return text

    def writes_since(self, mark):
        """Requests that are no reads, but for those that leave nothing."""
        return [entry for entry in self.cluster.audit_since(mark)
                if entry.verb not in ("get", "list", "watch") and "dryRun=All" not in entry.uri
                and entry.resource != "selfsubjectaccessreviews"]

    def hold(self, space, pod, **annotations):
        body = space.lock_body(pod)
        body["metadata"]["annotations"] = annotations
        self.admin.create(space.path("configmaps"), body)
