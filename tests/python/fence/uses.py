# SPDX-License-Identifier: Apache-2.0
"""How programs use leaderlife.fence, for the type checker alone."""

import sqlite3
from typing import Any

import leaderlife
import psycopg
import redis
from leaderlife import fence
from psycopg.rows import dict_row
from typing_extensions import assert_type


def sqlite(connection: sqlite3.Connection, leader: leaderlife.Election) -> None:
    with fence.sqlite(connection, leader.lock, leader.token, join=True) as same:
        assert_type(same, sqlite3.Connection)


def postgresql(leader: leaderlife.Election) -> None:
    with psycopg.connect() as connection, fence.postgresql(connection, "lock", leader.token) as cursor:
        assert_type(cursor, psycopg.Cursor[tuple[Any, ...]])
    with psycopg.connect(row_factory=dict_row) as rows, fence.postgresql(rows, "lock", leader.token) as other:
        assert_type(other, psycopg.Cursor[dict[str, Any]])


def of_redis(client: redis.Redis, cluster: redis.RedisCluster, token: str | None) -> None:
    assert_type(fence.redis(client, "lock", token), fence.RedisFence)
    fence.redis(client, "lock", token, key="fence").execute("SET", "key", b"value", "EX", 3)
    fence.redis(cluster, "lock", token).execute_all([("SET", "key", 1), ("INCRBYFLOAT", "key", 0.5)])


def kubernetes(found: dict[str, Any], token: str | None) -> None:
    assert_type(fence.kubernetes(found, fence.this_boot("lock"), token), dict[str, Any])


def refused(error: fence.StaleTokenError) -> tuple[str, str, str]:
    return error.lock, error.token, error.newest
