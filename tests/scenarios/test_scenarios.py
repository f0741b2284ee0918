# SPDX-License-Identifier: Apache-2.0
"""Every scenario, on every backend it is for, with every candidate program."""

import pytest

from . import programs
from .places import KubernetesPlace, LocalPlace
from .player import Player
from .scenario import load_all


def _case(scenario, backend, program):
    marks = [pytest.mark.rough] if scenario.get("rough") else []
    return pytest.param(scenario, backend, program, id=f"{backend}-{program}-{scenario['name']}", marks=marks)


CASES = [_case(scenario, backend, program) for scenario in load_all()
         for backend in scenario["backends"] for program in programs.PROGRAMS]


@pytest.fixture
def place(scenario, backend, request, tmp_path):
    if backend == "local":
        made = LocalPlace(str(tmp_path))
    else:
        cluster = request.getfixturevalue("rough_cluster" if scenario.get("rough") else "quiet_cluster")
        node = request.getfixturevalue("quiet_node") if scenario.get("pods-on") == "node" else None
        made = KubernetesPlace(cluster, scenario, node)
    yield made
    made.close()


@pytest.mark.parametrize("scenario, backend, program", CASES)
def test_scenario(scenario, place, candidate_command):
    Player(scenario, place, candidate_command).play()
