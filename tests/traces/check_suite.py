#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Traces of one kind of simulated histories, checked by rules.py; with a rule broken, the one that must be noticed.

Usage: check_suite.py CASE | --list"""

import subprocess
import sys
from pathlib import Path

from check_trace import Reader

ROOT = Path(__file__).resolve().parents[2]
SIMULATE = ROOT / "build" / "tests" / "tests" / "simulate"
RUNS, BROKEN_RUNS = 100, 40

# Not the other kinds: the rules here lack P16 (lost nodes) and what older versions omit.
WHOLE = ["memory", "record", "rehearsals-memory", "rehearsals-record", "orphans-memory", "orphans-record",
         "ghosts-memory", "ghosts-record", "closed-memory", "closed-record", "namespaces-memory", "namespaces-record",
         "mixed-record", "changing-rights", "seen-removal"]

# The rule that the harness breaks, the kind in which it does, and which rule of the document is seen broken.
BROKEN = {
    "verdicts-memory": ("memory", "P7"),
    "verdicts-record": ("record", "P3"),
    "cas-memory": ("memory", "P0"),
    "create-memory": ("memory", "P0"),
    "network-memory": ("namespaces-memory", "P2"),
    "network-record": ("namespaces-record", "P2"),
    "look-memory": ("ghosts-memory", "P1"),
    "look-record": ("ghosts-record", "P1"),
    "orphan-dead-memory": ("orphans-memory", "P7"),
    "orphan-dead-record": ("orphans-record", "P3"),
    "quiet-memory": ("closed-memory", "P10"),
    "quiet-record": ("closed-record", "P10"),
    "last-memory": ("memory", "P8"),
    "dead-record-record": ("record", "P3"),
}


def read(kind, runs, broken="none"):
    command = [SIMULATE, "--kind", kind, "--runs", str(runs), "--broken", broken, "--facts"]
    reader = Reader()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        for line in process.stdout:
            reader.read(line)
    if process.returncode not in (0, 1) or reader.counts["histories"] != runs:
        sys.exit(f"simulate ended with {process.returncode} after {reader.counts['histories']} of {runs} histories")
    return reader


def main(arguments):
    if arguments == ["--list"]:
        print("\n".join(WHOLE + [f"without-{name}" for name in BROKEN]))
        return 0
    name = arguments[-1]
    if name in WHOLE:
        reader = read(name, RUNS)
        reader.tell()
        return 1 if reader.broken or not reader.counts["believes"] else 0
    name = name.removeprefix("without-")
    kind, rule = BROKEN[name]
    reader = read(kind, BROKEN_RUNS, name.rpartition("-")[0])
    reader.tell(0)
    noticed = any(text.startswith(f"{rule}:") for _, _, _, text in reader.broken)
    print(f"{rule} {'is' if noticed else 'is not'} seen broken")
    return 0 if noticed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
