# SPDX-License-Identifier: Apache-2.0
"""What callers of leaderlife.fence may pass, what it raises, and that it needs no client to be imported."""

import copy
import pickle
import sqlite3
import subprocess
import sys
from pathlib import Path

import leaderlife
import pytest
from leaderlife import fence

HERE = Path(__file__).parent


class Untouched:
    """A client that nothing may be asked of."""

    def __getattr__(self, name):
        raise AssertionError(f"{name} was asked for")


def with_sqlite(lock, token):
    with fence.sqlite(Untouched(), lock, token):
        pass


def with_postgresql(lock, token):
    with fence.postgresql(Untouched(), lock, token):
        pass


def with_redis(lock, token):
    fence.redis(Untouched(), lock, token)


def with_kubernetes(lock, token):
    fence.kubernetes(Untouched(), lock, token)


HELPERS = [with_sqlite, with_postgresql, with_redis, with_kubernetes]


@pytest.mark.parametrize("helper", HELPERS)
def test_who_does_not_lead_has_no_token(helper, lock):
    with pytest.raises(leaderlife.LostError, match="this process does not lead"):
        helper("lock", leaderlife.Election(lock, backend="local").token)


@pytest.mark.parametrize("helper", HELPERS)
@pytest.mark.parametrize("token", ["", "x", "-1", "+1", "1.0", "1e3", " 1", "1\n", "١", "²"])
def test_what_is_no_token_is_refused_before_anything_is_asked(helper, token):
    with pytest.raises(leaderlife.ConfigError, match="decimal"):
        helper("lock", token)


@pytest.mark.parametrize("helper", HELPERS)
@pytest.mark.parametrize("lock, token, kind", [
    ("", "1", leaderlife.ConfigError), ("a\0b", "1", leaderlife.ConfigError), ("\ud800", "1", leaderlife.ConfigError),
    (None, "1", TypeError), (b"a", "1", TypeError), ("lock", 1, TypeError), ("lock", b"1", TypeError)])
def test_what_is_no_text_is_refused(helper, lock, token, kind):
    with pytest.raises(kind):
        helper(lock, token)


def test_the_error():
    error = fence.StaleTokenError("my-lock", "19", "20")
    assert isinstance(error, leaderlife.LostError) and error.name == "LEADERLIFE_ELOST" and error.fatal
    assert "token 19 is older than 20" in str(error) and "'my-lock'" in str(error) and "must stop" in str(error)
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert str(twin) == str(error) and (twin.lock, twin.token, twin.newest) == ("my-lock", "19", "20")


def test_tokens_of_a_real_election(lock, tmp_path):
    """One after the other on the embedded lock, as they come."""
    connection = sqlite3.connect(tmp_path / "work.db")
    name = fence.this_boot(lock)
    tokens = []
    for _ in range(2):
        with leaderlife.become(lock, on_lost=None, backend="local") as leader:
            tokens.append(leader.token)
            with fence.sqlite(connection, name, leader.token):
                pass
    with pytest.raises(fence.StaleTokenError) as caught:
        with fence.sqlite(connection, name, tokens[0]):
            pass
    assert [caught.value.token, caught.value.newest] == tokens
    connection.close()


def test_the_name_of_a_boot():
    name, _, boot = fence.this_boot("my-lock").partition("@")
    assert name == "my-lock" and boot == Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def test_importing_it_needs_no_client(package):
    code = ("import sys; from leaderlife import fence; "
            "print(*{'sqlite3', 'psycopg', 'redis', 'kubernetes', 'typing'} & set(sys.modules))")
    done = subprocess.run([sys.executable, "-S", "-c", code], env={"PYTHONPATH": str(package)}, check=True,
                          capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("name", fence.__all__)
def test_a_public_name_has_a_text(name):
    thing = getattr(fence, name)
    assert isinstance(thing, str) or thing.__doc__


def test_the_types_take_the_real_clients(package, tools_python, tmp_path):
    """mypy --strict, with psycopg and redis-py installed."""
    done = subprocess.run([tools_python, "-m", "mypy", "--strict", "--python-executable", sys.executable, "--cache-dir",
                           tmp_path, HERE / "uses.py"], env={"MYPYPATH": str(package)}, cwd=tmp_path, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    assert done.returncode == 0, done.stdout
