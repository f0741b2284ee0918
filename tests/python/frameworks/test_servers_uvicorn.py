# SPDX-License-Identifier: Apache-2.0
"""uvicorn with three workers, each with a campaign in its lifespan."""

import signal
import time
import urllib.request

import pytest

from controlplane.process import wait_for

from .servers import FULL, HANG_S, WORKERS, changed_by, kill_leader, long_form, program


@pytest.fixture
def uvicorn(serve):
    """uvicorn(options, …). It gives up a restart whose new worker takes longer to begin; its 5 s are short on a busy
    machine."""
    def start(*options, workers=WORKERS):
        return serve([program("uvicorn"), "--workers", workers, "--port", "PORT",
                      "--timeout-worker-healthcheck", HANG_S, *options, "app:app"], "uvicorn")
    return start


@pytest.mark.parametrize("loop", ["asyncio", *(["uvloop"] if FULL else [])])
def test_one_of_the_workers_leads(uvicorn, gap, loop):
    server = uvicorn("--loop", loop)
    gap("uvicorn, --workers", kill_leader(server))
    changed_by(server, lambda: server.send(signal.SIGHUP))
    server.end_in_order()


@long_form
def test_workers_of_gunicorn(serve):
    server = serve([program("gunicorn"), "--workers", WORKERS, "--bind", "127.0.0.1:PORT", "--worker-tmp-dir", ".",
                    "--no-control-socket", "--worker-class", "uvicorn.workers.UvicornWorker", "app:app"], "uvicorn")
    kill_leader(server)
    changed_by(server, lambda: server.send(signal.SIGHUP))
    server.end_in_order()


@long_form
def test_workers_that_end_after_so_many_requests(uvicorn):
    server = uvicorn("--limit-max-requests", "3", workers=2)
    led = {server.lines.wait_all(2)[0][0]}

    def three_have_led():
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{server.port}/docs", timeout=HANG_S).read()
        except OSError:
            time.sleep(0.05)
        led.update(line[1] for line in server.lines.check())
        return len(led) >= 3
    wait_for("three leaders", three_have_led, HANG_S)
    assert all(server.lines.ended_in_order(pid) for pid in led - {server.lines.wait_leader()[0]})
