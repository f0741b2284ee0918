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

# (model, macros, the script in tests/machine that plays what goes wrong without the clause; None: nothing goes wrong)
CHECKS = [
    ("own_pod", (), None),
    ("own_pod", ("WITHOUT_LOOK",), "test_a_ghost_does_not_lead"),
    ("own_pod", ("LOOK_BEFORE_LOCK",), "test_an_older_look_does_not_count"),
    ("own_pod", ("LOOK_BEFORE_RECORD",), "test_an_older_look_does_not_count"),
    ("own_pod", ("WITHOUT_OWN_WATCH",), "test_a_terminating_standby_claims_no_more"),
    ("siblings", (), None),
    ("siblings", ("WITHOUT_WHOSE",), "test_a_lost_life_leaves_the_strangers_claim_alone"),
    ("siblings", ("WITHOUT_NETWORK_RULE",), "test_who_is_elsewhere_does_not_campaign"),
    ("siblings", ("WITHOUT_NETWORK_RULE", "WITHOUT_WHOSE"), "test_who_is_elsewhere_does_not_campaign"),
    ("orphan", (), None),
    ("orphan", ("WITHOUT_ORPHAN",), "test_an_orphaned_lock_is_followed"),
    ("orphan", ("TAKE_ORPHAN_BY_RECORD",), "test_an_orphaned_lock_is_not_taken_from_the_living"),
    ("orphan", ("NO_DELETE",), None),
    ("orphan", ("NO_DELETE", "WITHOUT_RESTORE"), "test_its_leader_restores_the_owner"),
    ("late", (), None),
    ("late", ("WITHOUT_QUIET",), "test_resign_waits_for_late_writes"),
    ("late", ("PROXY_STORES", "ONLY_SAFETY"), None),  # safety never rests on the bound
    ("late", ("PROXY_STORES",), "test_late_commit_after_resign"),  # but that nobody waits for nobody does
    ("fresh", (), None),
    ("fresh", ("WITHOUT_FRESH",), "test_an_unguarded_write_rests_on_a_fresh_refusal"),
]
FULL = [(model, ("LARGE", *macros), None) for model, macros, script in CHECKS if script is None]


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


def has_script(name):
    """It is a test of the machine, and is run."""
    scripts = os.path.join(HERE, os.pardir, "machine")
    return any(f"cmocka_unit_test({name})" in open(os.path.join(scripts, file), encoding="utf-8").read()
               for file in os.listdir(scripts) if file.endswith(".c"))


def judge(check):
    """Whether the model does what is expected of it, and the code is tested against the same; tells."""
    failed, told, trail = carry_out(check)
    print(told)
    must_fail = check[2] is not None
    if failed and not must_fail:
        print(trail)
    if failed != must_fail:
        print(f"{name_of(check)}: expected {'an error, since a clause is taken out' if must_fail else 'no error'}")
    if must_fail and not has_script(check[2]):
        print(f"{name_of(check)}: there is no script {check[2]} in tests/machine")
        return False
    return failed == must_fail


def main(arguments):
    checks = CHECKS + (FULL if "--full" in arguments else [])
    names = [argument for argument in arguments if not argument.startswith("-")]
    if "--list" in arguments:
        print("\n".join(map(name_of, checks)))
        return True
    return all([judge(check) for check in CHECKS + FULL if not names and check in checks or name_of(check) in names])


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1:]) else 1)
