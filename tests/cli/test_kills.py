# SPDX-License-Identifier: Apache-2.0
"""200 kills of wrapper, program or both on this machine's lock: never two
programs at once, never a free lock while one runs, and without --exec no program
outlives its wrapper; what a program's children hold stays held."""

import random

import pytest
from controlplane.process import wait_for

from .command import is_alive
from .contenders import PROGRAMS, Contenders, LockProbe

MODES = {"beside": [], "closed": ["--close"], "in place": ["--exec"]}
DEATHS = {("beside", "sleep"): 40, ("beside", "shell"): 40, ("beside", "python"): 30, ("closed", "sleep"): 20,
          ("closed", "python"): 20, ("in place", "sleep"): 20, ("in place", "shell"): 10, ("in place", "python"): 20}


def test_there_are_200():
    assert sum(DEATHS.values()) == 200 and {program for _, program in DEATHS} == set(PROGRAMS)


@pytest.mark.parametrize(("mode", "program"), DEATHS, ids=lambda value: value)
def test_deaths(command, lock, tmp_path, mode, program):
    random.seed(f"{mode} {program}")
    contenders = Contenders(command, lock, tmp_path, MODES[mode], program)
    targets = ["program"] if mode == "in place" else ["wrapper", "program", "both"]
    with LockProbe(contenders) as probe:
        for _ in range(DEATHS[mode, program]):
            contenders.fill()
            contenders.kill_one(random.choice(targets))
        contenders.fill()
        contenders.leave_one()
        looks = probe.looks
        contenders.kill_one(targets[0])
        wait_for("the probe's look", lambda: probe.looks > looks)  # nobody else is there to be faster
    assert contenders.seen_faults() == [] and probe.faults == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_program_outlives_its_wrapper(command, lock, tmp_path, program):
    contenders = Contenders(command, lock, tmp_path, [], program)
    for _ in range(10):
        contenders.fill(1)
        pid, wrapper, _ = contenders.present()
        assert pid != wrapper
        contenders.kill_one("wrapper")
        assert not is_alive(pid)


def test_two_programs_at_once_are_seen(command, lock, tmp_path):
    """The test's own eyes: with two locks there are two programs."""
    one, other = (Contenders(command, name, tmp_path, [], "sleep") for name in (lock, lock + "-other"))
    one.fill(1)
    one.present()
    other.fill(1)
    wait_for("the fault", other.seen_faults)


def test_the_probe_sees_a_free_lock(command, lock, tmp_path):
    """The test's own eyes: a program that gives its descriptors away does not keep the lock."""
    contenders = Contenders(command, lock, tmp_path, ["--exec"], "python")
    at = contenders.words.index("-c") + 1
    contenders.words[at] = contenders.words[at].replace("time.sleep", "os.closerange(3, 1024); time.sleep")
    contenders.fill(1)
    with LockProbe(contenders) as probe:
        contenders.present()
        wait_for("the fault", lambda: probe.faults)
