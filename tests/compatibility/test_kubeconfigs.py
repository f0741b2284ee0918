# SPDX-License-Identifier: Apache-2.0
"""Kubeconfigs mean to the library what they mean to client-go, or are refused
on intended. LEADERLIFE_SEED replays the changed ones."""

import os
import random

import pytest

from . import document
from .comparison import case_of, describe
from .intended_differences import ACCEPTED, REFUSED
from .mutations import Mutator
from .seeds import seeds

CASES = 100_000 if os.environ.get("LEADERLIFE_FULL") else 2_000
BATCH = 2_000


@pytest.fixture(scope="module")
def known(folder, ask):
    """What both make of the seeds."""
    return ask([case_of(seed, random.Random(seed.name)) for seed in seeds(folder)])


def _fail(verdicts):
    different = [verdict for verdict in verdicts if verdict.intended is None]
    if different:
        pytest.fail(f"{len(different)} of {len(verdicts)} differ:\n\n" + "\n".join(map(describe, different[:10])),
                    pytrace=False)


def test_by_hand(known):
    _fail(known)


def test_what_is_shown(known):
    """A seed that shows a field is taken; one that shows a intended meets it."""
    for verdict in known:
        for name in verdict.case.shows:
            if name[:1] in ("!", "+"):
                assert verdict.intended == name[1:], describe(verdict)
            elif name:
                assert verdict.accepted, describe(verdict)


def test_every_purpose_is_met(known):
    assert {one.id for one in (*REFUSED, *ACCEPTED)} <= {verdict.intended for verdict in known}


def test_refusals_have_texts(known):
    for verdict in known:
        if "refused" in verdict.ours:
            assert len(verdict.ours["refused"]) > 30, describe(verdict)


def test_rows_name_tests():
    for what, path, name in document.AUTHENTICATION:
        assert document.is_there(path, name), f"{what}: no {name} in {path}"


def test_changed(folder, ask):
    seed = os.environ.get("LEADERLIFE_SEED") or str(random.SystemRandom().randrange(10**9))
    print(f"LEADERLIFE_SEED={seed}")
    chance = random.Random(seed)
    of_hand = seeds(folder)
    mutator = Mutator(chance, of_hand)
    taken = 0
    for begin in range(0, CASES, BATCH):
        cases = [case_of(chance.choice(of_hand), chance, mutator) for _ in range(min(BATCH, CASES - begin))]
        verdicts = ask(cases)
        _fail(verdicts)
        taken += sum(verdict.accepted for verdict in verdicts)
    assert taken > CASES / 10, f"only {taken} of {CASES} were taken by both: the changes are too rough"


def test_the_document(known):
    made = document.write(known)
    if os.environ.get("LEADERLIFE_WRITE"):
        with open(document.PATH, "w", encoding="utf-8") as file:
            file.write(made)
    with open(document.PATH, encoding="utf-8") as file:
        assert file.read() == made, "docs/compatibility.md is not what was found: LEADERLIFE_WRITE=1 writes it anew"
