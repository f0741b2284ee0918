# SPDX-License-Identifier: Apache-2.0
"""Every scenario, on every backend it is for, with every candidate program."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from . import programs
from .places import open_place
from .player import Player
from .scenario import load_all

AT_ONCE = 3


def _case(scenario, backend, program):
    marks = [pytest.mark.rough] if scenario.get("rough") else []
    return pytest.param(scenario, backend, program, id=f"{backend}-{program}-{scenario['name']}", marks=marks)


CASES = [_case(scenario, backend, program) for scenario in load_all()
         for backend in scenario["backends"] for program in programs.PROGRAMS]


def _play(scenario, backend, program, fixture, directory):
    command = programs.required(program, "scenarios")
    place = open_place(scenario, backend, fixture, directory)
    try:
        Player(scenario, place, command).play()
    finally:
        place.close()


@pytest.fixture(scope="session")
def side_by_side(request, tmp_path_factory):
    """Scenarios that stop nothing wait more than they compute: side_by_side(backend) begins all that are selected,
    AT_ONCE at a time, and returns {(name, program): the Future of it}. A thread plays one from its first process to its
    last, for they end with their thread."""
    begun = {}
    selected = [item.callspec.params for item in request.session.items if getattr(item, "function", 0) is test_scenario]

    def begin(backend):
        if backend not in begun:
            chosen = [one for one in selected if one["backend"] == backend and not one["scenario"].get("rough")]
            needed = {"quiet_node"} if any(one["scenario"].get("pods-on") == "node" for one in chosen) else set()
            needed |= {"quiet_cluster"} if backend == "kubernetes" else set()
            fixtures = {name: request.getfixturevalue(name) for name in needed}
            begun[backend] = {(one["scenario"]["name"], one["program"]): threads.submit(
                _play, **one, fixture=fixtures.get, directory=tmp_path_factory.mktemp("scenario")) for one in chosen}
        return begun[backend]

    threads = ThreadPoolExecutor(AT_ONCE)
    yield begin
    threads.shutdown(cancel_futures=True)


@pytest.mark.parametrize("scenario, backend, program", CASES)
def test_scenario(request, scenario, backend, program, tmp_path):
    if scenario.get("rough"):
        _play(scenario, backend, program, request.getfixturevalue, tmp_path)
    else:
        request.getfixturevalue("side_by_side")(backend)[scenario["name"], program].result()
