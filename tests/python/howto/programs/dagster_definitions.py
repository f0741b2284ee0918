# SPDX-License-Identifier: Apache-2.0
"""What Dagster's daemon looks after in the tests: a sensor that ticks. Dagster looks at its sensors every 5 s."""

import os

import dagster
import ticks


@dagster.job
def nothing():
    pass


@dagster.sensor(job=nothing, minimum_interval_seconds=1, default_status=dagster.DefaultSensorStatus.RUNNING)
def tick(_context):
    ticks.tick(os.environ["LEADERLIFE_TOKEN"])
    return dagster.SkipReason("it has ticked")


defs = dagster.Definitions(jobs=[nothing], sensors=[tick])
