# SPDX-License-Identifier: Apache-2.0
"""Adds up what the suites have left in build/results, and says whether that is good.

Usage: summary.py RESULTS SUITE...

A suite's folder has the file "ran" (exit status, begin, end; what the shell's times prints) and JUnit XML, in itself
or, if it runs the same tests more than once, in a folder for each run. "ctest.xml" tells how programs ended whose tests
wrote XML of their own: program unit.text writes unit_text.xml. A program or suite that fails without a failed test, or
that leaves no test at all, counts as one failure: silence is never success. The lines of the file "warnings", if there
is one, are shown, and change nothing."""

import os
import re
import sys
import xml.etree.ElementTree as tree
from pathlib import Path

SHOWN_LINES = 25
SHOWN_WIDTH = 500


class Tally:
    def __init__(self, name):
        self.name = name
        self.passed = 0
        self.failures = []  # (test, text)
        self.skips = []
        self.seconds = self.busy = 0.0  # how long it took, and of that how long of a processor
        self.prefix = ""  # of names: which run of the suite they are from

    def count(self):
        return self.passed + len(self.failures) + len(self.skips)

    def fail(self, test, text):
        self.failures.append((self.prefix + test, text))

    def add_case(self, case, group):
        name = ".".join(part for part in (case.get("classname") or group, case.get("name")) if part)
        for kind in ("failure", "error"):
            found = case.find(kind)
            if found is not None:
                self.fail(name, "\n".join(part for part in (found.get("message"), found.text) if part))
                return
        skipped = case.find("skipped")
        if skipped is None:
            self.passed += 1
        else:
            self.skips.append((self.prefix + name, skipped.get("message") or skipped.text or ""))

    def add_file(self, path):
        """The number of tests in it; what cannot be read is a failure."""
        try:
            groups = tree.parse(path).iter("testsuite")
            cases = [(case, group.get("name")) for group in groups for case in group.iter("testcase")]
        except (OSError, tree.ParseError) as error:
            self.fail(path.stem, f"{path} cannot be read: {error}")
            return 1
        for case, group in cases:
            self.add_case(case, group)
        return len(cases)

    def add_programs(self, path):
        """Programs that ctest ran: each has XML of its own, and a bad end needs a failed test to explain it."""
        try:
            programs = list(tree.parse(path).iter("testcase"))
        except (OSError, tree.ParseError) as error:
            self.fail("ctest", f"{path} cannot be read: {error}")
            return
        for program in programs:
            name = program.get("name")
            own = path.parent / (name.replace(".", "_") + ".xml")
            known = len(self.failures)
            count = self.add_file(own) if own.exists() else 0
            output = program.findtext("system-out") or ""
            if program.get("status") == "fail" and len(self.failures) == known:
                self.fail(name, f"the program failed or crashed, and no test in it says why\n{output}")
            elif count == 0 and program.get("status") != "fail":
                self.fail(name, f"the program ran without a result in {own.name}\n{output}")

    def add_folder(self, folder, prefix):
        """What one run has left; the names in it begin with the prefix."""
        self.prefix = prefix
        known = self.count()
        programs = folder / "ctest.xml"
        files = sorted(folder.glob("*.xml"))
        if programs.exists():
            self.add_programs(programs)
        else:
            for path in files:
                self.add_file(path)
        if prefix and self.count() == known:
            self.fail(folder.name, "the run left no result")
        self.prefix = ""


def tally(folder, name):
    result = Tally(name)
    try:
        ran = (folder / "ran").read_text()
        status, began, ended = ran.splitlines()[0].split()
    except (OSError, ValueError, IndexError):
        result.fail(name, "the suite was not run to its end")
        return result
    result.seconds = float(ended) - float(began)
    result.busy = sum(60 * int(minutes) + float(seconds) for minutes, seconds in re.findall(r"(\d+)m([\d.]+)s", ran))
    for place in (folder, *sorted(path for path in folder.iterdir() if path.is_dir())):
        result.add_folder(place, "" if place is folder else f"{place.name}: ")
    if status != "0" and not result.failures:
        result.fail(name, f"the suite's script failed (exit status {status}), and no test says why")
    if not (result.passed or result.failures or result.skips):
        result.fail(name, "the suite produced no result")
    return result


def is_required(name):
    words = os.environ.get("LEADERLIFE_REQUIRE", "").replace(",", " ").split()
    return "all" in words or name in words


def count(passed, failed, skipped, always=False):
    text = f"{passed} passed, {failed} failed"
    return text + f", {skipped} skipped" if skipped or always else text


def main():
    root = Path(sys.argv[1])
    tallies = [tally(root / name, name) for name in sys.argv[2:]]
    unwanted = [t.name for t in tallies if t.skips and is_required(t.name)]
    print("\n== summary")
    for each in tallies:
        for test, text in each.failures:
            lines = text.strip().splitlines()
            print(f"FAILED {each.name}: {test}", *(f"    {line[:SHOWN_WIDTH]}" for line in lines[-SHOWN_LINES:]),
                  sep="\n")
    for each in tallies:
        for test, text in each.skips:
            print(f"SKIPPED {each.name}: {test}: {' '.join(text.split())}")
    for name in sys.argv[2:]:
        warnings = root / name / "warnings"
        for line in warnings.read_text(encoding="utf-8").splitlines() if warnings.exists() else ():
            print(f"WARNING {name}: {line}")
    for each in tallies:
        print(f"{each.name}: {count(each.passed, len(each.failures), len(each.skips), True)} "
              f"({each.seconds:.1f} s, {each.busy:.1f} s of a processor)")
    if unwanted:
        print(f"SKIPPED TESTS ARE NOT ALLOWED HERE (LEADERLIFE_REQUIRE): {', '.join(unwanted)}")
    failed = sum(len(t.failures) for t in tallies)
    print(count(sum(t.passed for t in tallies), failed, sum(len(t.skips) for t in tallies)))
    sys.exit(1 if failed or unwanted else 0)


if __name__ == "__main__":
    main()
