# SPDX-License-Identifier: Apache-2.0
"""The shared scenarios, through campaigns in threads and in asyncio: all of them that ask for nothing that a campaign
does not have."""

import sys
from pathlib import Path

import pytest

from controlplane.fixtures import cluster  # noqa: F401
from scenarios.conftest import quiet_cluster, quiet_node, rough_cluster  # noqa: F401
from scenarios.places import open_place
from scenarios.player import Player
from scenarios.scenario import load_all

PROGRAM = Path(__file__).resolve().parents[1] / "candidate_campaign.py"
KINDS = {"threads": [], "aio": ["aio"]}
WITHOUT = {"exec", "free"}  # steps: a campaign replaces no process, and never ends without giving back
UNKNOWN = {"become", "set"}  # commands
DRIVEN_ON = "late-create-after-the-end"  # whose ended elections look on; a campaign closes them


def names(scenario):
    for step in scenario["steps"]:
        yield step if isinstance(step, str) else next(iter(step))


def arguments(scenario, name):
    return [step[name] for step in scenario["steps"] if isinstance(step, dict) and name in step]


def makes_sense(scenario):
    """close-hands-over frees what is closed, which is no step of its own here."""
    starts = [start for start in arguments(scenario, "start") if isinstance(start, dict)]
    return (scenario["name"] != DRIVEN_ON and scenario.get("timer", True)
            and (not WITHOUT & set(names(scenario)) or "close" in names(scenario))
            and not UNKNOWN & {command["do"] for command in arguments(scenario, "command")}
            and not any(start.get("options", {}).get("mode") == "observe" for start in starts))


SCENARIOS = [scenario for scenario in load_all() if makes_sense(scenario)]
CASES = [pytest.param(scenario, backend, kind, id=f"{backend}-{kind}-{scenario['name']}",
                      marks=[pytest.mark.rough] if scenario.get("rough") else [])
         for scenario in SCENARIOS for backend in scenario["backends"] for kind in KINDS]


@pytest.fixture
def place(request, scenario, backend, tmp_path):
    where = open_place(scenario, backend, request.getfixturevalue, tmp_path)
    yield where
    where.close()


@pytest.mark.parametrize("scenario, backend, kind", CASES)
def test_scenario(scenario, place, kind, leaderlife):  # noqa: ARG001  the package must be there
    Player(scenario, place, [sys.executable, "-X", "dev", "-W", "error", str(PROGRAM), *KINDS[kind]]).play()


def test_nearly_all_scenarios_are_played():
    everything = load_all()
    left_out = [scenario["name"] for scenario in everything if not makes_sense(scenario)]
    assert len(SCENARIOS) > 90 and len(left_out) < 10, left_out
