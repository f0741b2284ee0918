#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the Promela models of this folder with spin and a C compiler, and tells what each run found.

A whole model must have no error. A model in which a macro drops a clause of the protocol must have one, and the one
that the clause is there for: a check that finds nothing then would prove nothing of the whole model either. Writes
nothing but in a temporary folder.

Usage: check_models.py [--full] [--trail] [--list | NAME...]

  --full   also the larger forms, which take minutes
  --trail  shows how an error comes about
  --list   only the names of the runs"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
DEPTH = 1000000
MEMORY_MB = 6000
TIME_LIMIT = 1200

GOOD = "no error"
TWO = "two leaders"
SILENCE = "nobody leads"
LATE_BELIEF = "belief without a pod"
HAND_OVER = "a needless hand-over"

# What spin calls the assertion that fails.
ASSERTIONS = {
    TWO: r"leaders==0|leaders<=4|leaders==\(1<<me\)",
    SILENCE: r"leaders!=0",
    LATE_BELIEF: r"too_late",
    HAND_OVER: r"in_time",
}

# (model, macros, expected)
RUNS = [
    ("own_pod", "", GOOD),
    ("own_pod", "WITHOUT_LOOK", LATE_BELIEF),
    ("own_pod", "WITHOUT_LOOK ONLY_TWO", TWO),
    ("own_pod", "LOOK_BEFORE_LOCK", LATE_BELIEF),
    ("own_pod", "LOOK_BEFORE_LOCK ONLY_TWO", TWO),
    ("own_pod", "LOOK_BEFORE_RECORD", LATE_BELIEF),
    ("own_pod", "LOOK_BEFORE_RECORD ONLY_TWO", TWO),
    ("own_pod", "WITHOUT_OWN_WATCH", HAND_OVER),
    ("siblings", "", GOOD),
    ("siblings", "WITHOUT_NETWORK_RULE", TWO),
    ("siblings", "WITHOUT_NETWORK_RULE NOBODY_RESIGNS", GOOD),
    ("siblings", "WITHOUT_NETWORK_RULE NOBODY_RESIGNS WITHOUT_WHOSE", TWO),
    ("siblings", "LEAVE_EVERY_OTHER_NONCE", SILENCE),
    ("siblings", "ADDRESS_UNKNOWN", TWO),
    ("orphan", "", GOOD),
    ("orphan", "WITHOUT_ORPHAN", SILENCE),
    ("orphan", "TAKE_ORPHAN_BY_RECORD", TWO),
    ("orphan", "NO_DELETE_RIGHT", GOOD),
    ("orphan", "NO_DELETE_RIGHT WITHOUT_RESTORE", SILENCE),
    ("orphan", "NO_DELETE_RIGHT ORPHANS", SILENCE),
    ("late", "", GOOD),
    ("late", "WITHOUT_QUIET", SILENCE),
    ("late", "PROXY_STORES", SILENCE),
    ("late", "PROXY_STORES ONLY_TWO", GOOD),
    ("late", "CANNOT_REWRITE", GOOD),
    ("late", "CANNOT_REWRITE UNGUARDED", TWO),
    ("fresh", "", GOOD),
    ("fresh", "WITHOUT_FRESH", TWO),
    ("fresh", "HASTY_HAND", TWO),
]
# The script in tests/machine that plays what goes wrong without the clause, so that the code is held to the same.
SCRIPTS = {
    "WITHOUT_LOOK": "test_a_ghost_does_not_lead",
    "LOOK_BEFORE_LOCK": "test_an_older_look_does_not_count",
    "LOOK_BEFORE_RECORD": "test_an_older_look_does_not_count",
    "WITHOUT_OWN_WATCH": "test_a_terminating_standby_claims_no_more",
    "WITHOUT_NETWORK_RULE": "test_who_is_elsewhere_does_not_campaign",
    "WITHOUT_WHOSE": "test_a_lost_life_leaves_the_strangers_claim_alone",
    "LEAVE_EVERY_OTHER_NONCE": "test_an_earlier_lifes_late_lock_is_deleted",
    "WITHOUT_ORPHAN": "test_an_orphaned_lock_is_followed",
    "TAKE_ORPHAN_BY_RECORD": "test_an_orphaned_lock_is_not_taken_from_the_living",
    "WITHOUT_RESTORE": "test_its_leader_restores_the_owner",
    "WITHOUT_QUIET": "test_resign_waits_for_late_writes",
    "WITHOUT_FRESH": "test_an_unguarded_write_rests_on_a_fresh_refusal",
}
LARGE_RUNS = [
    ("own_pod", "LARGE", GOOD),
    ("siblings", "LARGE", GOOD),
    ("siblings", "LARGE WITHOUT_NETWORK_RULE NOBODY_RESIGNS", TWO),
    ("orphan", "LARGE", GOOD),
    ("late", "LARGE", GOOD),
    ("late", "LARGE PROXY_STORES ONLY_TWO", GOOD),
]


class Failed(Exception):
    pass


class Finding(NamedTuple):
    found: str
    states: int
    depth: int
    seconds: float
    trail: str


def name_of(run):
    model, macros, _ = run
    return "-".join([model, *macros.lower().replace("_", "-").split()])


def call(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=TIME_LIMIT)
    return done.returncode, done.stdout + done.stderr


def must(command, folder):
    status, output = call(command, folder)
    if status != 0:
        raise Failed(f"{command[0]} failed:\n{output}")


def number(pattern, text):
    match = re.search(pattern, text)
    return float(match.group(1)) if match else 0


def judge(output):
    """What the verifier found. A search that was not carried through proves nothing."""
    violated = re.search(r"pan:\d+: (.*?) \(at depth", output)
    if violated:
        for name, pattern in ASSERTIONS.items():
            if re.search(rf"assertion violated.*({pattern})", violated.group(1)):
                return name
        return violated.group(1)
    if "errors: 0" not in output:
        raise Failed(f"no result:\n{output[-2000:]}")
    for word in ("too small", "Search not completed", "memory limit"):
        if word in output:
            raise Failed(f"the search is not complete:\n{output[-2000:]}")
    return GOOD


def check(run, with_trail=False):
    """Compiles and searches one model in a folder of its own."""
    model, macros, _ = run
    options = [f"-D{macro}" for macro in macros.split()]
    file = f"{model}.pml"
    with tempfile.TemporaryDirectory(prefix="leaderlife-model-") as folder:
        shutil.copy(HERE / file, folder)
        must(["spin", *options, "-a", file], folder)
        compiler = os.environ.get("CC", "gcc").split()
        must([*compiler, "-w", "-O2", "-DSAFETY", f"-DMEMLIM={MEMORY_MB}", "-o", "pan", "pan.c"], folder)
        begin = time.monotonic()
        _, output = call(["./pan", f"-m{DEPTH}"], folder)
        seconds = time.monotonic() - begin
        found = judge(output)
        trail = ""
        if with_trail and found != GOOD:
            _, trail = call(["spin", *options, "-t", "-p", "-g", file], folder)
    states = int(number(r"([\d.e+]+) states, stored", output))
    return Finding(found, states, int(number(r"depth reached (\d+)", output)), seconds, trail)


def must_have_scripts(run):
    scripts = "".join(file.read_text(encoding="utf-8") for file in (HERE.parent / "machine").glob("test_*.c"))
    for macro in run[1].split():
        if macro in SCRIPTS and f"cmocka_unit_test({SCRIPTS[macro]})" not in scripts:
            raise Failed(f"there is no script {SCRIPTS[macro]} in tests/machine for {macro}")


def run_case(run, with_trail=False):
    """One line; whether it is as expected."""
    name, expected = name_of(run), run[2]
    try:
        must_have_scripts(run)
        finding = check(run, with_trail)
    except (Failed, subprocess.TimeoutExpired) as error:
        print(f"SURPRISE {name}: {error}", flush=True)
        return False
    good = finding.found == expected
    result = finding.found if good else f"{finding.found}, expected: {expected}"
    print(f"{'ok      ' if good else 'SURPRISE'} {name:<62} {finding.states:>9} states, depth {finding.depth:>4}, "
          f"{finding.seconds:6.1f} s: {result}", flush=True)
    if finding.trail:
        print(finding.trail)
    return good


def main():
    words = sys.argv[1:]
    names = [word for word in words if not word.startswith("--")]
    options = {word for word in words if word.startswith("--")}
    every = RUNS + LARGE_RUNS
    known = {name_of(run) for run in every}
    if options - {"--full", "--trail", "--list"} or not known.issuperset(names):
        sys.exit(__doc__)
    runs = every if "--full" in options else RUNS
    if names:
        runs = [run for run in every if name_of(run) in names]
    if "--list" in options:
        print("\n".join(name_of(run) for run in runs))
        return
    if not shutil.which("spin"):
        sys.exit("NO MODEL WAS CHECKED: there is no spin here (package spin)")
    surprises = sum(not run_case(run, "--trail" in options) for run in runs)
    if surprises:
        sys.exit(f"{surprises} of {len(runs)} not as expected")


if __name__ == "__main__":
    main()
