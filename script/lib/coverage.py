# SPDX-License-Identifier: Apache-2.0
"""Prints lines and branches that were executed, from gcovr's JSON: per file, per folder, in all; and which were not.

Usage: coverage.py FILE"""

import json
import sys
from collections import defaultdict
from pathlib import PurePosixPath


class Count:
    """What was executed, of how much."""

    def __init__(self):
        self.lines = [0, 0]
        self.branches = [0, 0]

    def add(self, line):
        self.lines[0] += line["count"] > 0
        self.lines[1] += 1
        for branch in line["branches"]:
            self.branches[0] += branch["count"] > 0
            self.branches[1] += 1

    def text(self):
        return "  ".join(f"{done:5d} of {of:5d} {100 * done / of if of else 100:5.1f} %"
                         for done, of in (self.lines, self.branches))


def ranges(numbers):
    """1 2 3 7 as '1-3 7'."""
    found = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return " ".join(f"{first}-{last}" if first != last else f"{first}" for first, last in found)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        files = json.load(file)["files"]
    folders, total, missed = defaultdict(Count), Count(), {}
    print(f"{'':44}{'lines':>22}  {'branches':>22}")
    for each in sorted(files, key=lambda each: each["file"]):
        own = Count()
        for line in each["lines"]:
            for count in (own, folders[str(PurePosixPath(each["file"]).parent)], total):
                count.add(line)
        missed[each["file"]] = [line["line_number"] for line in each["lines"] if line["count"] == 0]
        print(f"{each['file']:44}{own.text()}")
    print()
    for folder, count in sorted(folders.items()):
        print(f"{folder + '/':44}{count.text()}")
    print(f"{'total':44}{total.text()}\n\nlines that were not executed:")
    for path, numbers in missed.items():
        if numbers:
            print(f"{path}: {ranges(numbers)}")


if __name__ == "__main__":
    main()
