# SPDX-License-Identifier: Apache-2.0
"""The examples in Lua do what their first lines say: on the embedded lock in
every version, and with pods on the real control plane. They are short, and use
public names alone."""

import queue
import re
import signal
import subprocess
import threading

import pytest

from controlplane.pods import Namespace
from controlplane.process import _die_with_parent as die_with_parent
from scenarios.observer import HANG

from .script import ROOT, environment_of

EXAMPLES = ROOT / "examples" / "lua"
GIVES_BACK = ("luv_service", "cqueues_service")  # on SIGTERM; plain Lua cannot


class Example:
    """A running example; what it says comes line by line into a queue that several may share."""

    def __init__(self, name, version, lock, heard, *options, environment=None):
        self.name = name
        self.child = subprocess.Popen(
            [f"lua{version}", EXAMPLES / f"{name}.lua", lock, *options], text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, preexec_fn=die_with_parent,
            env={**environment_of(version), **(environment or {})})
        self.said = []
        threading.Thread(target=self._listen, args=(heard,), daemon=True).start()

    def _listen(self, heard):
        for line in self.child.stdout:
            self.said.append(line)
            heard.put((self, line))

    def terminate(self):
        self.child.send_signal(signal.SIGTERM)
        assert self.child.wait(HANG) == (0 if self.name in GIVES_BACK else -signal.SIGTERM), self.said


def next_leader(heard):
    """Whoever says next that it has become leader."""
    while True:
        try:
            example, line = heard.get(timeout=HANG)
        except queue.Empty:
            pytest.fail("nobody became leader")
        if "became leader, token " in line:
            return example


@pytest.fixture
def start(interpreter):  # noqa: ARG001
    started = []

    def start_one(*arguments, **more):
        started.append(Example(*arguments, **more))
        return started[-1]

    yield start_one
    for one in started:
        one.child.kill()
        one.child.wait()


@pytest.mark.parametrize("name", [*GIVES_BACK, "blocking"])
def test_on_the_embedded_lock(start, lock, version, name):
    heard = queue.Queue()
    everybody = {start(name, version, lock, heard) for _ in range(3)}
    first = next_leader(heard)
    first.terminate()
    second = next_leader(heard)
    second.child.kill()
    assert {first, second, next_leader(heard)} == everybody
    assert ("no longer leader" in "".join(first.said)) == (name in GIVES_BACK)


@pytest.mark.parametrize("name", [*GIVES_BACK, "blocking"])
@pytest.mark.parametrize("version", ["5.4", "jit"])
def test_in_pods(start, cluster, version, name):  # noqa: F811
    """The leader is told to end: it gives back while its pod goes on, if it can. The next one is killed, and its pod
    deleted."""
    heard, everybody = queue.Queue(), [name, *(other for other in (*GIVES_BACK, "blocking") if other != name)]
    namespace = Namespace(cluster, lock="lua-example")
    pods, leader = {}, None
    for number, each in enumerate(everybody):
        pod = namespace.pod(f"{number}-{each.replace('_', '-')}")
        pods[start(each, version, "lua-example", heard, environment=pod.candidate().environment())] = pod
        leader = leader or next_leader(heard)
    assert leader.name == name
    leader.terminate()
    if name not in GIVES_BACK:
        pods[leader].delete()
    second = next_leader(heard)
    second.child.kill()
    second.child.wait()
    pods[second].delete()
    third = next_leader(heard)
    assert {leader, second, third} == set(pods)


def test_a_wrong_call_says_how(interpreter, version):
    for name in (*GIVES_BACK, "blocking"):
        done = subprocess.run([interpreter, EXAMPLES / f"{name}.lua"], capture_output=True, text=True, timeout=HANG,
                              check=False, env=environment_of(version))
        assert done.returncode == 1 and f"usage: {name}.lua LOCK" in done.stderr


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.lua")), ids=lambda path: path.name)
def test_an_example_is_short_and_on_the_public_api(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith("-- SPDX-License-Identifier: Apache-2.0\n--\n") and text.count("\n") < 80
    assert set(re.findall(r'require\(? ?"(leaderlife[\w.]*)"', text)) <= {
        "leaderlife", "leaderlife.luv", "leaderlife.cqueues", "leaderlife.copas", "leaderlife.nginx",
        "leaderlife.haproxy"}
    assert not re.search(r"[.:]_[a-z]", text), "a private name"


def test_the_short_form_takes_options(start, lock, version):
    heard = queue.Queue()
    leader = start("blocking", version, lock, heard, "backend=local", "pod-network=any")
    assert next_leader(heard) is leader
    refused = start("blocking", version, lock, heard, "pod-network=host")
    assert refused.child.wait(HANG) == 1
