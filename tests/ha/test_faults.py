# SPDX-License-Identifier: Apache-2.0
"""The faults do what they say, or the histories would be calm ones; and are over when they end."""

import http.client
import time

import pytest

from controlplane.client import ApiError, Client
from controlplane.process import wait_for

from .cluster import API
from .faults import FAULTS

HIT = 1  # the number of the machine
BROKEN = (OSError, http.client.HTTPException)


@pytest.fixture
def hit(ha_cluster):
    """hit(kind): the fault begins. It ends with the test, and then all is well again."""
    ends = []

    def begin(kind):
        ends.append(FAULTS[kind](ha_cluster, ha_cluster.servers[HIT]))

    def end():
        while ends:
            ends.pop()()
    begin.end = end
    yield begin
    end()
    ha_cluster.wait_ready()


def reached(cluster, number):
    """Whether that API server answers at all."""
    client = Client(f"https://{cluster.machines[number].address}:{API}", cluster.ca_file, token=cluster.admin_token,
                    timeout=2)
    try:
        return client.raw("GET", "/livez/ping") == (200, b"ok")
    except BROKEN:
        return False


def make(cluster, what):
    """A write through whichever API server can, within a while."""
    client = Client(cluster.url, cluster.ca_file, token=cluster.admin_token, timeout=3)
    name = what.lower().replace(" ", "-")

    def try_it():
        try:
            return client.create("/api/v1/namespaces/default/configmaps", {"metadata": {"name": name}})
        except ApiError as error:
            if error.code < 500 and error.code not in (409, 429):
                raise
            return error.reason == "AlreadyExists"
        except BROKEN:
            return False
    wait_for(f"a write {what}", try_it, 120)


@pytest.mark.parametrize("kind", ["member paused", "member cut off", "member deaf", "member mute"])
def test_a_member_that_is_missing_cannot_write_and_the_others_can(ha_cluster, hit, kind):
    hit(kind)
    wait_for("a member without a leader", lambda: not ha_cluster.servers[HIT].etcd_ready(), 120)
    wait_for("the API server beside it", lambda: reached(ha_cluster, HIT), 120)
    make(ha_cluster, "during " + kind)
    hit.end()
    wait_for("the member is back", ha_cluster.servers[HIT].etcd_ready, 120)


@pytest.mark.parametrize("kind", ["machine cut off", "machine deaf", "machine mute", "API server paused"])
def test_an_api_server_that_is_missing_is_replaced(ha_cluster, hit, kind):
    hit(kind)
    wait_for("silence", lambda: not reached(ha_cluster, HIT), 120)  # a busy kernel stops a process by and by
    wait_for("another one", lambda: reached(ha_cluster, HIT - 1), 120)
    make(ha_cluster, "during " + kind)
    hit.end()
    wait_for("the API server is back", lambda: reached(ha_cluster, HIT), 120)


def test_without_a_quorum_nobody_writes(ha_cluster, hit):
    hit("quorum lost")
    wait_for("no member with a leader", lambda: not any(server.etcd_ready() for server in ha_cluster.servers), 120)
    hit.end()
    make(ha_cluster, "after quorum lost")


@pytest.mark.parametrize("kind", ["member flapping", "machine lossy"])
def test_packets_are_lost(ha_cluster, hit, kind):
    """The kernel counts them: those of a request, and those with which members talk all the time."""
    hit(kind)

    def some_lost():
        reached(ha_cluster, HIT)
        return ha_cluster.machines[HIT].dropped()
    wait_for("lost packets", some_lost, 120)


def test_a_slow_machine_takes_its_time(ha_cluster, hit):
    """60 kB at 16 kB a second."""
    client = Client(f"https://{ha_cluster.machines[HIT].address}:{API}", ha_cluster.ca_file,
                    token=ha_cluster.admin_token, timeout=120)
    target = "/api/v1/namespaces/default/configmaps"
    client.create(target, {"metadata": {"name": "long"}, "data": {"text": "x" * 60000}})
    hit("machine slow")
    began = time.monotonic()
    client.get(target + "/long")
    assert time.monotonic() - began > 2


def test_a_seat_that_is_moved_is_served_by_another(ha_cluster):
    """Its open connections too, if they are to; each API server counts in its audit log whom it has served."""
    seat = ha_cluster.seat(0)
    client = Client(seat.url, ha_cluster.ca_file, token=ha_cluster.admin_token, timeout=120)

    def is_served_by(number):
        target = f"/version?seat={number}"
        try:
            assert client.raw("GET", target)[0] == 200
        except BROKEN:  # the balancer found none in time
            return False
        return any(entry.uri == target for entry in ha_cluster.servers[number].audit_log.entries())

    for number in (0, 2, 1):
        ha_cluster.balancer.move(seat, number)
        wait_for(f"a line of server {number}'s audit log", lambda number=number: is_served_by(number), 120)
    watch = client.watch("/api/v1/namespaces/default/configmaps", timeout=120)
    next(watch)
    ha_cluster.balancer.move(seat, 0)
    make(ha_cluster, "seen by the old server")
    while next(watch)["object"]["metadata"]["name"] != "seen-by-the-old-server":
        pass
    ha_cluster.balancer.move(seat, 2, now=True)
    with pytest.raises((*BROKEN, StopIteration)):
        while next(watch):
            pass
