# SPDX-License-Identifier: Apache-2.0
"""celery with a real broker: one of the processes of a prefork pool leads, and one beat of several sends."""

import os
import re
import shutil
import signal
import subprocess
import time

import pytest

from controlplane.fixtures import require
from controlplane.process import Process, wait_for

from .servers import HANG_S, Lines, blocks, kill_leader, long_form, program, python

TASKS = blocks()["celery", "tasks.py"] + """

@app.task
def step():
    pass
"""
# beat tells of each task that it sends, as the leader's work does.
SENDS = """
from celery.signals import before_task_publish
from jobs import tell

leader = None
_become = leaderlife.become


def become(lock, **more):
    global leader
    leader = _become(lock, **more)
    tell("begins", leader.token)


leaderlife.become = become


@before_task_publish.connect
def sent(**_):
    tell("steps", leader.token if leader else 1)
"""


@pytest.fixture
def broker(tmp_path):
    """The URL of a Redis on a Unix socket."""
    found = shutil.which("redis-server")
    if not found:
        require("python_frameworks", "there is no redis-server here: install Debian's redis-server")
    socket = tmp_path / "redis.sock"
    redis = Process("redis", [found, "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no"],
                    str(tmp_path))
    redis.start()
    try:
        redis.wait_until("its socket", socket.exists, HANG_S)
        yield f"redis+socket://{socket}"
    finally:
        redis.stop()


@pytest.fixture
def worker(serve, broker):
    """worker(options, files): with three processes."""
    def start(*options, files=None):
        return serve([program("celery"), "--app", "tasks", "worker", "--concurrency", "3", "--loglevel", "INFO",
                      "--without-gossip", "--without-mingle", *options], "celery",
                     files={"tasks.py": TASKS, **(files or {})},
                     environment={"TEST_BROKER": broker, "C_FORCE_ROOT": "1"})
    return start


def send(server, count):
    code = f"import tasks\nfor _ in range({count}): tasks.step.delay()"
    subprocess.run([python(), "-c", code], env=server.environment, cwd=server.folder, check=True, timeout=HANG_S)


def test_one_process_of_the_pool_leads(worker, gap):
    server = worker()
    send(server, 1)  # before it has worked, celery gives up when a process of its pool is killed
    server.wait_until("it works", lambda: "succeeded" in server.log(), HANG_S)
    gap("celery, prefork", kill_leader(server))
    server.lines.wait_all()
    server.end_in_order()


@long_form
def test_processes_that_end_after_so_many_tasks(worker):
    server = worker("--max-tasks-per-child", "2")
    led = {server.lines.wait_all()[0][0]}

    def three_have_led():
        send(server, 6)
        led.update(line[1] for line in server.lines.check())
        return len(led) >= 3
    wait_for("three leaders", three_have_led, HANG_S)


def test_what_was_made_before_the_fork_is_refused(worker):
    """In the parent of the pool, when it imports its tasks."""
    server = worker(files={"tasks.py": TASKS.replace("campaign = None", """
from jobs import tell

campaign = leaderlife.Campaign("my-lock", work)
""").replace("    campaign = leaderlife.Campaign(", "    leaderlife.Campaign(")})
    def refusals():
        return re.findall(r"ForkError: (.*)", server.log()) or re.findall(r"raised: (ForkError.*)", server.log())
    wait_for("a refusal by each", lambda: len(refusals()) >= 3, HANG_S)
    assert all("worker_process_init" in text for text in refusals())
    assert not server.lines.of_work()


def test_one_beat_of_three_sends(serve, broker, gap, tmp_path):
    """Nothing is sent by two at a time, or by who does not lead."""
    shared = Lines(tmp_path / "lines-of-all")
    beats = {}
    for number in range(3):
        beat = serve([program("celery"), "--app", "beat", "beat", "--loglevel", "INFO"], "celery",
                     folder=f"beat{number}", files={"tasks.py": TASKS},
                     changes={"import leaderlife\nfrom celery.signals import beat_init\n":
                              "import leaderlife\nfrom celery.signals import beat_init\n" + SENDS},
                     environment={"TEST_BROKER": broker, "TEST_LINES": str(shared.path)})
        beats[beat.pid] = beat
    leader, _ = shared.wait_all()
    began = time.monotonic_ns()
    os.kill(leader[0], signal.SIGKILL)
    following = shared.wait_leader(without={leader[0]})
    gap("celery beat", (following[2] - began) / 1e6)
    beats[following[0]].send(signal.SIGTERM)
    beats[following[0]].child.wait(HANG_S)
    shared.wait_leader(without={leader[0], following[0]})
    shared.check()


def test_a_beat_that_cannot_take_part_ends(serve, broker):
    """celery would log the exception of its signal, and run beat without the lock."""
    beat = serve([program("celery"), "--app", "beat", "beat", "--loglevel", "INFO"], "celery", lock="Not A Name",
                 files={"tasks.py": TASKS}, environment={"TEST_BROKER": broker})
    assert beat.child.wait(HANG_S) == 70
    assert "ConfigError" in beat.log() and "Sending due task" not in beat.log()
