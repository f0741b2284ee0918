# SPDX-License-Identifier: Apache-2.0
"""examples/lua/haproxy.cfg: two HAProxy in master-worker mode, with two threads each, are the candidates for one
lock."""

import http.client
import os
import re
import signal

import pytest

from controlplane.process import wait_for

from .leader_poller import LeaderPoller
from .server import HANG_S, INSTALLED, MODULES, Haproxy, pair_of

RELOADS = 4
START = 'leaderlife.start(LOCK, { log_level = "info" })'


@pytest.fixture
def pair(haproxy):
    return pair_of(haproxy)


def test_one_leads_and_requests_are_routed_by_it(pair):
    leader, standby = pair
    assert leader.get("/leader")[0] == 200 and standby.get("/leader")[0] == 503
    holder = re.search(r"^leader: (pid \d+ \(haproxy\))$", standby.get("/leader")[1], re.MULTILINE)[1]
    assert f"leader: {holder}" in leader.get("/leader")[1]
    assert int(holder.split()[1]) in leader.workers(), "the worker takes part, not the master that has read the script"
    assert leader.get("/readyz") == (200, "leader") and standby.get("/readyz") == (200, "standby")
    assert leader.get("/") == (200, "worked") and standby.get("/") == (503, "another one leads")
    assert len(re.findall("^leaderlife: .*: starting$", leader.log(), re.MULTILINE)) == 1, "one process takes part"


def test_a_killed_worker_leaves_no_second_leader(pair):
    leader, standby = pair
    token = leader.token()
    with LeaderPoller(*pair):
        for worker in leader.workers():
            os.kill(worker, signal.SIGKILL)
        standby.wait_token(above=token)
        leader.ended()


def test_reloads_make_no_second_leader(pair):
    with LeaderPoller(*pair) as watch:
        for _ in range(RELOADS):
            leader = next(server for server in pair if server.token())
            token, before = leader.token(), leader.reload()
            wait_for("the next term", lambda: any((server.token() or 0) > token for server in pair), HANG_S)
            wait_for("a new worker alone", lambda: leader.workers() and not before & leader.workers(), HANG_S)
            leader.wait_taking_part()
    assert len({token for _, token in watch.read}) > RELOADS


def test_a_reload_of_a_standby_is_not_noticed(pair):
    leader, standby = pair
    token = leader.token()
    with LeaderPoller(*pair) as watch:
        before = standby.reload()
        wait_for("a new worker alone", lambda: standby.workers() and not before & standby.workers(), HANG_S)
        standby.wait_taking_part()
    assert watch.read == [(leader.name, token)]


def test_a_worker_that_is_stopped_but_still_serves_gives_back(haproxy):
    """A download that takes its time must not keep the lock."""
    leader = haproxy("leader", {"global\n": "global\n    hard-stop-after 120s\n    grace 100s\n"})
    token = leader.wait_token()
    standby = haproxy("standby")
    with LeaderPoller(leader, standby):
        old, = leader.workers()
        leader.signal(signal.SIGUSR1)
        standby.wait_token(above=token)
        assert old in leader.workers(), "it serves until the grace is over"
        assert leader.get("/leader")[0] == 503 and leader.get("/") == (503, "another one leads")
    leader.hear("': closed")


def test_a_task_that_has_died_is_believed_no_longer(haproxy):
    dying = """local msleep, left = core.msleep, 20
    core.msleep = function(ms)
      left = left - 1
      if left < 0 then error("died") end
      return msleep(ms)
    end
    """
    server = haproxy("dying", {}, {START: dying + START})
    server.wait_token()
    server.hear("died")
    wait_for("doubt", lambda: server.get("/leader")[0] == 503, HANG_S)
    assert "has not run lately" in server.get("/leader")[1]


def test_a_stop_hands_over(pair):
    leader, standby = pair
    token = leader.token()
    with LeaderPoller(*pair):
        leader.signal(signal.SIGUSR1)
        standby.wait_token(above=token)
        leader.ended()


def test_requests_on_all_threads_are_told_the_same(pair):
    """While the election is stepped by one of them."""
    leader, _ = pair
    connections = [http.client.HTTPConnection("127.0.0.1", leader.port, timeout=HANG_S) for _ in range(16)]
    heard = set()
    for _ in range(20):
        for connection in connections:
            connection.request("GET", "/leader")
        for connection in connections:
            answer = connection.getresponse()
            heard.add((answer.status, answer.read()))
    assert len(heard) == 1 and heard.pop()[0] == 200


def test_the_modules_may_be_found_by_the_environment(haproxy):
    lines = {f"lua-prepend-path {INSTALLED}/share/?.lua\n": "\n",
             f"lua-prepend-path {INSTALLED}/5.3/?.so cpath\n": "\n"}
    haproxy("environment", lines, environment={
        "LUA_PATH": f"{MODULES}/share/?.lua;;", "LUA_CPATH": f"{MODULES}/5.3/?.so;;"}).wait_token()


# What is wrong

def start(options, lock="LOCK"):
    return {START: f"leaderlife.start({lock}, {options})"}


@pytest.mark.parametrize("changes, script, text", [
    ({}, start("{ step = 0 }"), "option step must be more than 0 and at most 60 seconds, not 0"),
    ({}, start("{ step = {} }"), r"option step \(seconds\) must be a number, not a table"),
    ({}, start("{ dict = 'x' }"), "dict"),
    ({}, start("{ backend = 'nowhere' }"), "backend.*nowhere"),
    ({}, start("nil", '"Not A Name"'), "invalid lock name"),
    ({}, start("nil", "7"), "the lock's name must be a string, not a number"),
    ({}, {START: f"{START}\n{START}"}, "takes part in the election for .* already"),
    ({"lua-load haproxy.lua": "lua-load-per-thread haproxy.lua"}, {}, "use lua-load instead of lua-load-per-thread"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_wrong_keeps_it_from_starting(tmp_path, lock, changes, script, text):
    status, said = Haproxy("wrong", tmp_path, lock, changes, script).check()
    assert status == 1 and re.search(text, said), said
    assert f"{tmp_path.name}" in said or "haproxy.lua:" in said, "it points at the line"


def test_what_is_right_is_only_checked(tmp_path, lock):
    assert Haproxy("right", tmp_path, lock).check()[0] == 0


def test_an_election_that_fails_is_told_and_tried_again(haproxy):
    server = haproxy("failing", {}, start("{ backend = 'kubernetes', kubeconfig = 'absent' }"))
    server.hear("tries again: .*absent", count=2)
    status, text = server.get("/leader")
    assert status == 503 and "state: failed" in text and "absent" in text
    assert server.get("/readyz")[0] == 503
