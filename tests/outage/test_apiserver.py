# SPDX-License-Identifier: Apache-2.0
"""The API server killed, shut down, away for so long that the garbage collector
sleeps, asleep itself: the leader leads, nobody else does, nobody spins (P15, P18),
and when it is back all goes on by itself."""

import pytest

from controlplane.client import path
from scenarios.observer import now_ms

from .candidate_groups import SIZES, CandidateGroups, make_group
from .costs import Meter, show

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


def test_a_leader_dies_while_the_api_server_is_away(candidates, commands, report):
    """Its pod can be deleted only afterwards. The collector sleeps then: P7, who takes over removes the lock."""
    with CandidateGroups(candidates, commands) as groups:
        if not any(collector_sleeps(groups, report) for _ in range(TRIES)):
            pytest.fail("the collector was awake after each outage: who waits for it has not been seen")


def collector_sleeps(groups, report):
    """One outage in which all leaders die, and what follows. Returns whether the collector was asleep all the time."""
    cluster, leaders = groups.candidates.cluster, groups.leaders()
    meter = Meter(groups.all)
    with Away(cluster):
        groups.live(LONG / 2, leaders)
        for leader in leaders.values():
            leader.kill()
        dead = {label: groups.all[label].files.pop(leader).pod for label, leader in leaders.items()}
        groups.live(LONG / 2, dict.fromkeys(leaders))
    show(report, f"API server killed for {LONG} s, and the leaders with it", meter.stop())
    groups.live(1, dict.fromkeys(leaders))
    terms = {label: len(group.terms()) for label, group in groups.all.items()}
    mark, probe, at = cluster.audit_mark(), make_probe(cluster), now_ms()
    for pod in dead.values():
        pod.delete(grace=0)
    for label, group in groups.all.items():
        group.settle(terms[label] + 1)
    took = [f"{label} {group.terms()[-1].begin - at:.0f} ms" for label, group in groups.all.items()]
    slept = cluster.admin.find(probe) is not None
    report(f"  the pods are deleted, the next lead after: {', '.join(took)}; the collector {SLEPT[slept]}")
    for group in groups.all.values():
        removers = [entry.user for entry in cluster.audit_since(mark) if removes(entry, group.namespace)]
        assert len(removers) == 1 and (not slept or removers == [group.namespace.user]), removers
        group.join()
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


def test_the_api_server_is_killed_and_restarted(candidates, commands, report):
    """20 candidates come in the first outage, at once; the second is orderly."""
    newcomers = make_group(candidates, commands, "newcomers")
    pods = [newcomers.make_pod() for _ in range(NEWCOMERS)]
    with CandidateGroups(candidates, commands) as groups:
        leaders = groups.leaders()
        meter = Meter({**groups.all, "newcomers": newcomers})
        with Away(candidates.cluster):
            for files in pods:
                newcomers.join(files)
            groups.live(SHORT, leaders)
            assert not newcomers.terms()
            for process in newcomers.files:
                assert process.state == "starting" and not process.is_ready()
        show(report, f"API server killed for {SHORT} s", meter.stop())
        newcomers.settle(1)
        groups.all["newcomers"] = newcomers
        leaders = groups.leaders()
        groups.settle()

        meter = Meter(groups.all)
        with Away(candidates.cluster, graceful=True):
            groups.live(SHORT, leaders)
        show(report, f"API server shut down and away for {SHORT} s", meter.stop())
        groups.settle()
        groups.live(1, leaders)
        report(f"  hand-over after it: {groups.hand_over()}")


def test_the_api_server_is_paused(candidates, commands, report):
    """Connections are open, and new ones are made by the kernel; nothing is answered."""
    cluster = candidates.cluster
    with CandidateGroups(candidates, commands) as groups:
        groups.add("impatient", SIZES["HTTP/1.1"], options=IMPATIENT)
        leaders = groups.leaders()
        meter = Meter(groups.all)
        cluster.pause_apiserver()
        try:
            groups.live(PAUSE, leaders)
        finally:
            cluster.resume_apiserver()
        show(report, f"API server paused for {PAUSE} s", meter.stop())
        for process in groups.all["impatient"].files:
            assert process.do("counters")["failures"], f"{process} has not noticed the silence"
        groups.settle()
        groups.live(1, leaders)
        report(f"  hand-over after it: {groups.hand_over()}")
