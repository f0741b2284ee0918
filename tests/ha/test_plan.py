# SPDX-License-Identifier: Apache-2.0
"""A seed says everything, and among many histories every kind of step and fault occurs."""

from scenarios.programs import PROGRAMS

from . import plan
from .cluster import MACHINES
from .faults import FAULTS
from .history import HaHistory
from .test_histories_of_three import SHORT


def drawn(count=300):
    return [plan.history("7", number) for number in range(count)]


def faults(count=300):
    """Of so many rounds."""
    return [plan.faults("7", number * plan.AT_ONCE) for number in range(count)]


def test_the_same_seed_gives_the_same_plan():
    assert drawn(20) == drawn(20)
    assert faults(1) == [plan.faults("7", plan.AT_ONCE - 1)] != [plan.faults("7", plan.AT_ONCE)]


def test_every_step_is_drawn_and_can_be_played():
    assert {step.kind for one in drawn() for step in one.steps} == set(plan.KINDS) == set(HaHistory.actions)
    assert not any(one.proxied for one in drawn())


def test_every_fault_is_drawn_and_can_be_played_on_every_machine():
    each = [fault for planned in faults() for fault in planned]
    assert {fault.kind for fault in each} == set(plan.FAULTS) == set(FAULTS)
    assert {fault.machine for fault in each} == set(range(MACHINES))


def test_every_kind_of_fault_lasts_long_too_but_none_of_the_short_form():
    long = [fault for planned in faults() for fault in planned if fault.lasts >= plan.LONG_LASTS[0]]
    assert {fault.kind for fault in long} == set(plan.FAULTS)
    assert len(long) == len([number for number in range(300) if plan.is_long(number * plan.AT_ONCE)]) == 100
    assert not any(plan.is_long(number) for number in range(SHORT))


def test_every_program_plays_in_each_round():
    assert set(plan.PROGRAMS) == set(PROGRAMS) and plan.AT_ONCE % len(plan.PROGRAMS) == 0
