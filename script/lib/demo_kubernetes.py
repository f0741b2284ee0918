#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The show of `script/demo --kubernetes`: a real control plane and a real kubelet (over a runtime without containers),
four pods, a candidate process in each; the leader's pod is deleted, the next one is named, until one is left.

Usage: demo_kubernetes.py CANDIDATE..., where each CANDIDATE is an example `blocking`, compiled, in Python or in Lua, or
a program that the command leads, in shell."""
import itertools
import os
import queue
import re
import subprocess
import sys
import threading
import time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tests"))

from controlplane.cluster import Cluster  # noqa: E402
from controlplane.node import HollowNode  # noqa: E402
from controlplane.pods import PLAYED, Namespace  # noqa: E402

LOCK = "demo"
PATIENCE_S = 60
NAMES = ("operator-a", "operator-b", "operator-c", "operator-d")
COMMAND = os.path.join(ROOT, "build", "release", "bin", "leaderlife")
# The pods' containers are played by processes of this machine, which has no pod's address: so the option pod-network.
OPTIONS = [f"{name}={value}" for name, value in PLAYED.items()]
# The words of a candidate's command line, by its program's ending.
LANGUAGES = {
    ".py": ("Python", lambda program: [sys.executable, "-B", program, LOCK, *OPTIONS]),
    ".lua": ("Lua", lambda program: ["lua5.4", program, LOCK, *OPTIONS]),
    ".sh": ("shell",
            lambda program: [COMMAND, "run", "--quiet", *("--" + word for word in OPTIONS), LOCK, "--", program]),
    "": ("C", lambda program: [program, LOCK, *OPTIONS])}


def say(text):
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


class Member:
    """A pod, and the process that plays its container."""

    def __init__(self, program, pod, heard):
        self.pod = pod
        self.heard = heard
        language, words = LANGUAGES[os.path.splitext(program)[1]]
        self.name = f"{pod.name} ({language})"
        command = words(program)
        environment = {**os.environ, **pod.candidate().environment()}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stdout:
            if "became leader" in line:
                token = re.search(r"token (\S+)", line)
                self.heard.put((self, token.group(1) if token else "?", time.monotonic()))

    def end(self):
        self.process.kill()
        self.process.wait()


def next_leader(heard):
    try:
        return heard.get(timeout=PATIENCE_S)
    except queue.Empty:
        sys.exit(f"nobody became leader within {PATIENCE_S} s")


def holder(namespace):
    """What a person sees."""
    command = namespace.cluster.kubectl("--namespace", namespace.name, "get", "lease", f"{LOCK}.leaderlife",
                                        "--output", "jsonpath={.spec.holderIdentity}")
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def end_of_pod(member, died):
    """As the kubelet does: the process ends first, then the object goes."""
    member.end()
    died.append(time.monotonic())
    member.pod.delete()


def show(programs, cluster, node):
    namespace = Namespace(cluster, lock=LOCK, name="demo")
    heard = queue.Queue()
    members = [Member(program, namespace.pod(name, node=node, grace=1), heard)
               for name, program in zip(NAMES, itertools.cycle(programs))]
    everybody = list(members)
    say("four pods with minimal rights, a candidate in each, one lock: ConfigMap demo/demo")
    try:
        leader, token, _ = next_leader(heard)
        while True:
            say(f"{leader.name} leads, token {token}; kubectl get lease {LOCK}.leaderlife names {holder(namespace)}")
            members.remove(leader)
            if not members:
                break
            time.sleep(1)
            if not heard.empty():
                sys.exit("a second leader: this must never happen")
            died = []
            say(f"deleting pod {leader.pod.name} …")
            end_of_pod(leader, died)
            gone = leader
            leader, token, now = next_leader(heard)
            say(f"… its process ended, the kubelet confirmed it, the next took over: {now - died[0]:.2f} s")
            if gone.pod.object() is None:
                say(f"pod {gone.pod.name} is gone")
    finally:
        for member in everybody:
            member.end()
    say("done: one leader at any time")


def main():
    say("starting etcd, kube-apiserver, kube-controller-manager and a node …")
    with Cluster() as cluster, HollowNode(cluster) as node:
        show([os.path.abspath(path) for path in sys.argv[1:]], cluster, node)


if __name__ == "__main__":
    main()
