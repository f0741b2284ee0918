# SPDX-License-Identifier: Apache-2.0
"""leaderlife doctor on this machine's lock."""

import json
import os
import socket
import subprocess

import pytest
from controlplane.process import wait_for

from .command import children_of
from .doctor import Report

BIND = """\
import socket, sys, time
taken = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
taken.bind("\\0" + sys.argv[1])
taken.listen(int(sys.argv[2])) if len(sys.argv) > 2 else None
print("bound", flush=True)
time.sleep(1000)
"""


@pytest.fixture
def examine(command, lock):
    def run(*words):
        ended = command.run("doctor", "-o", "json", *words, lock)
        assert ended.stderr == ""
        return Report(ended)
    return run


@pytest.fixture
def squat(lock):
    """Somebody binds the lock's name: squat(backlog or nothing, user=…)."""
    started = []

    def run(*words, **options):
        child = subprocess.Popen(["/usr/bin/python3", "-c", BIND, f"leaderlife/{os.geteuid()}/{lock}",
                                  *map(str, words)],
                                 stdout=subprocess.PIPE, **options)
        started.append(child)
        assert child.stdout.readline() == b"bound\n"
        return child
    yield run
    for child in started:
        child.kill()
        child.wait()
        child.stdout.close()


def test_free_and_then_taken(command, examine, lock):
    examine().has("ok", "OK", "lock: it is free")
    examine().has("ok", "OK", f"scope: user {os.geteuid()} (", "this network namespace; other users and containers")
    started = command.start("run", lock, "--", "sleep", "1000")
    started.wait_said("leading")  # the doctor has left nothing behind
    report = examine()
    report.has("ok", "OK", f"lock: pid {started.pid} (leaderlife) has it")
    assert not report.bad() and not examine("--observe").bad()
    wait_for("the program alone", lambda: len(children_of(started.pid)) == 1)


def test_a_lock_that_a_left_child_keeps(command, examine, lock):
    """In place, as with flock(1): the leader has ended, and what it started has not."""
    started = command.start("run", "--exec", lock, "--", "sh", "-c", "sleep 1000 & exit 0")
    assert started.wait() == 0
    examine().only("warning", "EBUSY", f"lock: pid {started.pid} (gone) took it", "(sleep); end it")


def test_a_name_that_nobody_listens_on(examine, squat):
    child = squat()
    examine().only("error", "EBLOCKED", "does not listen on the socket", "lsof -U names it", "use another lock name")
    child.kill()
    child.wait()
    assert not examine().bad()


def test_a_full_queue(examine, squat, lock):
    squat(0)
    waiters = []
    while True:
        waiter = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        waiters.append(waiter)
        try:
            waiter.connect(f"\0leaderlife/{os.geteuid()}/{lock}")
        except BlockingIOError:
            break
    examine().only("warning", "EBLOCKED", "queue of waiters is full", "raise net.core.somaxconn")
    for waiter in waiters:
        waiter.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may be another user, too")
def test_somebody_else_s_process(examine, squat):
    child = squat(5, user=65534)
    examine().only("error", "EBLOCKED", f"held by pid {child.pid}", "of user 65534", "use another lock name")


def test_misuse(command, lock):
    for words, said in ((["--timeout", "soon", lock], "it takes a time"), (["Not_A_Name"], "invalid lock name"),
                        (["--guard", "none", lock], "option 'guard'")):
        ended = command.run("doctor", *words)
        assert ended.returncode == 125 and ended.stdout == "" and said in ended.stderr


def test_the_object_is_one(command, lock):
    ended = command.run("doctor", "--output=json", lock)
    assert json.loads(ended.stdout)["lock"] == lock and ended.stdout.endswith("}\n")


def test_a_full_disk_is_no_success(command, lock):
    with open("/dev/full", "wb") as full:
        for words in ([], ["-o", "json"]):
            ended = subprocess.run([*command.program, "doctor", *words, lock], env=command.environment(), stdout=full,
                                   stderr=subprocess.PIPE, check=False)
            assert ended.returncode == 125 and b"full disk" in ended.stderr
