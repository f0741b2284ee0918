# SPDX-License-Identifier: Apache-2.0
"""50 standbys and 20 hand-overs: one lock each time, what a herd costs the API
server, and that it learns to spread (P17: who has lost a race waits a random
moment at the next one, and longer the more it has lost)."""

import statistics
import time

import pytest

from .candidate_groups import make_group, fill
from .costs import MOST, Meter, show

STANDBYS = 50
HANDOVERS = 20
KINDS = ("pod_deleted", "resigned")  # ways of guard.candidate_group.CandidateGroup, in turn


class Cost:
    """The writes of one hand-over, by the audit log."""

    def __init__(self, kind, took, entries):
        self.kind, self.took = kind, took
        creates = [entry.code for entry in entries if (entry.verb, entry.resource) == ("create", "configmaps")]
        records = [entry.code for entry in entries if entry.resource == "leases" and entry.verb in ("create", "update")]
        self.created, self.refused = creates.count(201), creates.count(409)
        self.written, self.conflicts = records.count(200) + records.count(201), records.count(409)

    def __str__(self):
        return (f"{self.kind:<12} {self.created:>5} {self.refused:>8} {self.written:>8} {self.conflicts:>10} "
                f"{self.took:>10.0f}")


@pytest.fixture(scope="module")
def costs():
    """Of all hand-overs so far; the second test judges what the first has played."""
    return []


def test_a_herd_elects_one_each_time(candidates, commands, report, costs):
    group = make_group(candidates, commands, "herd")
    fill(group, 1 + STANDBYS)
    group.settle(1)
    meter = Meter({"herd": group})
    begin = time.monotonic()
    for number in range(HANDOVERS):
        costs.append(play(group, KINDS[number % len(KINDS)]))
    spent = meter.stop()
    pace = HANDOVERS / (time.monotonic() - begin)  # the faster they follow each other, the more is to be asked
    report(f"{HANDOVERS} hand-overs among {1 + STANDBYS} candidates:")
    report("  hand-over    locks  refused  records  conflicts  next leads after (ms)")
    for cost in costs:
        report(f"  {cost}")
    show(report, "the herd", spent, {name: limit * pace for name, limit in MOST.items()})
    assert [cost.created for cost in costs] == [1] * HANDOVERS


def play(group, kind):
    cluster = group.candidates.cluster
    mark = cluster.audit_mark()
    at = getattr(group, kind)(len(group.terms()) + 1)
    took = group.terms()[-1].begin - at
    return Cost(kind.replace("_", " "), took, cluster.audit_since(mark, group.namespace.user))


def test_a_herd_spreads(costs, report):
    """P17: those who have lost meet less often. Less than half as often as those who have not, for without any
    spreading nearly all meet each time; the median, for on a busy machine a few hand-overs are over before the winner
    is seen."""
    assert len(costs) == HANDOVERS, "the test before this one has not played its hand-overs"
    conflicts = [cost.conflicts for cost in costs]
    unspread, spread = conflicts[0], statistics.median(conflicts[1:])
    report(f"conflicts per hand-over: {unspread} in the first, when nobody has lost yet; {spread:g} later, the median")
    assert spread < unspread / 2, conflicts
