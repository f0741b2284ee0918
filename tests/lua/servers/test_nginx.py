# SPDX-License-Identifier: Apache-2.0
"""examples/lua/nginx.conf: two nginx with three workers each are the candidates for one lock."""

import concurrent.futures
import os
import signal
import time

import pytest

from controlplane.process import wait_for

from .leader_poller import LeaderPoller
from .server import HANG_S, INSTALLED, MODULES, Nginx, pair_of

RELOADS = 4
WORKERS = 3


@pytest.fixture
def pair(nginx):
    return pair_of(nginx)


def answers(server):
    """By worker, until each has answered."""
    heard = {}

    def ask():
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            for answer in filter(None, pool.map(lambda _: server.who(), range(48))):
                heard[answer.pop("answered_by")] = answer
        return len(heard) == WORKERS

    wait_for("an answer of each worker", ask, HANG_S)
    return list(heard.values())


def test_one_leads_and_all_its_workers_say_so(pair):
    for server, is_leader in zip(pair, (True, False), strict=True):
        heard = answers(server)
        assert all(answer == heard[0] for answer in heard)
        assert ("is_leader" in heard[0]) is is_leader
        assert "is_ready" in heard[0] and heard[0]["backend"] == "local" and int(heard[0]["pid"]) in server.workers()
        assert heard[0]["holder"] == f"pid {pair[0].worker_0()} (nginx)", "both name the one that leads"
    assert pair[0].get("/readyz") == (200, "leader") and pair[1].get("/readyz") == (200, "standby")
    assert pair[0].get("/leader-only/") == (200, "worked") and pair[1].get("/leader-only/")[0] == 503
    assert pair[1].get("/leader")[0] == 503


def test_one_worker_of_each_takes_part(pair):
    for server in pair:
        assert server.log().count("': starting, context: ngx.timer") == 1
        assert server.log().count("': standby, context: ngx.timer") == 1


def test_a_leader_is_believed_without_a_break(pair):
    """Longer than a status counts that nobody renews."""
    with LeaderPoller(*pair) as watch:
        time.sleep(5)
    assert watch.heard == {"first": [pair[0].token()], "second": [None]}


def test_killed_workers_leave_no_second_leader(pair):
    with LeaderPoller(*pair):
        for _ in range(3):
            leader = next(server for server in pair if server.token())
            token, killed = leader.token(), leader.worker_0()
            os.kill(killed, signal.SIGKILL)
            wait_for("the next term", lambda: any((server.token() or 0) > token for server in pair), HANG_S)
            wait_for("another worker 0", lambda: leader.worker_0() != killed, HANG_S)
            leader.wait_taking_part()


def test_a_killed_worker_is_not_believed_before_it_is_reaped(pair):
    leader, standby = pair
    token, killed = leader.token(), leader.worker_0()
    with LeaderPoller(*pair):
        os.kill(leader.pid, signal.SIGSTOP)
        try:
            os.kill(killed, signal.SIGKILL)
            standby.wait_token(above=token)
            wait_for("its word", lambda: f"pid {killed}, has ended" in (leader.get("/leader", 2) or (0, ""))[1], HANG_S)
        finally:
            os.kill(leader.pid, signal.SIGCONT)


def test_a_worker_that_hangs_is_believed_no_longer(pair):
    """But it keeps the lock: nobody else leads."""
    leader, standby = pair
    hung = leader.worker_0()
    with LeaderPoller(*pair) as watch:
        os.kill(hung, signal.SIGSTOP)
        try:
            wait_for("doubt", lambda: (leader.get("/leader", 2) or (0,))[0] == 503, HANG_S)
            assert "nothing is known" in leader.get("/leader")[1]
            assert standby.token() is None
        finally:
            os.kill(hung, signal.SIGCONT)
        leader.wait_token()
    assert {name for name, _ in watch.read} == {leader.name}


def test_reloads_make_no_second_leader(pair):
    with LeaderPoller(*pair) as watch:
        for _ in range(RELOADS):
            leader = next(server for server in pair if server.token())
            token, before = leader.token(), leader.reload()
            wait_for("the next term", lambda: any((server.token() or 0) > token for server in pair), HANG_S)
            wait_for("new workers alone", lambda: not before & leader.workers() and len(leader.workers()) == WORKERS,
                     HANG_S)
            leader.wait_taking_part()
    assert len({token for _, token in watch.read}) > RELOADS


def test_a_reload_of_a_standby_is_not_noticed(pair):
    leader, standby = pair
    token, before = leader.token(), standby.workers()
    with LeaderPoller(*pair) as watch:
        standby.reload()
        wait_for("new workers alone", lambda: standby.workers() and not before & standby.workers(), HANG_S)
        standby.wait_taking_part()
    assert watch.read == [(leader.name, token)]


def test_a_reload_resumes_where_nobody_else_is(nginx):
    """The old worker gives back, and until then the new one does not hide that this nginx leads."""
    alone = nginx("alone")
    token = alone.wait_token()
    with LeaderPoller(alone) as watch:
        alone.reload()
        alone.wait_token(above=token)
    assert watch.heard["alone"].count(token) == 1, f"it was hidden meanwhile: {watch.heard}"


SLOW = """location = /slow { content_by_lua_block { ngx.log(ngx.NOTICE, 'served') ngx.print(' ') ngx.flush(true)
while not io.open("%s") do ngx.sleep(0.05) end } }"""


def test_an_old_worker_that_still_serves_has_given_back(nginx, tmp_path):
    enough = tmp_path / "enough"
    leader = nginx("leader", {"worker_processes 3": "worker_processes 1", "server {\n": "server {\n" + SLOW % enough})
    token = leader.wait_token()
    standby = nginx("standby", start('{ backend = "local", step = 0.001 }'))  # quick, to get in between
    standby.wait_standby()
    with concurrent.futures.ThreadPoolExecutor(1) as pool, LeaderPoller(leader, standby):
        old, = leader.workers()
        slow = pool.submit(leader.get, "/slow")
        wait_for("the slow request", lambda: "served" in leader.log(), HANG_S)
        leader.reload()
        wait_for("the next term", lambda: any((server.token() or 0) > token for server in (leader, standby)), HANG_S)
        assert old in leader.workers() and not slow.done()
        enough.touch()
        assert slow.result() == (200, "")


def test_quit_hands_over(pair):
    leader, standby = pair
    token = leader.token()
    with LeaderPoller(*pair):
        leader.signal(signal.SIGQUIT)
        standby.wait_token(above=token)
        assert leader.ended() == 0
    assert "': closed, context: ngx.timer" in leader.log(), "it has given back, and not only died"


def test_the_modules_may_be_found_by_the_environment(nginx):
    lines = {f'lua_package_path "{INSTALLED}/share/?.lua;;";': "", f'lua_package_cpath "{INSTALLED}/jit/?.so;;";': ""}
    nginx("environment", changes=lines, environment={
        "LUA_PATH": f"{MODULES}/share/?.lua;;", "LUA_CPATH": f"{MODULES}/jit/?.so;;"}).wait_token()


# What is wrong

START = 'require("leaderlife.nginx").start("my-operator", { backend = "local", log_level = "info" })'


def start(options, lock='"my-operator"'):
    return {START: f'require("leaderlife.nginx").start({lock}, {options})'}


@pytest.mark.parametrize("changes, text", [
    ({"lua_shared_dict leaderlife 64k;": ""}, "no shared dict leaderlife: write 'lua_shared_dict leaderlife 64k;'"),
    (start('{ backend = "local", dict = "mine" }'), "no shared dict mine"),
    (start('{ backend = "local", step = 0 }'), "option step must be more than 0 and at most 60 seconds, not 0"),
    (start('{ backend = "local", step = 0/0 }'), "option step must be more than 0 and at most 60 seconds, not -?nan"),
    (start('{ backend = "local", step = "fast" }'), r"option step \(seconds\) must be a number, not a string"),
    (start('{ backend = "local", dict = 7 }'), "option dict must be a string, not a number"),
    (start('{ backend = "nowhere" }'), "backend.*nowhere"),
    (start('{ backend = "local", gaurd = "auto" }'), "gaurd.*guard"),
    (start('"local"'), "the options must be a table, not a string"),
    (start('{ backend = "local" }', '"Not A Name"'), "invalid lock name.*ENAME"),
    (start('{ backend = "local" }', "nil"), "the lock's name must be a string, not nil"),
    ({START: f"{START} {START}"}, "takes part in the election for .* already"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_wrong_is_told_with_its_cure(nginx, changes, text):
    server = nginx("wrong", changes)
    server.hear(text)
    if "already" not in text:
        assert server.get("/leader")[0] >= 500, "nobody leads here"


def test_where_nothing_speaks_of_kubernetes_it_elects_here(nginx):
    """Though nginx has taken the environment away: the library looks at more than that."""
    nginx("here", start("nil")).wait_token()


def test_the_master_is_told_that_it_takes_no_part(nginx):
    server = nginx("wrong", {"init_worker_by_lua_block": "init_by_lua_block"}, launch=Nginx.launch)
    assert server.ended() != 0
    assert "belongs into init_worker_by_lua_block, not into init:" in server.log()


def test_an_election_of_the_master_is_refused_to_its_workers(nginx):
    """As everywhere: in a forked child the methods raise, and it does not lead."""
    server = nginx("forked", {"init_worker_by_lua_block {": """
        init_by_lua_block {
            election = require("leaderlife").new("my-operator", { backend = "local" }); election:start()
        }
        init_worker_by_lua_block { ngx.log(ngx.ERR, "leads: ", election:is_leader()); election:process()"""})
    server.hear("leads: false", count=WORKERS)
    server.hear("LEADERLIFE_EFORKED", count=WORKERS)


def test_an_election_that_fails_is_told_and_tried_again(nginx):
    server = nginx("failing", start('{ backend = "kubernetes", kubeconfig = "absent" }'))
    server.hear("tries again: .*absent", count=2)
    status, text = server.get("/leader")
    assert status == 503 and "state: failed" in text and "absent" in text
    assert server.get("/readyz")[0] == 503
    server.signal(signal.SIGQUIT)
    assert server.ended() == 0
