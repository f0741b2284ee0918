# SPDX-License-Identifier: Apache-2.0
"""Where no election is possible, or the work fails, no example goes on as if nothing were the matter: its process ends,
and says why."""

import contextlib
import importlib.util
import sqlite3

import pytest

from .fleet import HANG_S, ROOT, Fleet
from .frameworks import FRAMEWORKS
from .play import REFUSED
from .test_cron import JOB

WRONG = "Not A Name"
FOUND = {framework.test: framework for framework in [*FRAMEWORKS, JOB]}
NEWEST = "9" * 30


@pytest.mark.parametrize("name, statuses", [
    ("celery-beat-in-its-process", [1]), ("apscheduler", [1]), ("django", [1]), ("a-script-of-cron", [1]),
    ("aiohttp", [0]), ("gunicorn-2-workers", [3, 1])])  # 1: both workers have ended at a time
def test_a_program_that_cannot_lead_ends(name, statuses, places, tmp_path):
    with Fleet(FOUND[name], places, tmp_path / "wrong", lock=WRONG) as fleet:
        assert fleet.start().child.wait(HANG_S) in statuses, fleet.logs()
        fleet.wait_said("invalid lock name")
        assert not fleet.ticks()


def seed(path):
    """A tick of a leader that is newer than all others."""
    spec = importlib.util.spec_from_file_location("ticks", ROOT / "examples" / "python" / "ticks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with contextlib.closing(sqlite3.connect(path)) as file, file:
        file.executescript(module.TABLE + module.FENCE)
        file.execute("INSERT INTO ticks VALUES (0, 0, ?)", (NEWEST,))


@pytest.mark.parametrize("name, said", [
    ("django", REFUSED), ("aiohttp", "the election has ended"),
    ("fastapi-uvicorn-with-2-workers", "the election has ended"), ("gunicorn-2-workers", "the election has ended")])
def test_a_process_whose_work_fails_ends(name, said, places, tmp_path):
    framework = FOUND[name]
    with Fleet(framework, places, tmp_path / "refused") as fleet:
        seed(fleet.file)
        replica = fleet.start()
        if "workers" in framework.name:
            fleet.wait_said(said, count=3)  # two workers, and one in the place of one
            assert replica.running()
        else:
            replica.child.wait(HANG_S)
            fleet.wait_said(said)
        assert [token for _, _, token in fleet.ticks()] == [NEWEST]
