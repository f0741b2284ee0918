# SPDX-License-Identifier: Apache-2.0
"""celery's configuration in the tests: a broker of the test's own, and a task that beat sends all the time."""

import os

broker_url = os.environ["TEST_BROKER"]
broker_connection_retry_on_startup = True
worker_hijack_root_logger = False
worker_proc_alive_timeout = 60  # celery kills a child that takes longer to begin; its 4 s are short on a busy machine
beat_max_loop_interval = 0.05
beat_schedule_filename = os.path.join(os.environ["TMPDIR"], "schedule")
beat_schedule = {"step": {"task": "tasks.step", "schedule": 0.05}}
