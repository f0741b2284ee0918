#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the models of the protocol in Promela (*.pml beside this file) with spin.

    models.py --list [--full]      one line for each check: its name
    models.py NAME                 carries it out; exit status 0 if the model does what is expected of it
    models.py [--full]             all of them

A model as it is has no error. With a clause of the protocol taken out it must have one: a model that cannot fail proves
nothing. The larger forms are for --full."""

import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT_S = 900

# (model, macros, whether it must fail)
CHECKS = [
    ("own_pod", (), False),
    ("own_pod", ("WITHOUT_LOOK",), True),
    ("own_pod", ("LOOK_BEFORE_LOCK",), True),
    ("own_pod", ("LOOK_BEFORE_RECORD",), True),
    ("own_pod", ("WITHOUT_OWN_WATCH",), True),
    ("siblings", (), False),
    ("siblings", ("WITHOUT_WHOSE",), True),
    ("siblings", ("WITHOUT_NETWORK_RULE",), True),
    ("siblings", ("WITHOUT_NETWORK_RULE", "WITHOUT_WHOSE"), True),
    ("orphan", (), False),
    ("orphan", ("WITHOUT_ORPHAN",), True),
    ("orphan", ("TAKE_ORPHAN_BY_RECORD",), True),
    ("orphan", ("NO_DELETE",), False),
    ("orphan", ("NO_DELETE", "WITHOUT_RESTORE"), True),
    ("late", (), False),
    ("late", ("WITHOUT_QUIET",), True),
    ("late", ("PROXY_STORES", "ONLY_SAFETY"), False),  # safety never rests on the bound
    ("late", ("PROXY_STORES",), True),                 # but that nobody waits for nobody does
    ("fresh", (), False),
    ("fresh", ("WITHOUT_FRESH",), True),
]
FULL = [(model, ("LARGE", *macros), False) for model, macros, fails in CHECKS if not fails]


def name_of(check):
    model, macros, _ = check
    return "-".join([model, *(macro.lower() for macro in macros)])


def run(command, directory):
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=LIMIT_S, check=False)


def carry_out(check):
    """What spin found: (whether there is an error, a line that tells)."""
    model, macros, _ = check
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        made = run(["spin", "-a", *(f"-D{macro}" for macro in macros), os.path.join(HERE, f"{model}.pml")], directory)
        if not os.path.exists(os.path.join(directory, "pan.c")) or "error" in made.stdout:
            raise RuntimeError(f"spin does not take {model}: {made.stdout}{made.stderr}")
        compiled = run(["gcc", "-O2", "-w", "-DSAFETY", "-DCOLLAPSE", "-o", "pan", "pan.c"], directory)
        if compiled.returncode != 0:
            raise RuntimeError(f"the verifier of {model} does not compile: {compiled.stderr}")
        found = run(["./pan", "-m1000000"], directory).stdout
        trail = run(["spin", "-t", "-p", *(f"-D{macro}" for macro in macros), os.path.join(HERE, f"{model}.pml")],
                    directory).stdout if "errors: 0" not in found else ""
    errors = re.search(r"errors: (\d+)", found)
    states = re.search(r"(\d+(?:\.\d+)?(?:e\+\d+)?) states, stored", found)
    if errors is None or states is None or "max search depth too small" in found:
        raise RuntimeError(f"the search of {model} did not end: {found}")
    cause = re.search(r"pan:1: (.*)", found)
    return int(errors[1]) > 0, (f"{name_of(check)}: {cause[1] if cause else 'no error'}; {states[1]} states, "
                                f"{time.monotonic() - begin:.1f} s"), trail


def judge(check):
    """Whether the model does what is expected of it; tells."""
    failed, told, trail = carry_out(check)
    print(told)
    if failed and not check[2]:
        print(trail)
    if failed != check[2]:
        print(f"{name_of(check)}: expected {'an error, since a clause is taken out' if check[2] else 'no error'}")
    return failed == check[2]


def main(arguments):
    checks = CHECKS + (FULL if "--full" in arguments else [])
    names = [argument for argument in arguments if not argument.startswith("-")]
    if "--list" in arguments:
        print("\n".join(map(name_of, checks)))
        return True
    return all([judge(check) for check in CHECKS + FULL if not names and check in checks or name_of(check) in names])


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1:]) else 1)
