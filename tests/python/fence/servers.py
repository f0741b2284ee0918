# SPDX-License-Identifier: Apache-2.0
"""Debian's PostgreSQL and Redis, each with a folder of its own, on a socket in it; stopped by their pid."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg
import redis

from controlplane.fixtures import require
from controlplane.process import Process, free_port, wait_for

HANG_S = 60


@contextlib.contextmanager
def folder(owner=None):
    """Outside pytest's own, which no other user may enter, and with a short name: those of sockets are limited."""
    made = Path(tempfile.mkdtemp(prefix="leaderlife-fence-"))
    try:
        if owner is not None:
            os.chown(made, owner.pw_uid, owner.pw_gid)
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def answers(ask, *errors):
    """Whether it does not raise one of these."""
    try:
        ask()
    except errors:
        return False
    return True


class Postgresql:
    """A cluster of databases; `address` is for psycopg.connect(). PostgreSQL refuses to run as root."""

    def __init__(self, directory, owner):
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        if not programs:
            require("postgresql", "there is no /usr/lib/postgresql: apt install postgresql")
        self.directory = directory
        self._as_owner = [] if owner is None else [
            "setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups", "--pdeathsig=INT"]
        self._programs = programs[-1]
        self.address = f"host={directory} user=postgres dbname=postgres"

    def environment(self, user="postgres"):
        """By which psycopg.connect() finds it."""
        return {"PGHOST": str(self.directory), "PGUSER": user, "PGDATABASE": "postgres"}

    @contextlib.contextmanager
    def running(self):
        data = self.directory / "data"
        subprocess.run([*self._as_owner, self._programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E",
                        "UTF8", "--locale=C", "--no-sync", "--no-instructions"], check=True, cwd=self.directory,
                       stdout=subprocess.DEVNULL, timeout=HANG_S)
        server = Process("postgresql", [*self._as_owner, self._programs / "postgres", "-D", data, "-k", self.directory,
                                        "-c", "listen_addresses=", "-c", "fsync=off"], str(self.directory))
        server.start()
        try:
            server.wait_until("it answers", lambda: answers(lambda: self.connect().close(), psycopg.OperationalError))
            yield self
        finally:
            server.stop(signal.SIGINT)  # which ends its children too

    def connect(self, **options):
        return psycopg.connect(self.address, **{"autocommit": True, **options})


@contextlib.contextmanager
def postgresql():
    owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    with folder(owner) as directory, Postgresql(directory, owner).running() as server:
        yield server


class Redis:
    """One server; `url` is for redis.Redis.from_url(). cluster: it is a cluster of its own, with all slots."""

    def __init__(self, directory, cluster=False, keep=False):
        if shutil.which("redis-server") is None:
            require("redis", "there is no redis-server: apt install redis-server")
        command = ["redis-server", "--unixsocket", directory / "redis", "--dir", directory, "--save", ""]
        self.url = f"unix://{directory}/redis"
        self.port = free_port() if cluster else 0
        command += ["--bind", "127.0.0.1", "--port", str(self.port)]
        if cluster:
            command += ["--cluster-enabled", "yes", "--cluster-port", str(free_port())]
        if keep:
            command += ["--appendonly", "yes", "--appendfsync", "always"]
        self.process = Process("redis", command, str(directory))

    def start(self):
        self.process.start()
        self.process.wait_until("it answers", lambda: answers(self._ping, redis.ConnectionError))

    def _ping(self):
        with self.connect() as client:
            client.ping()

    def connect(self, **options):
        return redis.Redis.from_url(self.url, **options)


@contextlib.contextmanager
def redis_server(cluster=False, keep=False):
    with folder() as directory:
        server = Redis(directory, cluster, keep)
        try:
            server.start()
            if cluster:
                with server.connect() as client:
                    client.execute_command("CLUSTER ADDSLOTSRANGE", 0, 16383)
                    wait_for("the cluster", lambda: b"cluster_state:ok" in client.execute_command("CLUSTER", "INFO",
                             NEVER_DECODE=True), HANG_S)
            yield server
        finally:
            server.process.stop(signal.SIGTERM)
