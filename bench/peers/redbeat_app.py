# SPDX-License-Identifier: Apache-2.0
"""A Celery beat whose lock is redbeat's, for `celery beat`: REDIS names the server. redbeat's lock lasts five times as
long as its scheduler sleeps; with the usual 300 s that is 25 minutes, so it sleeps 5 s here, as redbeat advises for
several beats.

    celery -A redbeat_app beat -S redbeat.RedBeatScheduler -l DEBUG --max-interval 5"""

import os

from celery import Celery

app = Celery("bench", broker=os.environ["REDIS"])
app.conf.redbeat_redis_url = os.environ["REDIS"]
app.conf.beat_max_loop_interval = 5
