# SPDX-License-Identifier: Apache-2.0
"""gunicorn with three workers: one leads, whatever becomes of workers and master."""

import http.client
import os
import re
import signal
from pathlib import Path

import pytest

from controlplane.process import wait_for

from .servers import FULL, HANG_S, WORKERS, changed_by, kill_leader, long_form, program

APP = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"served"]
"""


@pytest.fixture
def gunicorn(serve):
    """gunicorn(options, …)"""
    def start(*options, workers=WORKERS, **more):
        return serve([program("gunicorn"), "--workers", workers, "--bind", "127.0.0.1:PORT", "--worker-tmp-dir", ".",
                      "--no-control-socket", "--graceful-timeout", "20", *options, "app:app"], "gunicorn",
                     files={"app.py": APP, **more.pop("files", {})}, **more)
    return start


def ask(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=HANG_S)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


# The row of the page: options.
WAYS = {
    "gunicorn, sync": [],
    "gunicorn, gevent": ["--worker-class", "gevent"],
    "gunicorn, sync, --preload": ["--preload"],
    **({"gunicorn, gthread": ["--worker-class", "gthread", "--threads", "2"]} if FULL else {})}


@pytest.mark.parametrize("way", WAYS)
def test_one_of_the_workers_leads(gunicorn, gap, way):
    server = gunicorn(*WAYS[way])
    gap(way, kill_leader(server))
    if FULL or way != "gunicorn, gevent":  # it takes its time
        changed_by(server, lambda: server.send(signal.SIGHUP))
    server.lines.wait_all()  # a worker that is just starting does not hear gunicorn's SIGTERM
    assert ask(server) == b"served"
    server.end_in_order()


def test_workers_that_end_after_so_many_requests(gunicorn):
    server = gunicorn("--max-requests", "5", workers=2)
    led = {server.lines.wait_all(2)[0][0]}

    def three_have_led():
        ask(server)
        led.update(line[1] for line in server.lines.check())
        return len(led) >= 3
    wait_for("three leaders", three_have_led, HANG_S)
    assert all(server.lines.ended_in_order(pid) for pid in led - {server.lines.wait_leader()[0]})


def test_a_worker_that_is_told_to_end_gives_back_first(gunicorn):
    server = gunicorn()
    leader, _ = server.lines.wait_all()
    os.kill(leader[0], signal.SIGTERM)
    server.lines.wait_leader(without={leader[0]})
    assert server.lines.ended_in_order(leader[0])


@long_form
def test_reload_of_changed_code(gunicorn):
    server = gunicorn("--reload", "--reload-engine", "poll")
    changed_by(server, lambda: (server.folder / "app.py").write_text(APP + "\n", encoding="utf-8"))


@long_form
def test_a_worker_that_hangs_is_killed_and_followed(gunicorn):
    """By gunicorn, after its timeout. Its work goes on until then: nobody else works."""
    server = gunicorn("--timeout", "2", files={"app.py": APP.replace(
        "start_response(", "import time; time.sleep(999); start_response(", 1)}, workers=2)
    leader, others = server.lines.wait_all(2)
    for _ in range(2):  # one for each
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        connection.request("GET", "/")
    server.lines.wait_all(2, without={leader[0], *others})


EARLY = """
import leaderlife
from jobs import tell

early = {made}


def refused(call):
    try:
        call()
    except leaderlife.ForkError as error:
        tell("says", more=f"{{error.name}} {{error}} {{early.is_leader}}")


def app(environ, start_response):
    for call in {calls}:
        refused(call)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"served"]
"""


@pytest.mark.parametrize("made, calls", [
    ('leaderlife.become("my-lock")', "(early.process, early.become, early.start, early.resign)"),
    ('leaderlife.Campaign("my-lock", tell)', "(early.start, early.run)"),
], ids=["become", "Campaign"])
def test_what_was_made_before_the_fork_is_refused(gunicorn, made, calls):
    """With --preload the module is imported in the master."""
    server = gunicorn("--preload", "--config", "none.py",
                      files={"none.py": "", "app.py": EARLY.format(made=made, calls=calls)})
    wait_for("an answer", lambda: ask(server) == b"served", HANG_S)
    said = server.lines.said("LEADERLIFE_EFORKED")
    assert len(said) == calls.count("early."), server.lines.read()
    for *_, text in said:
        assert re.search("^LEADERLIFE_EFORKED the (election|campaign) belongs to the parent process: make one in this "
                         "process, after the fork .*post_worker_init.*@postfork.*worker_process_init.* False$",
                         text), text
    assert not server.lines.of_work()


def test_the_masters_lock_is_kept_by_its_workers(gunicorn, leaderlife, lock):
    """Until they have noticed that it is gone, and have ended. A standby says who keeps it."""
    app = EARLY.format(made='leaderlife.become("my-lock", on_lost=None)', calls="()")
    server = gunicorn("--preload", "--config", "none.py", "--timeout", "4", files={"none.py": "", "app.py": app})
    wait_for("an answer", lambda: ask(server) == b"served", HANG_S)
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children")
    workers = wait_for("the workers", lambda: len(found := children.read_text().split()) == WORKERS and found, HANG_S)

    with leaderlife.Election(lock, backend="local", logger=False) as standby:
        def names(text):
            standby.wait(0.02)
            return standby.holder and text in standby.holder
        standby.start()
        wait_for("the holder", lambda: names(f"pid {server.pid} (gunicorn)"), HANG_S)
        for pid in workers:  # they notice nothing yet
            os.kill(int(pid), signal.SIGSTOP)
        os.kill(server.pid, signal.SIGKILL)
        wait_for("who keeps it", lambda: names(f"pid {server.pid} (gone; a child of it still holds the lock)"), HANG_S)
        assert not standby.is_leader
        for pid in workers:
            os.kill(int(pid), signal.SIGCONT)
        standby.become(HANG_S)
