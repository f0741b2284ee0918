# SPDX-License-Identifier: Apache-2.0
"""What is drawn from a seed: the histories, which are those of one server with moves
from one API server to another between their steps, and the faults that all histories
of a round have in common. Every third round is a long one: one of its faults outlasts
the requests that it hits."""

import random
from typing import NamedTuple

from history import plan
from history.plan import Step

from .cluster import MACHINES

# How often each kind of fault is drawn, relative to the others. faults.py plays them.
FAULTS = {"member killed": 3, "member paused": 3, "member cut off": 3, "member deaf": 2, "member mute": 2,
          "member flapping": 3, "member lossy": 3, "member slow": 2, "machine cut off": 3, "machine deaf": 2,
          "machine mute": 2, "machine flapping": 2, "machine lossy": 3, "machine slow": 3, "API server killed": 2,
          "API server paused": 4, "quorum lost": 2, "collector paused": 3}
AT_ONCE = 10  # histories of one round
# The candidate programs of the histories of a round, in turn.
PROGRAMS = ("c", "python", "c", "lua5.1", "c", "lua5.4", "c", "luajit", "c", "python")
LONG_LASTS = (20_000, 60_000)  # ms; the library waits 15 s for an answer
_STRETCH = 6  # the pauses of a long round's steps, so that they fill it
KINDS = [*(kind for kind in plan.KINDS if kind != "wire"), "move"]


class Fault(NamedTuple):
    """machine: the number of the one that it hits; where it hits two, the other two are well or ill together."""
    after: int  # ms of calm before it
    kind: str
    machine: int
    lasts: int  # ms

    def __str__(self):
        return f"after {self.after} ms: {self.kind}, machine {self.machine}, for {self.lasts} ms"


def is_long(number):
    """Whether the round of that history is a long one. Those that the short form plays are none."""
    return number // AT_ONCE % 3 == 2


def history(seed, number):
    """No wire that is faulty by itself: what the network does hits all."""
    seed = f"{seed} history {number}"
    drawn = plan.history(seed)
    rng = random.Random(seed + " moves")
    steps = []
    for step in drawn.steps:
        if rng.random() < 0.4:
            steps.append(_move(rng))
        if step.kind != "wire":
            steps.append(step._replace(pause=rng.randint(0, 900)))
    steps.append(_move(rng))
    if is_long(number):
        steps = [step._replace(pause=step.pause * _STRETCH) for step in steps]
    return drawn._replace(proxied=False, steps=steps)


def _move(rng):
    of = rng.choices(["leader", "other", "any"], [4, 3, 3])[0]
    return Step("move", rng.randint(0, 500), of, rng.randrange(1000) / 1000,
                {"to": rng.randrange(MACHINES), "now": rng.random() < 0.5})


def faults(seed, number):
    """Those of that history's round."""
    rng = random.Random(f"{seed} faults {number // AT_ONCE}")
    kinds = rng.choices(list(FAULTS), FAULTS.values(), k=rng.randint(2, 4))
    drawn = [Fault(rng.randint(0, 800), kind, rng.randrange(MACHINES), rng.randint(300, 3000)) for kind in kinds]
    if is_long(number):
        which = rng.randrange(len(drawn))
        drawn[which] = drawn[which]._replace(lasts=rng.randint(*LONG_LASTS))
    return drawn
