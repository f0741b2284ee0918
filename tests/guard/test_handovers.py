# SPDX-License-Identifier: Apache-2.0
"""20 candidates, one lock, 50 hand-overs: deletes and writes that lose a race.

At each hand-over all standbys reach for record and lock at once, and the
garbage collector, where it works, for the lock of a pod that is gone. One of
them wins; what the others and the collector wrote too late must hurt nobody."""

import os
import random
import secrets
import statistics
import subprocess

from .candidate_group import CandidateGroup

CANDIDATES = 20
HANDOVERS = 50
WRITES = ("create", "update", "patch", "delete", "deletecollection")


KINDS = {"pod deleted": CandidateGroup.pod_deleted, "resigned": CandidateGroup.resigned,
         "killed": CandidateGroup.killed}


def test_handovers(candidates, report):
    seed = int(os.environ.get("LEADERLIFE_SEED") or secrets.randbelow(2 ** 32))
    report(f"{HANDOVERS} hand-overs among {CANDIDATES} candidates, LEADERLIFE_SEED={seed}; writes to lock and record "
           "by all candidates together, and how many of them were refused with 409:")
    group = CandidateGroup(candidates)
    for _ in range(CANDIDATES):
        group.join()
    group.settle(1)
    results = play(group, order(seed))
    for line in table(results):
        report(line)
    assert len(candidates.observer.terms) == 1 + HANDOVERS
    holder = holder_column(candidates, group.namespace)
    assert holder == group.pod(group.leader()).name


def order(seed):
    """(kind, whether the collector works), every pair as often as any other, as far as that goes."""
    pairs = [(kind, works) for kind in KINDS for works in (True, False)]
    drawn = [pairs[number % len(pairs)] for number in range(HANDOVERS)]
    random.Random(seed).shuffle(drawn)
    return drawn


def play(group, handovers):
    """{(kind, collector works): [(writes, conflicts, ms until the next leads)]}."""
    results = {}
    cluster = group.candidates.cluster
    try:
        for number, (kind, works) in enumerate(handovers, 1):
            (cluster.resume_controller_manager if works else cluster.pause_controller_manager)()
            mark = cluster.audit_mark()
            print(f"hand-over {number}: {kind}, collector {'on' if works else 'off'}")
            at = KINDS[kind](group, number + 1)
            took = group.observer.terms[number].begin - at
            results.setdefault((kind, works), []).append((*costs(group, mark), took))
    finally:
        cluster.resume_controller_manager()
    return results


def costs(group, mark):
    """(writes, conflicts among them) of all candidates since the mark, by the API server's audit log."""
    writes = [entry for entry in group.candidates.cluster.audit_since(mark, group.namespace.user)
              if entry.verb in WRITES and entry.resource in ("configmaps", "leases")]
    return len(writes), len([entry for entry in writes if entry.code == 409])


def table(results):
    """The lines for the end of the run: median and greatest value of each."""
    yield "  kind         collector  times  writes      conflicts   next leads after (ms)"
    for (kind, works), measured in sorted(results.items()):
        cells = [f"{statistics.median(column):.0f}, max {max(column):.0f}" for column in zip(*measured)]
        yield f"  {kind:<12} {'on' if works else 'off':<10} {len(measured):<6} {cells[0]:<11} {cells[1]:<11} {cells[2]}"


def holder_column(candidates, namespace):
    """What people see who ask kubectl who leads."""
    done = subprocess.run(
        candidates.cluster.kubectl("--namespace", namespace.name, "get", "lease", namespace.lock + ".leaderlife"),
        env={"HOME": candidates.directory}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    header, row = (line.split() for line in done.stdout.splitlines())
    return row[header.index("HOLDER")]
