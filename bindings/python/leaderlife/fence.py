# SPDX-License-Identifier: Apache-2.0
"""Fencing: stores that refuse the writes of leaders of the past. A leader that was
frozen while another one was elected finishes what it had begun when it wakes, and
cannot know; the store can, if each write carries the token of its leader.

    from leaderlife import fence

    with fence.sqlite(connection, "my-operator", leader.token):          # sqlite3
        connection.execute(...)
    with fence.postgresql(connection, "my-operator", leader.token) as cursor:   # psycopg
        cursor.execute(...)
    fence.redis(client, "my-operator", leader.token).execute("SET", key, value)  # redis-py
    fence.kubernetes(found, "my-operator", leader.token)                 # then replace, or patch

The store keeps the newest token that it has seen for that name. In one step with
the write it refuses an older one, by StaleTokenError, lets the same one pass, and
keeps a newer one. It knows a new leader from that leader's first write on.

The name is the fence's and may be any text: one for each election that writes to
the store. It is the lock's, unless two elections with locks of that name write there.
The embedded lock's tokens begin anew with each boot of the machine: this_boot().
"""

from contextlib import contextmanager, suppress

from . import errors
from ._arguments import text as _text

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager
    from typing import Any, Protocol, TypeVar

    C = TypeVar("C", covariant=True)
    Word = str | bytes | int | float

    class PostgresqlConnection(Protocol[C]):
        """What is used of a psycopg.Connection."""

        @property
        def autocommit(self) -> bool: ...
        @property
        def info(self) -> Any: ...
        def cursor(self) -> C: ...
        def transaction(self) -> AbstractContextManager[Any]: ...

    class RedisClient(Protocol):
        """What is used of a redis.Redis or redis.RedisCluster."""

        def eval(self, script: str, numkeys: int, *keys_and_args: Any) -> Any: ...

__all__ = ["POSTGRESQL_TABLE", "RedisFence", "StaleTokenError", "kubernetes", "postgresql", "redis", "sqlite",
           "this_boot"]


class StaleTokenError(errors.LostError):
    """The store has refused a write, because it has seen a newer leader's: stop working. Nothing was written.

    lock     the name of the fence
    token    that of the write
    newest   the newest that the store has seen
    """

    def __init__(self, lock: str, token: str, newest: str) -> None:
        super().__init__(f"refused: token {token} is older than {newest}, the newest that the store has seen for "
                         f"{lock!r}: this process has been replaced as the leader and must stop its work (or the "
                         "machine has been booted since: see leaderlife.fence.this_boot)", errors.ELOST)
        self.args: "tuple[Any, ...]" = (lock, token, newest)  # by which it is pickled and copied
        self.lock = lock
        self.token = token
        self.newest = newest


def this_boot(lock: str) -> str:
    """A name for the fence of an embedded lock, whose tokens grow within one boot of the machine: "<lock>@<boot id>".
    Without it a store that outlives the boot refuses everything after it. For stores that this machine alone writes
    to."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return f"{_text('lock', lock)}@{file.read().strip()}"


def _checked(lock: str, token: "str | None") -> "tuple[str, str]":
    """The name, and the token without zeros in front: the longer one is the newer one, then bytes decide."""
    if not _text("lock", lock):
        raise errors.ConfigError("lock must not be empty", errors.EVALUE)
    if token is None:
        raise errors.LostError(f"there is no token to write to {lock!r} with: this process does not lead", errors.ELOST)
    if not (_text("token", token).isascii() and token.isdigit()):
        raise errors.ConfigError(f"token must be a decimal number, as an election gives it, not {token!r}",
                                 errors.EVALUE)
    return lock, token.lstrip("0") or "0"


def _decoded(value: "str | bytes") -> str:
    """What a store gives back, where its client may be set to give bytes."""
    return value if isinstance(value, str) else value.decode()


_OPEN_ALREADY = "the connection is in a transaction already: commit it first, or say join=True"
_ENDED_INSIDE = ("the transaction was ended inside the block, so what came after that was not fenced: leave it to the "
                 "block")
_NONE_OPEN = "there is no transaction to join, and this connection begins none by itself: begin one first"


# ---- SQLite ----

_SQLITE_TABLE = "CREATE TABLE IF NOT EXISTS main.leaderlife_fence (lock TEXT PRIMARY KEY NOT NULL, token TEXT NOT NULL)"
_SQLITE_MOVE = """\
INSERT INTO main.leaderlife_fence (lock, token) VALUES (?, ?) ON CONFLICT (lock) DO UPDATE SET token = excluded.token
  WHERE (length(leaderlife_fence.token), leaderlife_fence.token) < (length(excluded.token), excluded.token)"""


def _sqlite_move(cursor: "sqlite3.Cursor", lock: str, token: str) -> None:
    """Raises for an older one. The table is not made at first: a transaction that was opened as DEFERRED must begin by
    writing, or it fails where another one has written since."""
    try:
        cursor.execute(_SQLITE_MOVE, (lock, token))
    except Exception as error:
        if "no such table" not in str(error):
            raise
        cursor.execute(_SQLITE_TABLE)
        cursor.execute(_SQLITE_MOVE, (lock, token))
    newest, = cursor.execute("SELECT token FROM main.leaderlife_fence WHERE lock = ?", (lock,)).fetchone()
    if _decoded(newest) != token:
        raise StaleTokenError(lock, token, _decoded(newest))


def _sqlite_roll_back(cursor: "sqlite3.Cursor", join: bool) -> None:
    """To the beginning of the block; all that is open where that is unknown, since the block ended the transaction."""
    if join:
        with suppress(Exception):
            cursor.execute("ROLLBACK TO leaderlife_fence")
            cursor.execute("RELEASE leaderlife_fence")
            return
    # (With autocommit=True the methods do nothing.)
    cursor.connection.rollback() if _keeps_open(cursor.connection) else cursor.execute("ROLLBACK")


def _keeps_open(connection: "sqlite3.Connection") -> bool:
    """Whether the module sees to it that a transaction is always open, as it may from Python 3.12 on."""
    return getattr(connection, "autocommit", None) is False


@contextmanager
def sqlite(connection: "sqlite3.Connection", lock: str, token: "str | None", *,
           join: bool = False) -> "Iterator[sqlite3.Connection]":
    """A transaction of that connection, BEGIN IMMEDIATE, which is committed at the end of the block and rolled back by
    an exception; it makes the table leaderlife_fence in the main database if need be. In every mode of the module
    (isolation_level, autocommit). Do not end the transaction in the block, as executescript() and `with connection` do:
    StateError tells of it.

    join   the block becomes a savepoint of the transaction that is open (or that it opens, where the module would), and
           the caller commits. Else an open one is a StateError, but with autocommit=False, where there is always one.

    While it is open nobody else can write to that database file: do slow work before it."""
    lock, token = _checked(lock, token)
    if connection.in_transaction and not (join or _keeps_open(connection)):
        raise errors.StateError(_OPEN_ALREADY, errors.ESTATE)
    if join and not connection.in_transaction and (connection.isolation_level is None
                                                   or getattr(connection, "autocommit", None) is True):
        raise errors.StateError(_NONE_OPEN, errors.ESTATE)
    cursor = connection.cursor()
    cursor.row_factory = None
    begins = not connection.in_transaction
    if begins:
        cursor.execute("BEGIN IMMEDIATE")
    try:
        cursor.execute("SAVEPOINT leaderlife_fence")
        _sqlite_move(cursor, lock, token)
        yield connection
        try:
            cursor.execute("RELEASE leaderlife_fence")
        except Exception as error:
            raise errors.StateError(_ENDED_INSIDE, errors.ESTATE) from error
        if not join:
            connection.commit() if _keeps_open(connection) else cursor.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            _sqlite_roll_back(cursor, join and not begins)
        raise


# ---- PostgreSQL ----

POSTGRESQL_TABLE: str = "CREATE TABLE IF NOT EXISTS leaderlife_fence (lock text PRIMARY KEY, token numeric NOT NULL)"
"""The table that postgresql() needs: to be made once, by the role that owns the data. The role that writes needs
SELECT, INSERT and UPDATE on it."""

_POSTGRESQL_IDLE = """\
SELECT set_config(name, %s, true) FROM pg_settings
  WHERE name = 'idle_in_transaction_session_timeout' AND (setting::bigint = 0 OR setting::bigint > %s)"""
# The row stays locked until the end of the transaction, also by an update that changes nothing.
_POSTGRESQL_MOVE = """\
INSERT INTO leaderlife_fence AS fence (lock, token) VALUES (%s, %s::numeric)
  ON CONFLICT (lock) DO UPDATE SET token = excluded.token WHERE fence.token <= excluded.token RETURNING 1"""
_IDLE, _FAILED, _UNKNOWN = 0, 3, 4  # transaction_status
_UNDEFINED_TABLE = "42P01"
_NO_SAVEPOINT = ("25P01", "3B001")  # the transaction that it was made in has ended


@contextmanager
def postgresql(connection: "PostgresqlConnection[C]", lock: str, token: "str | None", *, join: bool = False,
               idle_timeout: "float | None" = 60.0) -> "Iterator[C]":
    """A transaction of that psycopg connection, with a cursor of it, at any isolation level. The row of the fence is
    locked until it ends, so writes by other leaders wait. The table must be there: POSTGRESQL_TABLE.

    join           the block becomes a savepoint of the transaction that is open (or that it opens, where psycopg
                   would), and the caller commits. Else an open one is a StateError. (Without autocommit psycopg begins
                   one with the first statement.)
    idle_timeout   seconds without a statement after which the server ends the session, so that a leader that is frozen
                   in the block does not keep the next one from writing; None leaves that to the server's settings"""
    lock, token = _checked(lock, token)
    status = connection.info.transaction_status
    if status == _FAILED:
        raise errors.StateError("the connection's transaction has failed: roll it back first", errors.ESTATE)
    if status not in (_IDLE, _UNKNOWN) and not join:  # unknown: it is closed or broken, as cursor() or execute() says
        raise errors.StateError(_OPEN_ALREADY, errors.ESTATE)
    if status == _IDLE and join and connection.autocommit:
        raise errors.StateError(_NONE_OPEN, errors.ESTATE)
    cursor: Any = connection.cursor()
    cursor.row_factory = lambda _: tuple  # whatever the connection's is
    if join:
        cursor.execute("SELECT 1")  # psycopg begins with a statement: what begins with the block would end with it
    with connection.transaction():
        if idle_timeout is not None:
            limit = max(1, round(idle_timeout * 1000))
            cursor.execute(_POSTGRESQL_IDLE, (str(limit), limit))
        try:
            cursor.execute(_POSTGRESQL_MOVE, (lock, token))
        except Exception as error:
            if getattr(error, "sqlstate", None) != _UNDEFINED_TABLE:
                raise
            raise errors.ConfigError("there is no table leaderlife_fence: make it once, by the statement "
                                     "leaderlife.fence.POSTGRESQL_TABLE", errors.EVALUE) from error
        if cursor.fetchone() is None:
            cursor.execute("SELECT token::text FROM leaderlife_fence WHERE lock = %s", (lock,))
            raise StaleTokenError(lock, token, *cursor.fetchone())
        try:
            with connection.transaction():
                yield connection.cursor()
        except Exception as error:
            if getattr(error, "sqlstate", None) in _NO_SAVEPOINT:
                raise errors.StateError(_ENDED_INSIDE, errors.ESTATE) from error
            raise


# ---- Redis ----

# Tokens are compared as texts of digits: a number of Lua is exact to 2^53 only. ARGV: the token, then for each command
# the count of its words, and these.
_REDIS_SCRIPT = """\
local token, newest = ARGV[1], redis.call('GET', KEYS[1])
if newest and (#newest > #token or #newest == #token and newest > token) then
  return {0, newest}
end
if newest ~= token then
  redis.call('SET', KEYS[1], token)
end
local answers, at = {}, 2
while at <= #ARGV do
  local last = at + tonumber(ARGV[at])
  answers[#answers + 1] = redis.call(unpack(ARGV, at + 1, last))
  at = last + 1
end
return {1, answers}"""


_REDIS_WORDS = 7000  # Lua's unpack() takes some 8000


class RedisFence:
    """Commands that the server runs in one script with the check of the token: redis() makes it.

    key   the name of the key that holds the newest token
    """

    def __init__(self, client: "RedisClient", lock: str, token: "str | None", key: "str | None" = None) -> None:
        self._client = client
        self._lock, self._token = _checked(lock, token)
        self.key: str = key or f"leaderlife:fence:{{{lock}}}"

    def execute(self, command: str, *arguments: "Word") -> "Any":
        """Runs one command, and returns its answer as the server gives it to a script (a list, not a dict)."""
        return self.execute_all([(command, *arguments)])[0]

    def execute_all(self, commands: "Iterable[tuple[Word, ...]]") -> "list[Any]":
        """Runs them one after the other, with nobody in between, and returns the answers. The first one that fails
        raises the client's error and ends it; what came before stays done, as everywhere in Redis. Each word of a
        command is a word of its own: ("XGROUP", "CREATE", ...). None at all only keep the token."""
        words: "list[Word]" = []
        for command in commands:
            if len(command) > _REDIS_WORDS:
                raise errors.ConfigError(f"a command of {len(command)} words is too long for a script of the server: "
                                         f"send at most {_REDIS_WORDS} in one, and the others in further ones",
                                         errors.EVALUE)
            words += (len(command), *command)
        passed, answer = self._client.eval(_REDIS_SCRIPT, 1, self.key, self._token, *words)
        if not passed:
            raise StaleTokenError(self._lock, self._token, _decoded(answer))
        return list(answer)


def redis(client: "RedisClient", lock: str, token: "str | None", *, key: "str | None" = None) -> RedisFence:
    """Commands through the fence, by a client of redis-py that blocks.

    key   the name of the key that holds the newest token, for good; else "leaderlife:fence:{<lock>}". In a cluster all
          keys of the commands must be in its slot, that is, have the same text in braces: "work:{<lock>}" """
    return RedisFence(client, lock, token, key)


# ---- Kubernetes ----

def kubernetes(resource: "Any", lock: str, token: "str | None") -> "dict[str, Any]":
    """Writes the token into the annotation fence.leaderlife.dev/<lock> of an object that was read from the API server:
    a dict, or a model of the official client (and of others that have metadata.annotations). Then replace it with that;
    its resourceVersion makes the API server answer 409 if anybody has written since, so that it is to be read, and
    fenced, again. For a merge patch in place of that: returns {"metadata": {"resourceVersion": ..., "annotations":
    ...}} to put into it.

    ConfigError for an object without resourceVersion, for which the server would not look."""
    lock, token = _checked(lock, token)
    name = "fence.leaderlife.dev/" + lock
    if isinstance(resource, dict):
        metadata: Any = resource.get("metadata") or {}
        version, annotations = metadata.get("resourceVersion"), metadata.get("annotations")
    else:
        metadata = resource.metadata
        version = getattr(metadata, "resource_version", None) or getattr(metadata, "resourceVersion", None)
        annotations = metadata.annotations
    if not version:
        raise errors.ConfigError("the object has no resourceVersion: read it from the API server first", errors.EVALUE)
    annotations = dict(annotations or {})
    newest = _checked(lock, annotations.get(name) or "0")[1]
    if (len(newest), newest) > (len(token), token):
        raise StaleTokenError(lock, token, newest)
    annotations[name] = token
    if isinstance(resource, dict):
        metadata["annotations"] = annotations
    else:
        metadata.annotations = annotations
    return {"metadata": {"resourceVersion": version, "annotations": {name: token}}}
