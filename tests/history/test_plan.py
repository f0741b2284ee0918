# SPDX-License-Identifier: Apache-2.0
"""A seed says everything: the plan of a history is the same whenever it is
drawn, and among many histories every kind of step and fault occurs."""

from . import plan
from .actions import ACTIONS, FAULTS
from .outages import CAUSE


def drawn(count=300):
    return [plan.history(f"7 history {number}") for number in range(count)]


def test_the_same_seed_gives_the_same_plan():
    assert drawn(20) == drawn(20)
    assert plan.outages("7 outages 1") == plan.outages("7 outages 1")
    assert plan.history("7 history 1") != plan.history("7 history 2")


def test_every_kind_is_drawn_and_can_be_played():
    steps = [step for one in drawn() for step in one.steps]
    assert {step.kind for step in steps} == set(plan.KINDS) == set(ACTIONS)
    assert {step.more["fault"] for step in steps if step.kind == "wire"} == set(FAULTS)


def test_every_outage_is_drawn_and_can_be_played():
    outages = [outage.kind for number in range(100) for outage in plan.outages(f"7 outages {number}")]
    assert set(outages) == set(plan.OUTAGES) == {*CAUSE, "collector paused"}


def test_the_wire_is_faulty_only_where_there_is_a_proxy():
    assert all(one.proxied for one in drawn() if any(step.kind == "wire" for step in one.steps))
