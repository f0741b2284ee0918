# SPDX-License-Identifier: Apache-2.0
"""Observing this machine's lock: it says whose lock it is, and neither observers nor
candidates leave anything in the queue of its leader."""

import os
import signal

import pytest
from controlplane.process import wait_for

from .status import StatusWatch, parse

NOBODY = 65534
SOMEBODY_ELSE = pytest.mark.skipif(os.geteuid() != 0, reason="only root may be another user, too")
TIMES = 100


def name_of(lock, user=None):
    return f"@leaderlife/{os.geteuid() if user is None else user}/{lock}"


def queue(lock):
    """Connections that were made to whoever listens: they have its name, and no socket of a process."""
    with open("/proc/net/unix", encoding="utf-8") as sockets:
        lines = [line.split() for line in sockets]
    mine = [words for words in lines if len(words) == 8 and words[7] == name_of(lock)]
    assert len([words for words in mine if words[3] == "00010000"]) == 1, mine
    return len(mine) - 1


@pytest.fixture
def leader(command, lock):
    started = command.start("run", "-q", lock, "--", "sleep", "1000")
    wait_for("a leader", lambda: command.run("status", lock).returncode == 0)
    return started


def test_looks_leave_nothing(command, lock, leader):
    for _ in range(TIMES):
        assert command.run("status", lock).returncode == 0
        assert command.run("doctor", lock).returncode == 0
    assert queue(lock) == 0


def test_attempts_leave_nothing(command, lock, leader):
    def attempt(limit):
        ended = command.run("run", "--timeout", limit, lock, "--", "true")
        assert ended.returncode == 124 and f"pid {leader.pid} " in ended.stderr
    for _ in range(TIMES):
        attempt("0")
    assert queue(lock) == 0
    for _ in range(TIMES // 4):
        attempt("100ms")
    assert queue(lock) <= 3  # but for one that the machine has held up for a second


def test_a_watch_leaves_nothing(command, lock, leader):
    seen = StatusWatch(command, lock)
    seen.wait_terms(1)
    assert queue(lock) == 0
    leader.send(signal.SIGKILL)
    wait_for("nobody", lambda: seen.lines()[-1]["holder"] is None)


def test_who_stands_by_is_one(command, lock, leader):
    """And is told by that of the leader's end."""
    standby = command.start("run", lock, "--", "sleep", "1000")
    wait_for("its connection", lambda: queue(lock) == 1)
    leader.send(signal.SIGKILL)
    standby.wait_said("leading")
    assert queue(lock) == 0


@SOMEBODY_ELSE
def test_another_user_has_another_lock(command, lock, leader):
    """Its holder cannot be read as the user nobody."""
    seen = command.run("status", lock, user=NOBODY, group=NOBODY, extra_groups=[])
    if seen.returncode == 126 or "Permission denied" in seen.stderr:
        pytest.skip("the command is in a folder that other users may not enter")
    assert seen.returncode == 1
    assert f"scope     user {NOBODY} (nobody), this network namespace" in seen.stdout
    assert "leader    nobody holds it\n" in seen.stdout
    seen = command.run("status", "-o", "json", lock, user=NOBODY, group=NOBODY, extra_groups=[])
    assert parse(seen.stdout)["scope"].startswith(f"user {NOBODY} (nobody), ") and parse(seen.stdout)["holder"] is None


def test_another_network_namespace_has_another_lock(command, lock, leader):
    ended = command.start_words(["unshare", "--net", "--map-root-user", *command.program, "run", lock, "--", "true"])
    status = ended.wait()
    if "unshare" in ended.stderr():
        pytest.skip("no network namespace can be made here: " + ended.stderr())
    assert status == 0, ended.stderr()


def test_the_log_says_whose_it_is(command, lock):
    ended = command.run("run", "--log-level", "info", lock, "--", "true")
    assert f"lock '{lock}' is that of user {os.geteuid()} (" in ended.stderr
    assert "other users and containers have locks of their own" in ended.stderr


def test_a_name_that_is_no_user_s(command, lock):
    """Only its number is said."""
    if os.geteuid() != 0:
        pytest.skip("only root may be another user, too")
    seen = command.run("status", lock, user=4_000_000_000, group=NOBODY, extra_groups=[])
    if "Permission denied" in seen.stderr:
        pytest.skip("the command is in a folder that other users may not enter")
    assert "scope     user 4000000000, this network namespace" in seen.stdout


# ---- A leader that has left its lock to a child ----

@pytest.fixture
def left(command, lock):
    """In place, as with flock(1): the leader has ended, and what it started has not."""
    started = command.start("run", "--exec", lock, "--", "sh", "-c", "sleep 1000 & echo $!; exit 0")
    assert started.wait() == 0
    return started


def test_status_tells_of_a_left_child(command, lock, left):
    child = left.stdout().strip()
    seen = parse(command.run("status", "-o", "json", lock).stdout)
    assert seen["holder"]["name"] == f"pid {left.pid} (gone; a child of it still holds the lock)"
    assert [notice["status"] for notice in seen["notices"]] == ["LEADERLIFE_EBUSY"]
    assert f"pid {child} (sleep); end it" in seen["notices"][0]["text"]


def test_a_standby_is_told_of_a_left_child(command, lock, left):
    standby = command.start("run", lock, "--", "echo", "led")
    standby.wait_said(f"pid {left.pid} (gone) took it, and a process that it has started still holds")
    os.kill(int(left.stdout()), signal.SIGKILL)
    assert standby.wait() == 0 and standby.stdout() == "led\n"
    assert standby.stderr().count("took it") == 1


# ---- Time namespaces ----

@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make a time namespace")
def test_tokens_grow_across_time_namespaces(command, lock):
    """P11, by unshare(1): with its program in the place of its own, or as its child."""
    tell = ["run", "-q", lock, "--", "sh", "-c", "echo $LEADERLIFE_TOKEN"]
    tokens = []
    for shift, more in ((None, ()), ("-50", ()), (None, ()), ("100000", ()), (None, ()), ("100000", ("--fork",)),
                        ("-50", ("--fork",)), (None, ())):
        inside = ["unshare", "--time", "--boottime", shift, *more] if shift else []
        ended = command.start_words([*inside, *command.program, *tell])
        assert ended.wait() == 0, ended.stderr()
        tokens.append(int(ended.stdout()))
    assert tokens == sorted(set(tokens)), tokens
