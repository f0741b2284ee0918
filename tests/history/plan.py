# SPDX-License-Identifier: Apache-2.0
"""What is drawn from a seed: who takes part in a history, its steps, and the
outages of a round of histories. Drawn as a whole before anything is played, so
that the same seed gives the same plan whatever the machine does."""

import random
from typing import NamedTuple

# How often each kind of step is drawn, relative to the others. actions.py plays them.
KINDS = {"start": 8, "kill": 13, "all killed": 5, "freeze": 10, "resign": 12, "pod gone": 12, "pod deleted": 12,
         "pod terminal": 6, "pod forced": 6, "lock removed": 10, "owner taken": 7, "record removed": 9, "wire": 16}
OUTAGES = {"API server killed": 3, "API server restarted": 2, "API server stalled": 2, "etcd killed": 2,
           "collector paused": 6}


class Step(NamedTuple):
    """`of` and `pick` choose whom it hits when it is played: the leader, one of
    the others, or any, as far as there is one; 0 <= pick < 1."""
    kind: str
    pause: int  # ms before it
    of: str
    pick: float
    more: dict

    def __str__(self):
        more = "".join(f", {name} {value}" for name, value in self.more.items())
        return f"after {self.pause} ms: {self.kind} (of {self.of} {self.pick:.2f}{more})"


class Member(NamedTuple):
    """One pod to begin with."""
    name: str
    on_node: bool
    processes: int  # 1 or 2; each plays a container


class Plan(NamedTuple):
    members: list
    proxied: bool  # the candidates reach the API server through the fault proxy
    steps: list


class Outage(NamedTuple):
    """Something that happens to the whole control plane."""
    at: int  # ms after the beginning of the round's steps
    kind: str
    lasts: int  # ms


def history(seed):
    rng = random.Random(seed)
    members = [_member(rng, name) for name in "abcde"[:rng.randint(3, 5)]]
    proxied = rng.random() < 0.6
    kinds = {kind: weight for kind, weight in KINDS.items() if proxied or kind != "wire"}
    steps = [_step(rng, kind) for kind in rng.choices(list(kinds), kinds.values(), k=rng.randint(6, 12))]
    return Plan(members, proxied, steps)


def outages(seed):
    """Every third round is calm."""
    rng = random.Random(seed)
    if rng.random() < 0.33:
        return []
    kinds = rng.choices(list(OUTAGES), OUTAGES.values(), k=rng.randint(1, 2))
    return sorted(Outage(rng.randint(0, 3000), kind, rng.randint(0, 2500)) for kind in kinds)


def _member(rng, name):
    return Member(name, rng.random() < 0.4, 2 if rng.random() < 0.2 else 1)


def _step(rng, kind):
    of = rng.choices(["leader", "other", "any"], [6, 2, 2])[0]
    return Step(kind, rng.randint(0, 300), of, rng.randrange(1000) / 1000, _MORE[kind](rng))


# What else a step of each kind needs. `…_after` counts steps, until something follows; None: nothing does.

def _start(rng):
    return {"on_node": rng.random() < 0.4, "processes": 2 if rng.random() < 0.2 else 1}


def _kill(rng):
    return {"back_after": rng.choice([0, 0, 1, 2])}


def _freeze(rng):
    return {"thaw_after": rng.randint(1, 3)}


def _resign(rng):
    return {"do": rng.choice(["resign", "resign", "close"]), "again_after": rng.choice([0, 1, 2, 3, None, None])}


def _pod_gone(rng):
    return {"successor": rng.choice(["same name", "other name", "none"])}


def _pod_deleted(rng):
    return {"policy": rng.choice(["Background", "Foreground", "Orphan"]), "resigns": rng.random() < 0.3,
            "ends_after": rng.randint(0, 2), "successor": rng.choice(["other name", "none"])}


def _pod_terminal(rng):
    how = rng.choices(["Failed", "Succeeded", "Evicted"], [12, 10, 1])[0]  # Evicted takes its 11 s (P4 d)
    return {"how": how, "successor": rng.choice(["other name", "none"])}


def _pod_forced(rng):
    return {"dies_after": rng.randint(0, 3), "successor": rng.choice(["other name", "none"])}


def _removed(_rng):
    return {}


def _wire(rng):
    fault = rng.choice(["refuse", "drop answer", "late write", "error", "cut"])
    more = {"fault": fault, "count": rng.randint(1, 3)}
    if fault in ("refuse", "drop answer", "late write"):
        more["method"] = rng.choice(["POST", "PUT", "DELETE", "POST|PUT|DELETE"])
    if fault in ("refuse", "drop answer"):
        more["connection"] = rng.random() < 0.5
    if fault == "late write":
        more["ms"] = rng.randint(300, 9000)  # less than the 15 s that resigning waits for it (P10)
    if fault == "error":
        more["code"] = rng.choice([429, 500, 503])
    return more


_MORE = {"start": _start, "kill": _kill, "all killed": _kill, "freeze": _freeze, "resign": _resign,
         "pod gone": _pod_gone, "pod deleted": _pod_deleted, "pod terminal": _pod_terminal, "pod forced": _pod_forced,
         "lock removed": _removed, "owner taken": _removed, "record removed": _removed, "wire": _wire}
