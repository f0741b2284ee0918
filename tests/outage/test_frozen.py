# SPDX-License-Identifier: Apache-2.0
"""Connections that are open and silent (P18): the silence is noticed, not waited
out, on a watch as well as under a request; what happened meanwhile is not missed."""

import time

from controlplane.proxy import Proxy
from scenarios.observer import now_ms

from .candidate_groups import make_group, rest
from .costs import Meter, show

# On a watch that has just begun: the bookmark at the end of its initial events counts until a silence has shown that
# no others follow. From then on it is 20/3 of that.
IDLE = {"x-idle-timeout-ms": "5000"}
RETRIES = 8  # seconds, for what many retries would show
SILENCE = "sent nothing for"
NO_ANSWER = "no answer from"


def told(candidates, process, part):
    """When it first logged that: its clock's ms, None if it did not."""
    return next((line["ms"] for line in candidates.lines(process, "log") if part in line["text"]), None)


def test_a_lost_connection_under_a_standby(candidates, tunnel, report):
    """The leader's end falls into the silence: a new connection tells of it."""
    leader_files = candidates.files("leader")
    leader = candidates.start(leader_files)
    candidates.leads(leader)
    standby = candidates.start(candidates.files("standby", proxy=tunnel), options=IDLE)
    candidates.stands_by(standby, holder="leader")
    rest(candidates.observer)
    assert tunnel.lose_connections()
    lost = now_ms()
    leader.kill()
    leader_files.pod.delete(grace=0)
    candidates.leads(standby)
    noticed = told(candidates, standby, SILENCE)
    assert noticed and noticed < standby.handle().last["ms"], "the connection was not lost: it took over by itself"
    report(f"lost connection under a standby (x-idle-timeout-ms 5000): noticed after {noticed - lost:.0f} ms, leads "
           f"{standby.handle().last['ms'] - noticed:.0f} ms later")


def test_a_frozen_way_in_under_standbys(candidates, commands, proxy, report):
    """No new connection gets through either: they go on trying, gently, until it thaws."""
    groups = {"HTTP/2": make_group(candidates, commands, "frozen", proxy, IDLE)}
    with Proxy(candidates.cluster, http1=True) as http1:
        groups["HTTP/1.1"] = make_group(candidates, commands, "frozen-1", http1, IDLE)
        for group in groups.values():
            group.leader_files = candidates.files("leader", group.namespace)
            group.first = group.join(group.leader_files)
            group.settle(1)
            group.join()
            group.join()
            group.settle(1)
        rest(candidates.observer)
        meter = Meter(groups)
        for way in (proxy, http1):
            way.pause()
        for group in groups.values():
            group.first.kill()
            del group.files[group.first]
            group.leader_files.pod.delete(grace=0)
        for group in groups.values():
            for process in group.files:
                candidates.observer.wait(f"{process} notices",
                                         lambda process=process: told(candidates, process, SILENCE))
        time.sleep(RETRIES)
        for group in groups.values():
            assert not group.leading() and all(process.is_ready() for process in group.files)
        spent = meter.stop()
        for way in (proxy, http1):
            way.resume()
        for group in groups.values():
            group.settle(2)
    show(report, "frozen proxy under standbys", spent)


def test_a_lost_connection_under_a_request(candidates, tunnel, report):
    """The request is sent into the silence: after its time another connection is made."""
    leader = candidates.start(candidates.files("leader", proxy=tunnel), options={"x-request-timeout-ms": "3000"})
    candidates.leads(leader)
    standby = candidates.start(candidates.files("standby"))
    candidates.stands_by(standby, holder="leader")
    rest(candidates.observer)
    assert tunnel.lose_connections()
    asked = leader.do("resign")["ms"]
    candidates.leads(standby)
    assert told(candidates, leader, NO_ANSWER), "the connection was not lost: the request has been answered"
    candidates.reaches(leader, "resigned")
    report(f"lost connection under a request (3 s): the next leads {standby.handle().last['ms'] - asked:.0f} ms and "
           f"the resigning one has ended {leader.handle().last['ms'] - asked:.0f} ms after it was asked")
