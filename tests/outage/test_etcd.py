# SPDX-License-Identifier: Apache-2.0
"""etcd away for 20 s, dead or asleep: the API server answers, but it can read and
write nothing. Retries are spread out (P15), what was sent and not answered is
looked at again (P6), and belief rests on none of that: the leader leads."""

import pytest

from .candidate_groups import CandidateGroups
from .costs import Meter, show

SECONDS = 20
NEWCOMERS = 5  # come while it is away: of all candidates they have most to ask


@pytest.mark.parametrize("how", ["stopped", "paused"])
def test_etcd_is_away(candidates, commands, report, how):
    cluster = candidates.cluster
    with CandidateGroups(candidates, commands) as groups:
        giving_back = groups.add("resigning", 2)
        pods = [groups.all["HTTP/2"].make_pod() for _ in range(NEWCOMERS)]
        leaders = groups.leaders()
        meter = Meter(groups.all)
        (cluster.stop_etcd if how == "stopped" else cluster.pause_etcd)()
        try:
            leaders["resigning"].do("resign")
            for files in pods:
                groups.all["HTTP/2"].join(files)
            groups.live(SECONDS, {**leaders, "resigning": None})
            spent = meter.stop()
        finally:
            (cluster.start_etcd if how == "stopped" else cluster.resume_etcd)()
        candidates.reaches(leaders["resigning"], "resigned")
        del giving_back.files[leaders["resigning"]]
        giving_back.settle(2)
        groups.settle()
        groups.live(1, {**leaders, "resigning": giving_back.leader()})
        took = groups.hand_over()
    show(report, f"etcd {how} for {SECONDS} s", spent)
    report(f"  hand-over after it: {took}")
