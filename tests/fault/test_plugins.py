# SPDX-License-Identifier: Apache-2.0
"""Credential plugins (exec) under an election: what runs them, how often, and
what becomes of the election while they fail or hang. The plugin is a shell
script that does what the test has written beside it."""

import datetime
import itertools
import json
import os
import time

import pytest

from apiserver import faults
from controlplane.components import PLUGIN_VERSION, write_kubeconfig
from scenarios.candidate import Candidate
from scenarios.observer import Observer
from scenarios.places import base_environment

LOCK = "lock"
GIVE = "exec cat answer"
_numbers = itertools.count(1)


class PluginElection:
    """One namespace, one endpoint, one plugin, and candidates that know no other way in."""

    def __init__(self, server, command, directory):
        self.server, self.command, self.directory = server, command, str(directory)
        self.observer = Observer()
        self.endpoint = server.endpoint()
        self.namespace = f"plugins-{next(_numbers)}"
        server.do("set_namespace", self.namespace)
        self.pod = server.do("create", "pods", self.namespace, {
            "metadata": {"name": "a"}, "spec": {"containers": [{"name": "main"}]},
            "status": {"phase": "Running", "containerStatuses": [{"name": "main", "state": {"running": {}}}]}})
        self.kubeconfig = os.path.join(self.directory, "config")
        self._write("plugin", '#!/bin/sh\ncd "${0%/*}" && echo >>runs && . ./behave\n')
        os.chmod(os.path.join(self.directory, "plugin"), 0o700)
        self.configure()
        self.answer(server.token)
        self.behave(GIVE)
        self.secrets = {server.token}

    def configure(self, **fields):
        write_kubeconfig(self.kubeconfig + ".new", self.endpoint.url, self.server.ca_file, plugin=fields,
                         namespace=self.namespace)
        os.rename(self.kubeconfig + ".new", self.kubeconfig)

    def _write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(path + ".new", path)

    def answer(self, token, lives=None):
        """What the plugin gives; lives: seconds."""
        given = {"token": token}
        if lives is not None:
            at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=lives)
            given["expirationTimestamp"] = at.isoformat(timespec="microseconds")
        self._write("answer", json.dumps({"kind": "ExecCredential", "apiVersion": PLUGIN_VERSION, "status": given}))

    def behave(self, script):
        self._write("behave", script + "\n")

    def rotate(self):
        """The server takes another token from now on, and the plugin gives that."""
        self.server.token = f"rotated-{next(_numbers)}-0123456789"
        self.secrets.add(self.server.token)
        self.answer(self.server.token)

    @property
    def runs(self):
        try:
            return os.path.getsize(os.path.join(self.directory, "runs"))
        except FileNotFoundError:
            return 0

    def start(self, wrapper=(), **options):
        environment = {"PATH": os.defpath, **base_environment(), "KUBECONFIG": self.kubeconfig}
        process = Candidate("a", [*wrapper, *self.command], environment, self.directory, self.observer)
        process.do("new", lock=LOCK, options={
            "backend": "kubernetes", "pod-name": "a", "pod-uid": self.pod["metadata"]["uid"], "log-level": "debug",
            **{name.replace("_", "-"): str(value) for name, value in options.items()}})
        process.do("start")
        return process

    def wait(self, what, true, seconds=60):
        return self.observer.wait(what, true, seconds)

    def leads(self, process):
        self.wait("leads", lambda: process.state in ("leader", "failed"))
        assert process.state == "leader", process.handle().last
        self.wait("the last watch is open", lambda: any(
            (seen.verb, seen.resource) == ("watch", "pods") for seen in self.endpoint.seen))

    def told(self, process, *parts):
        """A notice with these parts."""
        def seen():
            return [line["text"] for line in process.handle().notices if all(part in line["text"] for part in parts)]
        return self.wait(f"a notice with {parts}", seen)[0]

    def remove_lock(self):
        """Gives the leader something to ask for; true once it has put it back."""
        before = self.server.do("find", "configmaps", self.namespace, LOCK)["metadata"]["uid"]
        self.server.do("delete", "configmaps", self.namespace, LOCK)

        def back():
            found = self.server.do("find", "configmaps", self.namespace, LOCK)
            return found and found["metadata"]["uid"] != before
        return back

    def finish(self):
        for process, line in self.observer.lines:
            for secret in self.secrets:
                assert secret not in json.dumps(line), f"{process} has told a secret: {line}"
        self.observer.check()

    def close(self):
        for process in self.observer.processes:
            process.abandon()
        self.endpoint.close()
        self.server.do("forget_namespace", self.namespace)


@pytest.fixture
def plugin(server, candidate_program, tmp_path):
    made = PluginElection(server, candidate_program, tmp_path)
    try:
        with made.observer.telling():
            yield made
            made.finish()
    finally:
        made.close()


def children(process):
    """PIDs, zombies too."""
    path = f"/proc/{process.child.pid}/task/{process.child.pid}/children"
    with open(path, encoding="ascii") as file:
        return file.read().split()


def test_one_run_is_enough(plugin):
    process = plugin.start()
    plugin.leads(process)
    assert plugin.remove_lock()
    assert plugin.runs == 1
    assert not children(process)


def test_refused_credentials_are_fetched_anew(plugin):
    """Of all requests that the server refuses with the same credential, one has the plugin run."""
    process = plugin.start()
    plugin.leads(process)
    for runs in (2, 3):
        plugin.rotate()
        back = plugin.remove_lock()
        plugin.wait("the lock is back", back)
        assert plugin.runs == runs
    assert process.state == "leader"


def test_expired_credentials_are_not_sent(plugin):
    plugin.answer(plugin.server.token, lives=20)  # used for ten seconds of them
    process = plugin.start()
    plugin.leads(process)
    plugin.wait("its last watch", lambda: any("/leases?watch" in request.target for request in plugin.endpoint.seen))
    before = plugin.runs
    plugin.rotate()
    refusals = plugin.endpoint.add(faults.status(401), where=lambda request: (
        request.headers.get("authorization") != "Bearer " + plugin.server.token))
    time.sleep(10.5)
    plugin.wait("the lock is back", plugin.remove_lock())
    assert not refusals.hits
    assert plugin.runs == before + 1


class Patience:
    """How often a plugin may have been run that gives what has expired: once, and again after 10 s each time at
    least."""

    def __init__(self, plugin):
        self.plugin, self.began, self.before = plugin, time.monotonic(), plugin.runs

    def check(self):
        assert 1 <= self.plugin.runs - self.before <= 1 + (time.monotonic() - self.began) / 10


def test_a_clock_that_is_wrong(plugin):
    """What comes expired is used all the same, for the server may see it otherwise: one run serves a whole takeover."""
    plugin.answer(plugin.server.token, lives=-3600)
    other = plugin.server.do("create", "pods", plugin.namespace, {
        "metadata": {"name": "b"}, "spec": {"containers": [{"name": "main"}]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "main", "state": {"running": {}}}]}})
    plugin.server.do("create", "configmaps", plugin.namespace, {"metadata": {"name": LOCK, "ownerReferences": [
        {"apiVersion": "v1", "kind": "Pod", "name": "b", "uid": other["metadata"]["uid"]}]}})
    patience = Patience(plugin)
    process = plugin.start()
    plugin.wait("it follows", lambda: process.do("state")["holder"] == "b")
    plugin.server.do("delete", "pods", plugin.namespace, "b")
    plugin.leads(process)
    patience.check()
    assert process.do("counters")["requests"] > 8
    text = plugin.told(process, plugin.kubeconfig, "credential plugin", "has expired 36", "clock", "cache")
    assert [line["text"] for line in process.handle().notices].count(text) == 1


def test_a_stale_cache_is_asked_again_once_refused(plugin):
    """The server sees it as the plugin does: one run for each refusal, and none before."""
    good = plugin.server.token
    plugin.secrets.add("stale-0123456789")
    plugin.answer("stale-0123456789", lives=-60)
    refusals = plugin.endpoint.add(faults.status(401), count=0, where=lambda request: (
        request.headers.get("authorization") == "Bearer stale-0123456789"))
    process = plugin.start()
    plugin.told(process, "401")
    plugin.answer(good)
    plugin.leads(process)
    assert plugin.runs <= len(refusals.hits) + 1


def test_a_failing_plugin_is_run_again(plugin):
    plugin.behave("echo s3cret-1; exit 3")
    plugin.secrets.add("s3cret-1")
    process = plugin.start()
    plugin.told(process, plugin.kubeconfig, "credential plugin", "plugin ended with exit status 3", "run again")
    assert process.state == "starting"
    plugin.wait("more runs", lambda: plugin.runs > 3)
    assert not plugin.endpoint.seen  # nothing is sent without a credential
    plugin.behave(GIVE)
    plugin.leads(process)


@pytest.mark.parametrize("script, says", [
    ("while :; do echo s3cret-2; done", "more than 65536 bytes"), ("echo s3cret-2", "no ExecCredential"),
    ("sed s,io/v1,io/v1beta1, answer", "no ExecCredential of the apiVersion"), ("echo '{}'", "no ExecCredential"),
    ("kill -9 $$", "signal 9"),
], ids=["huge", "garbage", "another-version", "empty", "killed"])
def test_what_is_no_credential(plugin, script, says):
    plugin.behave(script)
    plugin.secrets.add("s3cret-2")
    process = plugin.start()
    plugin.told(process, "credential plugin", says)
    plugin.behave(GIVE)
    plugin.leads(process)


def test_a_hanging_plugin_is_stopped(plugin):
    plugin.behave("exec sleep 600")
    process = plugin.start(x_plugin_timeout_ms=700)
    before = process.do("counters")["wakeups"]
    plugin.told(process, "did not end in time")
    assert process.do("counters")["wakeups"] - before < 50
    plugin.behave(GIVE)
    plugin.leads(process)
    assert not children(process)


def test_a_watch_that_waits_costs_nothing(plugin):
    """It is refused, and the second run hangs: the leader leads, and sleeps."""
    plugin.behave("if [ $(wc -l <runs) -gt 1 ]; then exec sleep 600; fi; exec cat answer")
    refusal = plugin.endpoint.add(faults.status(401), verb="watch", resource="pods")
    process = plugin.start()
    plugin.wait("the second run", lambda: plugin.runs == 2)
    assert refusal.hits
    before = process.do("counters")["wakeups"]
    time.sleep(1)
    assert process.do("counters")["wakeups"] - before < 50
    assert process.state == "leader"
    assert plugin.runs == 2


def test_a_slow_plugin_is_waited_for(plugin):
    """No command waits for it as long as it takes, and its credential is used all the same, even if it comes between
    two of them."""
    plugin.behave("sleep 3; exec cat answer")
    process = plugin.start(x_request_timeout_ms=150)
    plugin.told(process, "has not given anything yet")
    before = process.do("counters")["wakeups"]
    plugin.leads(process)
    assert plugin.runs == 1
    assert process.do("counters")["wakeups"] - before < 100


def test_closing_does_not_wait_for_a_plugin(plugin):
    plugin.behave("exec sleep 600")
    process = plugin.start(x_request_timeout_ms=500)
    process.do("close")
    plugin.wait("closed", lambda: process.state == "closed", 10)
    plugin.wait("no child", lambda: not children(process), 10)


def test_free_leaves_nothing(plugin):
    plugin.behave("trap '' TERM; while :; do :; done")
    process = plugin.start()
    plugin.wait("it runs", lambda: plugin.runs == 1)
    assert children(process)
    began = time.monotonic()
    process.do("free")
    assert time.monotonic() - began < 5
    assert not children(process)


def test_an_outage_dethrones_nobody(plugin):
    process = plugin.start()
    plugin.leads(process)
    plugin.rotate()
    os.rename(os.path.join(plugin.directory, "plugin"), os.path.join(plugin.directory, "away"))
    back = plugin.remove_lock()
    plugin.told(process, "credential plugin", "No such file")
    time.sleep(2)
    assert process.state == "leader"
    os.rename(os.path.join(plugin.directory, "away"), os.path.join(plugin.directory, "plugin"))
    plugin.wait("the lock is back", back)
    assert process.state == "leader"


def test_a_plugin_that_is_not_there(plugin):
    plugin.configure(command="no-such-plugin", installHint="get it from the moon")
    process = plugin.start()
    plugin.wait("failed", lambda: process.state == "failed")
    assert process.handle().last["status"] == "LEADERLIFE_ECONFIG"
    assert "get it from the moon" in process.handle().last["text"]


def test_children_are_ignored_by_the_program(plugin):
    """SIGCHLD is ignored, so the kernel reaps: the output alone tells."""
    process = plugin.start(wrapper=["env", "--ignore-signal=CHLD"])
    plugin.leads(process)
    plugin.rotate()
    plugin.wait("the lock is back", plugin.remove_lock())
    assert plugin.runs == 2
