# SPDX-License-Identifier: Apache-2.0
"""Connections that are open and silent (P18): the silence is noticed, not waited
out, on a watch as well as under a request; what happened meanwhile is not missed."""

import time

from controlplane.proxy import Proxy
from scenarios.observer import now_ms

from .costs import Meter, show
from .crowd import crowd, rest

# On a watch that has just begun: the bookmark at the end of its initial events counts until a silence has shown that
# no others follow. From then on it is 20/3 of that.
IDLE = {"x-idle-timeout-ms": "5000"}
RETRIES = 8  # seconds, for what many retries would show
SILENCE = "sent nothing for"
NO_ANSWER = "no answer from"


def told(bench, process, part):
    """When it first logged that: its clock's ms, None if it did not."""
    return next((line["ms"] for line in bench.lines(process, "log") if part in line["text"]), None)


def test_a_lost_connection_under_a_standby(bench, tunnel, report):
    """The leader's end falls into the silence: a new connection tells of it."""
    leader_files = bench.files("leader")
    leader = bench.start(leader_files)
    bench.leads(leader)
    standby = bench.start(bench.files("standby", proxy=tunnel), options=IDLE)
    bench.stands_by(standby, holder="leader")
    rest(bench.observer)
    assert tunnel.lose_connections()
    lost = now_ms()
    leader.kill()
    leader_files.pod.delete(grace=0)
    bench.leads(standby)
    noticed = told(bench, standby, SILENCE)
    assert noticed and noticed < standby.handle().last["ms"], "the connection was not lost: it took over by itself"
    report(f"lost connection under a standby (x-idle-timeout-ms 5000): noticed after {noticed - lost:.0f} ms, leads "
           f"{standby.handle().last['ms'] - noticed:.0f} ms later")


def test_a_frozen_way_in_under_standbys(bench, commands, proxy, report):
    """No new connection gets through either: they go on trying, gently, until it thaws."""
    relays = {"HTTP/2": crowd(bench, commands, "frozen", proxy, IDLE)}
    with Proxy(bench.cluster, http1=True) as http1:
        relays["HTTP/1.1"] = crowd(bench, commands, "frozen-1", http1, IDLE)
        for relay in relays.values():
            relay.leader_files = bench.files("leader", relay.namespace)
            relay.first = relay.join(relay.leader_files)
            relay.settle(1)
            relay.join()
            relay.join()
            relay.settle(1)
        rest(bench.observer)
        meter = Meter(relays)
        for way in (proxy, http1):
            way.pause()
        for relay in relays.values():
            relay.first.kill()
            del relay.files[relay.first]
            relay.leader_files.pod.delete(grace=0)
        for relay in relays.values():
            for process in relay.files:
                bench.observer.wait(f"{process} notices", lambda process=process: told(bench, process, SILENCE))
        time.sleep(RETRIES)
        for relay in relays.values():
            assert not relay.leading() and all(process.is_ready() for process in relay.files)
        spent = meter.stop()
        for way in (proxy, http1):
            way.resume()
        for relay in relays.values():
            relay.settle(2)
    show(report, "frozen proxy under standbys", spent)


def test_a_lost_connection_under_a_request(bench, tunnel, report):
    """The request is sent into the silence: after its time another connection is made."""
    leader = bench.start(bench.files("leader", proxy=tunnel), options={"x-request-timeout-ms": "3000"})
    bench.leads(leader)
    standby = bench.start(bench.files("standby"))
    bench.stands_by(standby, holder="leader")
    rest(bench.observer)
    assert tunnel.lose_connections()
    asked = leader.do("resign")["ms"]
    bench.leads(standby)
    assert told(bench, leader, NO_ANSWER), "the connection was not lost: the request has been answered"
    bench.reaches(leader, "resigned")
    report(f"lost connection under a request (3 s): the next leads {standby.handle().last['ms'] - asked:.0f} ms and "
           f"the resigning one has ended {leader.handle().last['ms'] - asked:.0f} ms after it was asked")
