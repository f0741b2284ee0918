# SPDX-License-Identifier: Apache-2.0
"""What elects on this machine, or on a server of its own instead of Kubernetes: leaderlife's embedded lock, and the
peers of that kind."""

import contextlib
import itertools
import os
import re
import sys
import time

from controlplane import components
from controlplane.process import Process, free_port

from .program import now_ms
from .subjects import CANDIDATES, LUAJIT, PEERS, PROGRAMS, PYTHON, PYTHON_MODULE, modules, release_environment

BUILD = PROGRAMS.parent


class LocalSubject:
    """await_standby: where it does not say that it waits, it gets a time in which it surely does."""

    who, words, settles_s, retries_s = "peer", None, 0.3, 0.0
    tells = True

    def __init__(self, name, command, more=None, **how):
        self.name, self._command, self._more = name, command, more or {}
        for attribute, value in how.items():
            setattr(self, attribute, value)

    def command(self, lock, number):
        return [str(part).format(lock=lock, number=number) for part in self._command]

    def environment(self):
        return {**release_environment(), **self._more}

    def await_standby(self, program):
        if self.tells:
            return program.wait("standby")
        time.sleep(1.0)
        return now_ms()


def ours():
    return [
        LocalSubject("leaderlife, C", [PROGRAMS / "candidate", "{lock}", 1, "backend=local"], who="ours"),
        LocalSubject("leaderlife, Python", [PYTHON, CANDIDATES / "candidate.py", "{lock}", "backend=local"],
                     PYTHON_MODULE, who="ours"),
        LocalSubject("leaderlife, LuaJIT", [LUAJIT, CANDIDATES / "candidate.lua", "{lock}", "backend=local"],
                     modules(), who="ours"),
        LocalSubject("leaderlife, command", [BUILD / "release" / "bin" / "leaderlife", "run", "--backend=local",
                                             "{lock}", "--", PROGRAMS / "say"], who="ours", tells=False),
    ]


def flock(directory):
    return LocalSubject("flock(1)", ["flock", os.path.join(directory, "{lock}.flock"), PROGRAMS / "say"], tells=False)


class Redbeat(LocalSubject):
    """Its lock has one name in each database: each fleet has a database of its own, of the 16 that there are."""

    def __init__(self, port, database):
        super().__init__("redbeat", [sys.executable, "-m", "celery", "-A", "redbeat_app", "beat", "-S",
                                     "redbeat.RedBeatScheduler", "-l", "DEBUG", "--max-interval", 5,
                                     "--pidfile="],
                         {"PYTHONPATH": str(PEERS), "REDIS": f"redis://127.0.0.1:{port}/{database}"},
                         words={"standby": r"beat: Acquiring lock", "leader": r"beat: Acquired lock"})


@contextlib.contextmanager
def redis(directory):
    """The port of a server that keeps nothing."""
    port = free_port()
    server = Process("redis", ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly",
                               "no"], directory)
    server.start()
    try:
        server.wait_until("ready", lambda: "Ready to accept connections" in server.log_tail())
        yield port
    finally:
        server.stop()


@contextlib.contextmanager
def etcd(binary, directory):
    """The URL of a server of its own."""
    port = free_port()
    server = Process("etcd-alone", components.etcd(
        binary, os.path.join(directory, "etcd-alone"), port, free_port()) + ["--logger", "zap"], directory)
    server.command[server.command.index("--log-level") + 1] = "info"
    server.start()
    try:
        server.wait_until("ready", lambda: re.search("ready to serve client requests", server.log_tail(100000)))
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop()


def etcdctl(url, verb):
    """`lock`, whose session lasts 10 s without a sign of life, and `elect`: 60 s. Each says its key when it has the
    lock."""
    more = ["{number}"] if verb == "elect" else []
    usual = [PROGRAMS / "etcdctl", "--endpoints", url, verb]
    return LocalSubject(f"etcdctl {verb}", [*usual, "{lock}", *more], words={"leader": "^bench-"}, tells=False)


def redis_lock(port):
    return LocalSubject("redis-py lock", [sys.executable, PEERS / "redis_lock.py", port, "{lock}"])


_databases = itertools.count()


def redbeat(port):
    return Redbeat(port, next(_databases) % 16)
