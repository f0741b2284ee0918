# SPDX-License-Identifier: Apache-2.0
"""One APScheduler among all replicas of a service.

    pip install apscheduler
    python apscheduler_service.py [LOCK]

Each term of leadership has a scheduler of its own, which ends, with the jobs that it runs, before the lock is given
back. A job store in a database is shared by all terms; APScheduler 3 must not have two schedulers on it at a time, and
here it has not.
"""

import signal
import sys

import leaderlife
import ticks
from apscheduler.schedulers.background import BackgroundScheduler


def work(term):
    """Called whenever this process leads."""
    scheduler = BackgroundScheduler()
    scheduler.add_job(ticks.tick, "interval", args=[term.token], seconds=ticks.SECONDS)
    scheduler.start()
    try:
        term.wait()  # until the lead is lost, or the process is told to end
    finally:
        scheduler.shutdown()  # waits for the jobs that run


def main(lock="scheduler"):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    leaderlife.campaign(lock, work)  # leads, and is elected again after a loss, until the process ends


if __name__ == "__main__":
    main(*sys.argv[1:])
