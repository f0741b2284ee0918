# SPDX-License-Identifier: Apache-2.0
"""What an idle standby costs: it waits beside all other tests, and is judged
after them. By the audit log it asks the API server for nothing but its watches."""

import os
import time

import pytest

from controlplane.report import REPORT

from .places import KubernetesPlace
from .player import Player
from .programs import PROGRAMS

SECONDS = 600 if os.environ.get("LEADERLIFE_FULL") else 150
SETTLED = 3  # seconds after which a start is over
# A connection may be made anew now and then (P18), with the three watches on it; never nearly as often as this.
WATCHES = 3
# No measure, only a guard against spinning: bookmarks wake a standby about twice a minute.
WAKEUPS_PER_MINUTE = 60

SCENARIO = {"name": "idle", "candidates": ["A", "B"], "steps": [
    {"start": "A"}, {"elected": {"of": ["A"]}}, {"start": "B"}, {"standby": "B"}]}


class Idle:
    """A leader and a standby that nobody disturbs."""

    def __init__(self, cluster, command):
        self.cluster = cluster
        self.place = KubernetesPlace(cluster, SCENARIO)
        self.player = Player(SCENARIO, self.place, command)

    def begin(self):
        self.player.run()
        time.sleep(SETTLED)
        self.mark = self.cluster.audit_mark()
        self.since = time.monotonic()
        self.before = self.counters()

    def counters(self):
        return {name: self.player.processes[name].do("counters") for name in "AB"}

    def spent(self):
        """{process: {counter: how much since the beginning}}."""
        now = self.counters()
        return {name: {counter: value - self.before[name][counter] for counter, value in now[name].items()
                       if isinstance(value, int)} for name in now}

    def requests(self, name):
        return [entry for entry in self.cluster.audit_since(self.mark, self.place.namespace.user)
                if entry.pod == name.lower()]

    def close(self):
        for process in self.player.observer.processes:
            process.abandon()
        self.place.close()


@pytest.fixture(params=PROGRAMS)
def program(request):
    return request.param


@pytest.fixture(scope="session")
def begun():
    """{program: Idle}. All wait at the same time, so this is no parametrized fixture, of which pytest keeps but one."""
    idles = {}
    yield idles
    for idle in idles.values():
        idle.close()


@pytest.fixture
def idle(quiet_cluster, begun, program, candidate_command):
    if program not in begun:
        begun[program] = Idle(quiet_cluster, candidate_command)
        begun[program].begin()
    return begun[program]


@pytest.mark.begins_first
def test_a_standby_begins_to_wait(idle):
    assert idle.player.processes["B"].state == "standby"


@pytest.mark.judged_last
def test_an_idle_standby_asks_for_nothing(idle, program, request):
    time.sleep(max(0, idle.since + SECONDS - time.monotonic()))
    seconds = time.monotonic() - idle.since
    spent = idle.spent()
    for name, role in (("A", "leader"), ("B", "standby")):
        request.config.stash[REPORT].append(
            f"idle {role} in {program}, {seconds:.0f} s: {spent[name]['requests']} requests, "
            f"{spent[name]['wakeups']} wake-ups with work, {spent[name]['loops']} turns of its loop")
    for name in "AB":
        seen = idle.requests(name)
        assert [entry for entry in seen if entry.verb != "watch"] == []
        assert len(seen) <= WATCHES, seen
        assert spent[name]["requests"] == len(seen)
        assert spent[name]["loops"] <= WAKEUPS_PER_MINUTE * seconds / 60
    assert idle.player.processes["B"].is_ready()
    assert idle.player.processes["A"].do("state")["is_leader"]
    for process in idle.player.observer.processes:
        process.end()
