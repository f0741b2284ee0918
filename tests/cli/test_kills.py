# SPDX-License-Identifier: Apache-2.0
"""200 deaths of wrapper, program or both on this machine's lock: never two
programs at once, never a free lock while one runs, and with --watch no program
outlives its wrapper; what a program's children hold stays held."""

import random

import pytest
from controlplane.process import wait_for

from .arena import PROGRAMS, Arena, Sentinel
from .command import is_alive

DEATHS = {("watch", "sleep"): 40, ("watch", "shell"): 40, ("watch", "python"): 40, ("in place", "sleep"): 30,
          ("in place", "shell"): 20, ("in place", "python"): 30}


def test_there_are_200():
    assert sum(DEATHS.values()) == 200 and {program for _, program in DEATHS} == set(PROGRAMS)


@pytest.mark.parametrize(("mode", "program"), DEATHS, ids=lambda value: value)
def test_deaths(command, lock, tmp_path, mode, program):
    random.seed(f"{mode} {program}")
    arena = Arena(command, lock, tmp_path, ["--watch"] if mode == "watch" else [], program)
    targets = ["wrapper", "program", "both"] if mode == "watch" else ["program"]
    with Sentinel(arena) as sentinel:
        for _ in range(DEATHS[mode, program]):
            arena.fill()
            arena.kill_one(random.choice(targets))
        arena.fill()
        arena.leave_one()
        looks = sentinel.looks
        arena.kill_one(targets[0])
        wait_for("the sentinel's look", lambda: sentinel.looks > looks)  # nobody else is there to be faster
    assert arena.seen_faults() == [] and sentinel.faults == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_program_outlives_its_wrapper(command, lock, tmp_path, program):
    arena = Arena(command, lock, tmp_path, ["--watch"], program)
    for _ in range(10):
        arena.fill(1)
        pid, wrapper, _ = arena.present()
        assert pid != wrapper
        arena.kill_one("wrapper")
        assert not is_alive(pid)


def test_the_arena_sees_two_programs(command, lock, tmp_path):
    """The test's own eyes: with two locks there are two programs."""
    one, other = (Arena(command, name, tmp_path, [], "sleep") for name in (lock, lock + "-other"))
    one.fill(1)
    one.present()
    other.fill(1)
    wait_for("the fault", other.seen_faults)


def test_the_sentinel_sees_a_free_lock(command, lock, tmp_path):
    """The test's own eyes: a program that gives its descriptors away does not keep the lock."""
    arena = Arena(command, lock, tmp_path, [], "python")
    at = arena.words.index("-c") + 1
    arena.words[at] = arena.words[at].replace("time.sleep", "os.closerange(3, 1024); time.sleep")
    arena.fill(1)
    with Sentinel(arena) as sentinel:
        arena.present()
        wait_for("the fault", lambda: sentinel.faults)
