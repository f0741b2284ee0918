# SPDX-License-Identifier: Apache-2.0
"""One worker among all replicas' gunicorn workers does the background work. It answers requests as the others do.

    pip install gunicorn
    gunicorn --config gunicorn_conf.py --workers 4 APP:app

For workers of the kinds sync and gthread. The election begins in the worker, after the fork, so --preload is no danger
to it. At HUP, at max_requests and at the end gunicorn calls worker_exit: the work ends, and the lock is given back.
"""

import os
import signal
import threading

import leaderlife
import ticks

LOCK = "gunicorn"
campaign = None


def lead(worker):
    try:
        campaign.run()
    except Exception:  # without this nobody would notice: gunicorn starts another worker in this one's place
        worker.log.exception("the election has ended")
        os.kill(os.getpid(), signal.SIGTERM)


def post_worker_init(worker):
    global campaign
    campaign = leaderlife.Campaign(LOCK, ticks.work)
    threading.Thread(target=lead, args=[worker], daemon=True).start()  # the worker serves meanwhile


def worker_exit(_server, _worker):
    if campaign is not None:
        campaign.stop()
