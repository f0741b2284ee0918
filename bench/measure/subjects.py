# SPDX-License-Identifier: Apache-2.0
"""What is measured, each as its users start it: leaderlife in each language, the floor, and the peers. A subject gives
the command line of one process in a pod."""

import os

from controlplane.pods import rights
from controlplane.process import wait_for
from scenarios.places import base_environment

from . import ROOT
from .program import HANG_S, now_ms

BUILD = ROOT / "build"
PROGRAMS = BUILD / "bench"
PEERS = ROOT / "bench" / "peers"
CANDIDATES = ROOT / "bench" / "candidates"
PYTHON = "/usr/bin/python3"
LUAJIT = "luajit"
ALL = ["get", "list", "watch", "create", "update", "patch", "delete"]


def peers_rights(_lock):
    """Of all peers, which is more than each needs."""
    return [("", "configmaps", None, ALL), ("", "pods", None, ["get"]), ("coordination.k8s.io", "leases", None, ALL),
            ("", "events", None, ["create"])]


def environment(files):
    """Of a container in that pod."""
    return {**base_environment(), "PATH": os.environ["PATH"], **files.in_cluster_environment()}


def release_environment():
    """Of a program that uses the library as users get it."""
    return {**base_environment(), "PATH": os.environ["PATH"], "LD_LIBRARY_PATH": str(BUILD / "release")}


class Subject:
    """who: `ours`, `floor` or `peer`."""

    who, rights, words = "peer", staticmethod(peers_rights), None
    tells_when = True  # since when it stands by
    settles_s = 0.3  # until a standby has nothing more to do; no measure
    retries_s = 0.0  # so long after its start a standby asks as seldom as it ever will

    def __init__(self, name):
        self.name = name

    def environment(self, files):
        return {**base_environment(), "PATH": os.environ["PATH"], **files.environment()}

    @property
    def resigns(self):
        """Whether SIGTERM makes it give back."""
        return True

    def prepare(self, space):
        """Makes what it needs in its namespace."""

    def await_standby(self, program, _files):
        """Returns since when it stands by."""
        return program.wait("standby")


class Ours(Subject):
    who, rights = "ours", staticmethod(rights)

    def __init__(self, name, command, more=None):
        super().__init__(name)
        self._command, self._more = command, more or {}

    @property
    def resigns(self):
        return self._command[0] != LUAJIT  # Lua has no signals

    def environment(self, files):
        return {**environment(files), "LD_LIBRARY_PATH": str(BUILD / "release"), **self._more}

    def command(self, files, lock, **_):
        options = [f"{name}={value}" for name, value in files.options().items()]
        return [*self._command, lock, *options]


class InC(Ours):
    def __init__(self):
        super().__init__("leaderlife, C", [PROGRAMS / "candidate"])

    def command(self, files, lock, count=1, **_):
        return [*self._command, lock, count, *(f"{name}={value}" for name, value in files.options().items())]


class Command(Ours):
    """`leaderlife run`, whose program says that it leads. It stands by when its file of readiness is there."""

    def __init__(self):
        super().__init__("leaderlife, command", [BUILD / "release" / "bin" / "leaderlife"])

    def command(self, files, lock, **_):
        options = [f"--{name}={value}" for name, value in files.options().items() if not name.startswith("x-")]
        return [*self._command, "run", "--ready-file", os.path.join(files.directory, "ready"),
                f"--kubeconfig={files.kubeconfig}", *options, lock, "--", PROGRAMS / "say"]

    def environment(self, files):
        given = super().environment(files)
        return {name: value for name, value in given.items() if not name.startswith("KUBERNETES_")}

    def await_standby(self, program, files):
        ready = os.path.join(files.directory, "ready")
        wait_for("the file of readiness", lambda: os.path.exists(ready), HANG_S, interval=0.001)
        return now_ms()


class Floor(Subject):
    who, rights = "floor", staticmethod(rights)

    def __init__(self, mode="pod"):
        super().__init__("floor")
        self._mode = mode

    def environment(self, files):
        return environment(files)

    def command(self, files, lock, mode=None, holder="-", **_):
        return [PROGRAMS / "floor", files.directory, lock, mode or self._mode, holder]


def modules():
    """Where the Lua modules are."""
    return {"LUA_PATH": f"{BUILD}/lua/lua/share/?.lua;;", "LUA_CPATH": f"{BUILD}/lua/lua/jit/?.so;;"}


PYTHON_MODULE = {"PYTHONPATH": str(BUILD / "python" / "python")}


def ours():
    return {
        "c": InC(),
        "python": Ours("leaderlife, Python", [PYTHON, CANDIDATES / "candidate.py"], PYTHON_MODULE),
        "luajit": Ours("leaderlife, LuaJIT", [LUAJIT, CANDIDATES / "candidate.lua"], modules()),
        "command": Command(),
    }
