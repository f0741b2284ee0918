# SPDX-License-Identifier: Apache-2.0
"""The API server killed, shut down, away for so long that the garbage collector
sleeps, asleep itself: the leader leads, nobody else does, nobody spins (P15, P18),
and when it is back all goes on by itself."""

import pytest

from controlplane.client import path
from scenarios.observer import now_ms

from .costs import Meter, show
from .crowd import SIZES, Crowds, crowd

SHORT = 5
# From such an outage on the collector's backoff keeps it asleep for 41 to 61 s afterwards (seen).
LONG = 16
TRIES = 3  # … mostly
SLEPT = {True: "slept", False: "was awake"}
NEWCOMERS = 20
PAUSE = 20
# P18: so long may a watch be silent, or 10 s where none but the first bookmark was seen; both within the pause.
IMPATIENT = {"x-idle-timeout-ms": "1500", "x-request-timeout-ms": "3000"}


class Away:
    """Use as `with Away(…)`: the API server is killed, or shut down, until the end of it."""

    def __init__(self, cluster, graceful=False):
        self._cluster, self._graceful = cluster, graceful

    def __enter__(self):
        self._cluster.stop_apiserver(self._graceful)

    def __exit__(self, *_):
        self._cluster.start_apiserver()


def test_a_leader_dies_while_the_api_server_is_away(bench, commands, report):
    """Its pod can be deleted only afterwards. The collector sleeps then: P7, who takes over removes the lock."""
    with Crowds(bench, commands) as crowds:
        if not any(collector_sleeps(crowds, report) for _ in range(TRIES)):
            pytest.fail("the collector was awake after each outage: who waits for it has not been seen")


def collector_sleeps(crowds, report):
    """One outage in which all leaders die, and what follows. Returns whether the collector was asleep all the time."""
    cluster, leaders = crowds.bench.cluster, crowds.leaders()
    meter = Meter(crowds.all)
    with Away(cluster):
        crowds.live(LONG / 2, leaders)
        for leader in leaders.values():
            leader.kill()
        dead = {label: crowds.all[label].files.pop(leader).pod for label, leader in leaders.items()}
        crowds.live(LONG / 2, dict.fromkeys(leaders))
    show(report, f"API server killed for {LONG} s, and the leaders with it", meter.stop())
    crowds.live(1, dict.fromkeys(leaders))
    terms = {label: len(relay.terms()) for label, relay in crowds.all.items()}
    mark, probe, at = cluster.audit_mark(), make_probe(cluster), now_ms()
    for pod in dead.values():
        pod.delete(grace=0)
    for label, relay in crowds.all.items():
        relay.settle(terms[label] + 1)
    took = [f"{label} {relay.terms()[-1].begin - at:.0f} ms" for label, relay in crowds.all.items()]
    slept = cluster.admin.find(probe) is not None
    report(f"  the pods are deleted, the next lead after: {', '.join(took)}; the collector {SLEPT[slept]}")
    for relay in crowds.all.values():
        removers = [entry.user for entry in cluster.audit_since(mark) if removes(entry, relay.namespace)]
        assert len(removers) == 1 and (not slept or removers == [relay.namespace.user]), removers
        relay.join()
    return slept


def make_probe(cluster):
    """An object whose owner never existed, so that a collector which is awake removes it within moments."""
    target = path("configmaps", "default")
    made = cluster.admin.create(target, {"metadata": {"generateName": "outage-probe-", "ownerReferences": [{
        "apiVersion": "v1", "kind": "Pod", "name": "never", "uid": "never"}]}})
    return f"{target}/{made['metadata']['name']}"


def removes(entry, namespace):
    """Of an audit entry: it is a delete of the lock that was carried out."""
    return (entry.verb, entry.resource, entry.namespace, entry.name, entry.code) == (
        "delete", "configmaps", namespace.name, namespace.lock, 200)


def test_the_api_server_is_killed_and_restarted(bench, commands, report):
    """20 candidates come in the first outage, at once; the second is orderly."""
    newcomers = crowd(bench, commands, "newcomers")
    pods = [newcomers.make_pod() for _ in range(NEWCOMERS)]
    with Crowds(bench, commands) as crowds:
        leaders = crowds.leaders()
        meter = Meter({**crowds.all, "newcomers": newcomers})
        with Away(bench.cluster):
            for files in pods:
                newcomers.join(files)
            crowds.live(SHORT, leaders)
            assert not newcomers.terms()
            for process in newcomers.files:
                assert process.state == "starting" and not process.is_ready()
        show(report, f"API server killed for {SHORT} s", meter.stop())
        newcomers.settle(1)
        crowds.all["newcomers"] = newcomers
        leaders = crowds.leaders()
        crowds.settle()

        meter = Meter(crowds.all)
        with Away(bench.cluster, graceful=True):
            crowds.live(SHORT, leaders)
        show(report, f"API server shut down and away for {SHORT} s", meter.stop())
        crowds.settle()
        crowds.live(1, leaders)
        report(f"  hand-over after it: {crowds.hand_over()}")


def test_the_api_server_is_paused(bench, commands, report):
    """Connections are open, and new ones are made by the kernel; nothing is answered."""
    cluster = bench.cluster
    with Crowds(bench, commands) as crowds:
        crowds.add("impatient", SIZES["HTTP/1.1"], options=IMPATIENT)
        leaders = crowds.leaders()
        meter = Meter(crowds.all)
        cluster.pause_apiserver()
        try:
            crowds.live(PAUSE, leaders)
        finally:
            cluster.resume_apiserver()
        show(report, f"API server paused for {PAUSE} s", meter.stop())
        for process in crowds.all["impatient"].files:
            assert process.do("counters")["failures"], f"{process} has not noticed the silence"
        crowds.settle()
        crowds.live(1, leaders)
        report(f"  hand-over after it: {crowds.hand_over()}")
