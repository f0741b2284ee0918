# SPDX-License-Identifier: Apache-2.0
"""Random histories, ten at a time on one control plane of three machines, which fail
in every way; judged as on one server, and by a linearizability checker.

    LEADERLIFE_SEED=N        replays the run of that seed: the same steps, pauses and faults
    LEADERLIFE_HISTORIES=N   so many histories; else 20, and 2000 with LEADERLIFE_FULL=1. From the third round on,
                             which the short form does not reach, every third has a fault of 20 to 60 s
    LEADERLIFE_HISTORY=N     the history of that number alone, or N-M, with the faults of its round,
                             LEADERLIFE_HISTORIES times (else once)

What a failing history did, all that its candidates said, and the command that
replays it alone are in the failure. How it ends may depend on the machine."""

from history.test_histories import rounds

from . import plan
from .history import HaRound

SHORT = 20  # histories


def pytest_generate_tests(metafunc):
    if "numbers" in metafunc.fixturenames:
        each = rounds(plan.AT_ONCE, SHORT)
        metafunc.parametrize("numbers", each, ids=[f"{numbers[0]}-{numbers[-1]}" for numbers in each])


def test_histories(shared, faults, figures, numbers, tmp_path):
    """P1 to P16, as far as they show from outside; and no write of a leader of the past."""
    planned = plan.faults(figures.seed, numbers[0])
    one_round = HaRound(shared, figures.seed, numbers)
    reports = one_round.play(lambda: faults.play(planned, one_round.note))
    reports += one_round.judge_operations(tmp_path)
    for history in one_round.good:
        figures.add(history)
    assert not reports, "\n\n".join(reports)
