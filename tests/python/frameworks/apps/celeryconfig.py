# SPDX-License-Identifier: Apache-2.0
"""celery's configuration in the tests: a broker of the test's own, and a task that beat sends all the time."""

import os

broker_url = os.environ["TEST_BROKER"]
broker_connection_retry_on_startup = True
worker_hijack_root_logger = False
beat_max_loop_interval = 0.05
beat_schedule_filename = os.path.join(os.environ["TMPDIR"], "schedule")
beat_schedule = {"step": {"task": "tasks.step", "schedule": 0.05}}
