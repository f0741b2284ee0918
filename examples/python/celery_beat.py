# SPDX-License-Identifier: Apache-2.0
"""One Celery beat among all that run, in two ways. The first needs only `tick` and `add_token` of this file:

    leaderlife run beat -- celery -A celery_beat beat       (each replica)
    celery -A celery_beat beat                              (each replica; beat elects in its own process)
    celery -A celery_beat worker                            (any number)

BROKER is the broker's URL. In the second way `lead` must end the process where it cannot lead: Celery logs what a
signal's handler raises, and goes on to beat without the lock.
"""

import atexit
import os
import sys
import traceback

import celery
import leaderlife
import ticks

LOCK = "beat"
app = celery.Celery("celery_beat", broker=os.environ.get("BROKER", "redis://localhost"))
app.conf.beat_schedule = {"tick": {"task": "celery_beat.tick", "schedule": ticks.SECONDS}}


@app.task(bind=True, ignore_result=True)
def tick(self):
    """In a worker. A task that an earlier leader has sent, and that comes late, is refused by its token."""
    ticks.tick(self.request.token)


@celery.signals.before_task_publish.connect
def add_token(headers, **_):
    """To what beat sends; workers that send tasks have no token."""
    if "LEADERLIFE_TOKEN" in os.environ:
        headers["token"] = os.environ["LEADERLIFE_TOKEN"]


# `worker -B` sends beat_init as well, and then beat_embedded_init: connect to one of them, not to both.
@celery.signals.beat_init.connect
def lead(**_):
    """Waits until this beat leads."""
    if os.environ.get("LEADERLIFE_LOCK") == LOCK:
        return  # `leaderlife run` leads for this process
    try:
        leader = leaderlife.become(LOCK, on_lost="exit")
    except Exception:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    atexit.register(leader.close)  # SIGTERM ends beat by SystemExit: the lock is given back
    os.environ["LEADERLIFE_TOKEN"] = leader.token
