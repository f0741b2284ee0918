# SPDX-License-Identifier: Apache-2.0
"""Instructions (callgrind) of the C library, with all that it calls, on the fake API server: figures that do not depend
on what else the machine does."""

import os
import re
import subprocess
import time

from apiserver.server import Server
from controlplane.keys import Authority

from .growth import MILLIONS
from .program import HANG_S, Program
from .subjects import PROGRAMS, release_environment

LIVING = {"phase": "Running", "containerStatuses": [{"name": "main", "state": {"running": {}}}]}
SPACE = "bench"
SETTLED_S = 0.5  # nothing more is done then; no measure


class Scene:
    """A namespace of the fake server in which the pod `leader` leads and `standby` is ours."""

    def __init__(self, server, directory):
        self.server, self.directory = server, directory
        self.endpoint = server.endpoint()
        server.do("set_namespace", SPACE)
        self.token_file = os.path.join(directory, "token")
        with open(self.token_file, "w", encoding="ascii") as file:
            file.write(server.token)
        self.uids = {name: self._pod(name) for name in ("leader", "standby")}
        owner = {"apiVersion": "v1", "kind": "Pod", "name": "leader", "uid": self.uids["leader"]}
        server.do("create", "leases", SPACE, {
            "metadata": {"name": "lock.leaderlife", "annotations": {
                "leaderlife.dev/holder-uid": owner["uid"], "leaderlife.dev/holder-nonce": "nonce",
                "leaderlife.dev/token": ""}},
            "spec": {"holderIdentity": "leader", "leaseTransitions": 1}})
        server.do("create", "configmaps", SPACE, {"metadata": {
            "name": "lock", "ownerReferences": [owner],
            "annotations": {"leaderlife.dev/guard": "record", "leaderlife.dev/holder-nonce": "nonce"}}})

    def _pod(self, name):
        pod = {"metadata": {"name": name}, "spec": {"containers": [{"name": "main"}]}, "status": LIVING}
        return self.server.do("create", "pods", SPACE, pod)["metadata"]["uid"]

    def options(self):
        return ["backend=kubernetes", f"namespace={SPACE}", "pod-name=standby", f"pod-uid={self.uids['standby']}",
                f"server={self.endpoint.url}", f"ca-file={self.server.ca_file}", f"token-file={self.token_file}",
                "pod-network=any"]

    def close(self):
        self.endpoint.close()
        for kind, name in (("configmaps", "lock"), ("leases", "lock.leaderlife"), ("pods", "leader"),
                           ("pods", "standby")):
            if self.server.do("find", kind, SPACE, name):
                self.server.do("delete", kind, SPACE, name)


def _control(program, *what):
    subprocess.run(["callgrind_control", *what, str(program.pid)], check=True, stdout=subprocess.DEVNULL)


def count(server, directory, act):
    """Of a standby, while act(scene, program) happens; and from its start until then."""
    scene = Scene(server, directory)
    profile = os.path.join(directory, "callgrind.out")
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", PROGRAMS / "candidate", "lock", 1]
    program = Program("callgrind", [*command, *scene.options()], release_environment(), directory)
    try:
        program.wait("standby")
        time.sleep(SETTLED_S)
        _control(program, "--dump=start")
        act(scene, program)
        time.sleep(SETTLED_S)
        _control(program, "--dump=act")
    finally:
        program.stop()
        scene.close()
    return [_total(f"{profile}.{number}") for number in (1, 2)]


def _total(path):
    with open(path, encoding="utf-8") as file:
        return int(re.search(r"^(?:totals|summary): (\d+)", file.read(), re.MULTILINE)[1])


def take_over(scene, program):
    scene.server.do("delete", "pods", SPACE, "leader")
    program.wait("leader")


def idle(seconds):
    return lambda _scene, _program: time.sleep(seconds)


class Instructions:
    """keep(…): takes a row of numbers."""

    def __init__(self, _cluster, directory, sizes, keep):
        self.directory, self.sizes, self.keep = directory, sizes, keep

    def run(self):
        seconds = self.sizes["idle_instructions_s"]
        directory = os.path.join(self.directory, "instructions")
        os.makedirs(directory)
        with Server(Authority(os.path.join(directory, "ca"))) as server:
            began, took = count(server, directory, take_over)
            rows = {"start, until it stands by": began, "one takeover": took}
            if seconds:
                _, idled = count(server, directory, idle(seconds))
                rows["standing by, an hour (from so many seconds: " + str(seconds) + ")"] = idled * 3600 / seconds
        for name, value in rows.items():
            self.keep(subject=name, who="ours", numbers={MILLIONS: value / 1e6})
