# SPDX-License-Identifier: Apache-2.0
"""The stores as a writer has them, all in one shape: write(token, text) through the fence, write_past(token, text)
without it, tokens() of what has been written, in its order. One writer has one of them."""

import contextlib
import sqlite3

import psycopg
import redis

from controlplane.client import ApiError
from leaderlife import fence

HANG_S = 60


class Sqlite:
    name = "sqlite"

    def __init__(self, path, lock):
        self.lock = lock
        self.connection = sqlite3.connect(path, timeout=HANG_S, isolation_level=None, check_same_thread=False)
        self.connection.execute("PRAGMA synchronous = OFF")

    @staticmethod
    def prepare(path, _lock):
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE work (number INTEGER PRIMARY KEY, token TEXT, text TEXT)")

    def write(self, token, text):
        with fence.sqlite(self.connection, self.lock, token):
            self.write_past(token, text)

    def write_past(self, token, text):
        self.connection.execute("INSERT INTO work (token, text) VALUES (?, ?)", (token, text))

    def tokens(self):
        return [token for token, in self.connection.execute("SELECT token FROM work ORDER BY number")]

    def close(self):
        self.connection.close()


class Postgresql:
    name = "postgresql"

    def __init__(self, address, lock):
        self.lock = lock
        self.connection = psycopg.connect(address, autocommit=True)

    @staticmethod
    def prepare(address, _lock):
        with psycopg.connect(address) as connection:
            connection.execute("DROP TABLE IF EXISTS work, leaderlife_fence")
            connection.execute("CREATE TABLE work (number bigserial PRIMARY KEY, token text, text text)")
            connection.execute(fence.POSTGRESQL_TABLE)

    def write(self, token, text):
        with fence.postgresql(self.connection, self.lock, token) as cursor:
            self._insert(cursor, token, text)

    def write_past(self, token, text):
        self._insert(self.connection, token, text)

    @staticmethod
    def _insert(target, token, text):
        target.execute("INSERT INTO work (token, text) VALUES (%s, %s)", (token, text))

    def tokens(self):
        return [token for token, in self.connection.execute("SELECT token FROM work ORDER BY number")]

    def close(self):
        self.connection.close()


class Redis:
    name = "redis"

    def __init__(self, url, lock):
        self.lock = lock
        self.client = redis.Redis.from_url(url, decode_responses=True)

    @staticmethod
    def prepare(url, _lock):
        with redis.Redis.from_url(url) as client:
            client.flushall()

    def write(self, token, text):
        fence.redis(self.client, self.lock, token).execute("RPUSH", "work", f"{token} {text}")

    def write_past(self, token, text):
        self.client.rpush("work", f"{token} {text}")

    def tokens(self):
        return [row.split()[0] for row in self.client.lrange("work", 0, -1)]

    def close(self):
        self.client.close()


class Kubernetes:
    """A ConfigMap, whose data has a row for each write. server: a controlplane.client.Client, or what behaves so;
    path: the object's."""

    name = "kubernetes"

    def __init__(self, address, lock):
        self.server, self.path = address
        self.lock = lock

    @staticmethod
    def prepare(address, _lock):
        server, path = address
        folder, name = path.rsplit("/", 1)
        server.create(folder, {"metadata": {"name": name}, "data": {"rows": ""}})

    def read(self, token):
        """The object as it is now, ready to be replaced."""
        found = self.server.get(self.path)
        fence.kubernetes(found, self.lock, token)
        return found

    def replace(self, found, token, text):
        self.server.replace(self.path, {**found, "data": {"rows": f"{found['data']['rows']}{token} {text}\n"}})

    def write(self, token, text):
        while True:
            with conflict_passed() as conflict:
                self.replace(self.read(token), token, text)
            if not conflict:
                return

    def write_past(self, token, text):
        """As one writes who does not look: the version goes, and with it the precondition."""
        found = self.server.get(self.path)
        found["metadata"].pop("resourceVersion")
        self.replace(found, token, text)

    def tokens(self):
        return [row.split()[0] for row in self.server.get(self.path)["data"]["rows"].splitlines()]

    def close(self):
        pass


@contextlib.contextmanager
def conflict_passed():
    """Gives a list, which is not empty if there was a conflict."""
    seen = []
    try:
        yield seen
    except ApiError as error:
        if error.code != 409:
            raise
        seen.append(error)


ALL = {kind.name: kind for kind in (Sqlite, Postgresql, Redis, Kubernetes)}
