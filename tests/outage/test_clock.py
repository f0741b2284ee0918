# SPDX-License-Identifier: Apache-2.0
"""The wall clock of the candidates' machine steps by an hour, forwards and then
backwards (P3: no time is compared with anything, and all deadlines are on the
monotonic clock): nobody notices, and a hand-over is as always. wall_clock.c,
preloaded into the candidates, steps the clock while they run."""

import datetime
import os
import struct
import time

import pytest

from controlplane.fixtures import require
from controlplane.keys import Authority
from controlplane.proxy import Proxy
from scenarios.observer import now_ms

from .candidate_groups import make_group, fill, rest
from .costs import Meter, show

CANDIDATES = 4
QUIET = 3  # seconds
STEPS = [+3600, -3600]  # seconds from the true time
LONG_AGO = -10 * 86400
CLOSE = 600  # seconds; no measure, it only tells a stepped clock from one that is not


class Clock:
    """The wall clock of those who have its environment."""

    def __init__(self, library, path, seconds=0):
        self.environment = {"LD_PRELOAD": library, "WALL_CLOCK": str(path)}
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        self.step(seconds)

    def step(self, seconds):
        """So far from the true time from now on."""
        os.pwrite(self._file, struct.pack("q", seconds), 0)

    def close(self):
        os.close(self._file)

    def command(self, command):
        """A command line, run under this clock."""
        return ["env", *(f"{name}={value}" for name, value in self.environment.items()), *command]


@pytest.fixture
def library():
    path = os.path.join(os.environ.get("LEADERLIFE_BUILD", ""), "tests", "tests", "wall_clock.so")
    if not os.path.exists(path):
        require("outage", "LEADERLIFE_BUILD names no build folder with tests/tests/wall_clock.so (target wall_clock)")
    return os.path.abspath(path)


@pytest.fixture
def clock(library, tmp_path):
    made = Clock(library, tmp_path / "clock")
    yield made
    made.close()


@pytest.fixture
def old_proxy(cluster, library, tmp_path):
    """A way in whose certificate, and authority, are older than any step: TLS does look at the wall clock."""
    past = Clock(library, tmp_path / "past", LONG_AGO)
    past.close()
    authority = Authority(str(tmp_path / "old-ca"), "an old CA", past.environment)
    with Proxy(cluster, serving=authority.serving(), ca_file=authority.cert) as started:
        yield started


def test_the_clock_steps(candidates, candidate_program, clock, old_proxy, report):
    group = make_group(candidates, [clock.command(candidate_program)], "clock", old_proxy)
    fill(group, CANDIDATES)
    group.settle(1)
    for step in STEPS:
        rest(candidates.observer)
        clock.step(step)
        nobody_notices(group, f"the wall clock {step:+d} s off", report)
        group.pod_deleted(len(group.terms()) + 1)  # whoever comes for that begins under this clock
        assert abs(told_time(group) - step) < CLOSE, "the step has not reached the candidates"
        steady = group.leader().do("state")["ms"]
        assert abs(steady - now_ms()) < CLOSE * 1000, "the monotonic clock was stepped as well"


def nobody_notices(group, title, report):
    """No request, no event; for longer than a deadline that is on the wall clock by mistake would need."""
    leader, since = group.leader(), now_ms()
    meter = Meter({"clock": group})
    time.sleep(QUIET)
    spent = meter.stop()
    show(report, f"{title}, {QUIET} s", spent)
    assert group.leading() == [leader]
    events = [line for _, line in group.observer.lines if "event" in line and line["ms"] > since]
    assert not events
    for rows in spent.values():
        assert not any(row["requests"] or row["failures"] for row in rows), rows


def told_time(group):
    """When the present term began, by the leader's own clock: seconds from the true time."""
    told = datetime.datetime.fromisoformat(group.namespace.record_object()["spec"]["acquireTime"])
    return (told - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
