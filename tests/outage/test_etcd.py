# SPDX-License-Identifier: Apache-2.0
"""etcd away for 20 s, dead or asleep: the API server answers, but it can read and
write nothing. Retries are spread out (P15), what was sent and not answered is
looked at again (P6), and belief rests on none of that: the leader leads."""

import pytest

from .costs import Meter, show
from .crowd import Crowds

SECONDS = 20
NEWCOMERS = 5  # come while it is away: of all candidates they have most to ask


@pytest.mark.parametrize("how", ["stopped", "paused"])
def test_etcd_is_away(bench, commands, report, how):
    cluster = bench.cluster
    with Crowds(bench, commands) as crowds:
        giving_back = crowds.add("resigning", 2)
        pods = [crowds.all["HTTP/2"].make_pod() for _ in range(NEWCOMERS)]
        leaders = crowds.leaders()
        meter = Meter(crowds.all)
        (cluster.stop_etcd if how == "stopped" else cluster.pause_etcd)()
        try:
            leaders["resigning"].do("resign")
            for files in pods:
                crowds.all["HTTP/2"].join(files)
            crowds.live(SECONDS, {**leaders, "resigning": None})
            spent = meter.stop()
        finally:
            (cluster.start_etcd if how == "stopped" else cluster.resume_etcd)()
        bench.reaches(leaders["resigning"], "resigned")
        del giving_back.files[leaders["resigning"]]
        giving_back.settle(2)
        crowds.settle()
        crowds.live(1, {**leaders, "resigning": giving_back.leader()})
        took = crowds.hand_over()
    show(report, f"etcd {how} for {SECONDS} s", spent)
    report(f"  hand-over after it: {took}")
