# SPDX-License-Identifier: Apache-2.0
"""Candidate processes on the real control plane that are given something bad,
and what they must say about it. Nothing they say may hold a secret."""

import json
import os
import shutil
import time

from controlplane.components import write_kubeconfig
from controlplane.pods import PLAYED, Namespace, running
from scenarios.candidate import Candidate
from scenarios.observer import Observer
from scenarios.places import base_environment

_ENDS = ("resigned", "lost", "failed", "closed")


class Candidates:
    """One test: its namespaces, its candidates, and the secrets that it has
    handed out. finish() judges what holds for all tests."""

    def __init__(self, cluster, directory, command):
        self.cluster = cluster
        self.admin = cluster.admin
        self.directory = str(directory)
        self.observer = Observer()
        self._command = command
        self._secrets = {cluster.admin_token}
        self._spaces = {}

    # What a test is about

    def namespace(self, **rights):
        """A fresh namespace; without=… as for controlplane.pods.Namespace."""
        return Namespace(self.cluster, **rights)

    @property
    def space(self):
        """The test's one namespace with the full Role, where one is enough."""
        if "one" not in self._spaces:
            self._spaces["one"] = self.namespace()
        return self._spaces["one"]

    def files(self, name="a", namespace=None, proxy=None):
        """A running pod's files and environment (controlplane.pods.Candidate)."""
        pod = (namespace or self.space).pod(name)
        pod.set_status(phase="Running", containerStatuses=[running()])
        return self.files_of(pod, proxy)

    def files_of(self, pod, proxy=None):
        directory = os.path.join(self.directory, f"{pod.name}-{pod.uid[:8]}")
        os.makedirs(directory, exist_ok=True)
        made = pod.candidate(proxy, directory)
        self.keep_secret(read(made.token_file))
        return made

    def keep_secret(self, text):
        """Must never be seen in any output."""
        self._secrets.add(text.strip())
        return text

    def kubeconfig(self, files, **fields):
        """Writes another kubeconfig than the usual one; returns its path."""
        path = os.path.join(files.directory, "another-kubeconfig")
        fields = {"token_file": files.token_file, "namespace": files.pod.namespace.name, **fields}
        write_kubeconfig(path, fields.pop("server", files.server.url), fields.pop("ca_file", files.ca_file), **fields)
        return path

    # Candidates

    def start(self, files, options=None, environment=None, access="in-cluster", lock="lock", expect="LEADERLIFE_OK",
              command=None, without=()):
        """A process in the pod of these files that campaigns. environment: changes, None takes away. command: of
        another candidate program than the usual one. without: options that it does not know."""
        given = files.environment() if access == "kubeconfig" else files.in_cluster_environment()
        given = {**base_environment(), "PATH": os.defpath, **given, **(environment or {})}
        given = {name: value for name, value in given.items() if value is not None}
        usual = PLAYED if access == "kubeconfig" else files.options()
        process = Candidate(files.pod.name, command or self._command, given, self.directory, self.observer)
        wanted = {"log-level": "debug", **usual, **(options or {})}
        process.do("new", lock=lock, options={name: value for name, value in wanted.items() if name not in without})
        process.do("start", expect=expect)
        return process

    # What candidates say

    def lines(self, process, kind):
        with self.observer.changed:
            return [line for who, line in self.observer.lines if who is process and line.get("event") == kind]

    def fails(self, process, status, *parts):
        """It ends as FAILED with that status; the event and the handle say why."""
        self.reaches(process, "failed")
        event = self.lines(process, "state")[-1]
        assert event["status"] == status, f"{event['status']}, not {status}: {event['text']}"
        text = process.ask("state")["error_text"]
        assert text == event["text"]
        _has(text, parts)
        return text

    def notices(self, process, status, *parts):
        """It tells people of that condition, with cause and cure."""
        def told():
            return [line["text"] for line in self.lines(process, "notice")
                    if line["status"] == status and all(part in line["text"] for part in parts)]
        try:
            return self.observer.wait(f"a notice {status} with {parts} of {process}", told)[0]
        except AssertionError as error:
            raise AssertionError(f"{error}; it said {self.lines(process, 'notice')}") from None

    def reaches(self, process, state):
        """Or fails as soon as it cannot be any more: there is no way back from those."""
        self.observer.wait(f"{process} {state}", lambda: process.state in (state, "leader", *_ENDS))
        assert process.state == state, f"{process} is {process.state}, not {state}"

    def leads(self, process):
        self.reaches(process, "leader")

    def stands_by(self, process, holder=None):
        self.reaches(process, "standby")
        self.observer.wait(f"{process} ready", lambda: process.is_ready())
        if holder is not None:
            self.observer.wait("the holder", lambda: process.do("state")["holder"] == holder)

    def stays(self, process, state, seconds=1.0):
        """In that state all the time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert process.state == state, f"{process} is {process.state}, not {state}"
            time.sleep(0.05)

    # Ending

    def finish(self):
        """All end without a word, nobody broke a rule, nobody told a secret."""
        for process in list(self.observer.processes):
            process.end()
        self.observer.check()
        for process, line in self.observer.lines:
            self._check_secrets(process, json.dumps(line))
        for process in self.observer.processes:
            self._check_secrets(process, process.stderr())

    def _check_secrets(self, process, text):
        for secret in self._secrets:
            assert secret not in text, f"{process} has told a secret: {text}"

    def abandon(self):
        for process in self.observer.processes:
            process.abandon()


def _has(text, parts):
    for part in parts:
        assert part in text, f"'{part}' is not in: {text}"


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, content):
    """Text; None: no file; a directory where content is a list."""
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.exists(path):
        os.remove(path)
    if isinstance(content, list):
        os.mkdir(path)
    elif content is not None:
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
    return path
