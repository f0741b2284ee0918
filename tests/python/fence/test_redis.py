# SPDX-License-Identifier: Apache-2.0
"""fence.redis() with commands of every kind, in a cluster, under access control, and across a restart."""

import contextlib
import signal

import leaderlife
import pytest
import redis
from leaderlife import fence

from . import servers


@pytest.fixture
def client(redis_server, package):
    with redis_server.connect(decode_responses=True) as made:
        made.flushall()
        yield made


def test_answers_are_those_of_the_server(client):
    fenced = fence.redis(client, "lock", "20")
    assert fenced.execute("SET", "key", "ä") == "OK"
    assert fenced.execute("GET", "key") == "ä"
    assert fenced.execute("GET", "absent") is None
    assert fenced.execute("INCRBY", "count", 7) == 7
    assert fenced.execute("HSET", "hash", "a", 1, "b", 2.5) == 2
    assert fenced.execute("HGETALL", "hash") == ["a", "1", "b", "2.5"]
    assert fenced.execute("XGROUP", "CREATE", "stream", "group", "$", "MKSTREAM") == "OK"


def test_words_are_never_a_part_of_the_script(redis_server, client):
    words = [b"\x00\xff\r\n", "']) redis.call('FLUSHALL') --".encode(), b""]
    with redis_server.connect() as plain:
        fenced = fence.redis(plain, "lock", "20")
        for word in words:
            assert fenced.execute("SET", "key", word) == b"OK"
            assert fenced.execute("GET", "key") == word
        with pytest.raises(fence.StaleTokenError, match="token 19 is older than 20"):
            fence.redis(plain, "lock", "19").execute("SET", "key", "old")


def test_many_commands_run_with_nobody_in_between(client):
    commands = [("RPUSH", "list", number) for number in range(2000)]
    assert fence.redis(client, "lock", "20").execute_all(commands) == list(range(1, 2001))
    with pytest.raises(fence.StaleTokenError):
        fence.redis(client, "lock", "19").execute_all(commands)
    assert client.llen("list") == 2000


def test_no_command_at_all_keeps_the_token(client):
    assert fence.redis(client, "lock", "20").execute_all([]) == []
    with pytest.raises(fence.StaleTokenError):
        fence.redis(client, "lock", "19").execute_all([])


def test_a_command_that_is_too_long_for_a_script_is_refused_before_anything_is_done(client):
    held = fence.redis(client, "long", "1")
    with pytest.raises(leaderlife.ConfigError, match="8002 words is too long"):
        held.execute_all([("INCR", "counted"), ("RPUSH", "list", *map(str, range(8000)))])
    assert client.get("counted") is None
    assert held.execute("RPUSH", "list", *map(str, range(6990))) == 6990


def test_a_command_that_fails_ends_the_script(client):
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        fence.redis(client, "lock", "20").execute_all([("SET", "a", 1), ("LPUSH", "a", 1), ("SET", "b", 1)])
    assert client.mget("a", "b") == ["1", None]
    with pytest.raises(fence.StaleTokenError):
        fence.redis(client, "lock", "19").execute("SET", "a", 2)


def test_the_key_of_the_fence(client):
    fenced = fence.redis(client, "lock", "20")
    assert fenced.key == "leaderlife:fence:{lock}"
    fenced.execute_all([])
    assert client.get(fenced.key) == "20" and client.ttl(fenced.key) == -1
    other = fence.redis(client, "lock", "19", key="another")
    assert other.execute("GET", "another") == "19"


def test_the_key_of_somebody_else_is_no_fence(client):
    client.rpush("leaderlife:fence:{lock}", "x")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        fence.redis(client, "lock", "20").execute("SET", "a", 1)
    assert client.get("a") is None


def test_rights(client, redis_server):
    """A user who may run scripts, and what the commands in them need."""
    client.execute_command("ACL", "SETUSER", "writer", "on", "nopass", "resetkeys", "~leaderlife:fence:*", "~work*",
                           "-@all", "+eval", "+get", "+set")
    with redis_server.connect(username="writer", password="any", decode_responses=True) as writer:
        assert fence.redis(writer, "lock", "20").execute("SET", "work", 1) == "OK"
        for words in (("SET", "elsewhere", 1), ("DEL", "work")):
            with pytest.raises(redis.ResponseError):
                fence.redis(writer, "lock", "20").execute(*words)
    assert client.mget("work", "elsewhere") == ["1", None]


def test_a_cluster(package):
    """Of one server, which has all slots."""
    with servers.redis_server(cluster=True) as server:
        with contextlib.closing(redis.RedisCluster("127.0.0.1", server.port, decode_responses=True)) as client:
            new = fence.redis(client, "lock", "20")
            assert new.execute_all([("SET", "work:{lock}", 1), ("INCR", "count:{lock}")]) == ["OK", 1]
            with pytest.raises(fence.StaleTokenError):
                fence.redis(client, "lock", "19").execute("SET", "work:{lock}", 2)
            assert client.get("work:{lock}") == "1"


def test_a_server_that_keeps_what_it_was_told_keeps_the_fence(package):
    """One that does not forgets the fence with all the rest."""
    for keep in (True, False):
        with servers.redis_server(keep=keep) as server, server.connect() as client:
            fence.redis(client, "lock", "20").execute("SET", "a", 1)
            server.process.stop(signal.SIGKILL)
            server.start()
            if keep:
                with pytest.raises(fence.StaleTokenError):
                    fence.redis(client, "lock", "19").execute("SET", "a", 2)
            else:
                fence.redis(client, "lock", "19").execute("SET", "a", 2)
            assert client.get("a") == (b"1" if keep else b"2")
