#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Random runs of a model of tests/model, each of their processes played on the machine by replay.c (which says what is
compared and what is left out); and machines with a broken rule, which must be noticed.

Usage: replay_model.py CASE | --list"""

import collections
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from replay_fresh import Fresh
from replay_late import Late
from replay_orphan import Orphan
from replay_own_pod import OwnPod
from replay_run import read_run, read_steps
from replay_siblings import Siblings

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build" / "tests"
STEPS = 2000
MODELS = {kind.MODEL.replace("_", "-"): kind for kind in (OwnPod, Siblings, Orphan, Late, Fresh)}


def cases():
    """Each by its name: a model, and the rule that is broken."""
    for name, kind in MODELS.items():
        yield f"replay-{name}", (kind, None)
        for rule in kind.BROKEN:
            yield f"replay-{name}-without-{rule}", (kind, rule)


def build(folder, kind, broken):
    """The program; with a rule broken, that file's object goes before the library's."""
    if not broken:
        return BUILD / "tests" / "replay"
    name, old, new = kind.BROKEN[broken]
    text = (ROOT / "c" / "src" / "machine" / name).read_text(encoding="utf-8")
    if text.count(old) != 1:
        sys.exit(f"{name} has no longer, or not once: {old}")
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    compiler = os.environ.get("CC", "gcc").split()
    subprocess.run([*compiler, "-std=c11", "-D_GNU_SOURCE", "-w", f"-I{ROOT / 'c' / 'src'}",
                    f"-I{ROOT / 'c' / 'include'}", "-o", folder / "replay", folder / name,
                    *sorted(HERE.glob("replay*.c")), BUILD / "libleaderlife_static.a"], check=True)
    return folder / "replay"


def play(kind, program, folder, seed):
    """How the replays of a run ended, one line for each process."""
    model = ROOT / "tests" / "model" / f"{kind.MODEL}.pml"
    macros = [f"-D{macro}" for macro in kind.MACROS[seed % len(kind.MACROS)]]
    spin = subprocess.run(["spin", *macros, f"-n{seed}", f"-u{STEPS}", "-p", "-g", model], cwd=folder,
                          text=True, capture_output=True, check=False)
    steps = read_steps(kind, spin.stdout)
    for me in kind.PLAYERS:
        lines = "\n".join(read_run(kind, steps, me)) + "\n"
        done = subprocess.run([program, str(me), kind.PODS], input=lines, text=True, capture_output=True, check=False)
        if done.returncode != 0 and not done.stdout.startswith("FAIL"):
            sys.exit(f"replay ended with {done.returncode}, seed {seed}, process {me}")
        yield done.stdout.strip()


def main(arguments):
    known = dict(cases())
    if arguments == ["--list"]:
        print("\n".join(known))
        return 0
    kind, broken = known[arguments[-1]]
    longer = 10 if os.environ.get("LEADERLIFE_FULL") else 1
    ends, sums = collections.Counter(), collections.Counter()
    with tempfile.TemporaryDirectory(prefix="leaderlife-replay-") as name:
        folder = Path(name)
        program = build(folder, kind, broken)
        for seed in range(1, (kind.BROKEN_RUNS if broken else kind.RUNS * longer) + 1):
            for text in play(kind, program, folder, seed):
                if text.startswith("FAIL"):
                    print(f"seed {seed}: {text}")
                    return 0 if broken else 1
                _, end, counts = text.split(maxsplit=2)
                ends[end] += 1
                sums.update({what: int(many) for what, many in re.findall(r"([a-z][a-z ]*) (\d+)", counts)})
    counts = ", ".join(f"{many} {what}" for what, many in (sums | ends).items())
    print(f"no difference: {counts}")
    # Too few would prove nothing.
    parted = sum(count for why, count in ends.items() if why not in ("whole", "ended", "closed"))
    enough = parted <= kind.PARTED * longer and all(sums[what] >= least for what, least in kind.ENOUGH.items())
    return 0 if enough and not broken else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
