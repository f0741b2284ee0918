# SPDX-License-Identifier: Apache-2.0
"""cron_job.py, started at the same time on several pods: one works, the others end; and the next works when it was
killed."""

import os
import signal
import time

from .fleet import HANG_S, Fleet
from .frameworks import Framework
from .table import CRON

LONG_S = 600
JOB = Framework(CRON, "Python", f"python cron_job.py cron-job {LONG_S}", "cron-job", "cron_job.py")


def ended(replica):
    return replica.child.wait(HANG_S)


def test_one_of_those_that_start_together_works(places, tmp_path, rows):
    with Fleet(JOB, places, tmp_path / "with") as fleet:
        for run in range(2):
            count = len(fleet.ticks())
            fleet.fill_up(3)
            fleet.wait_count(count + 1)
            token = fleet.terms()[-1].token
            _, leader = fleet.leader()
            assert [ended(replica) for replica in fleet.replicas if replica is not leader] == [0, 0], fleet.logs()
            assert len(fleet.ticks()) == count + 1, "two have worked"
            assert len(fleet.said("nothing to do: not elected within")) == 2 * (run + 1)
            os.kill(leader.pid, signal.SIGKILL)
            ended(leader)
        killed = time.time()
        fleet.fill_up(1)
        fleet.wait_next(token)
        rows[CRON] = fleet.terms()[-1].first - killed
        os.kill(fleet.replicas[0].pid, signal.SIGTERM)
        assert ended(fleet.replicas[0]) == 143


def test_it_keeps_the_lock_for_a_while_and_then_ends(places, tmp_path):
    quick = Framework(CRON, "Python", "python cron_job.py cron-job 1", "cron-job", "cron_job.py")
    with Fleet(quick, places, tmp_path / "with") as fleet:
        began = time.monotonic()
        assert ended(fleet.start()) == 0, fleet.logs()
        assert time.monotonic() - began >= 1
        assert len(fleet.terms()) == 1


def test_without_an_election_all_of_them_work(places, tmp_path):
    with Fleet(JOB, places, tmp_path / "without", elects=False) as fleet:
        fleet.fill_up(2)
        fleet.wait_count(2)
        assert len({pid for _, pid, _ in fleet.ticks()}) == 2
