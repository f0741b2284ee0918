#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks traces of the simulated histories (tests/model) by the rules in rules.py.

Usage: simulate --kind KIND --runs N --facts | check_trace.py [--all]

Says how many histories, facts and commands it has read, and each history in which a rule is broken (the first five,
with --all each). Ends with 1 if there is one."""

import sys
from collections import Counter

from rules import Broken, History

TEXTS = {"life", "nonce", "uid", "version", "pod", "token", "command", "outcome"}
SHOWN = 5


def value_of(key, value, what):
    if key == "pod" and what == "start":
        return int(value)
    if key in ("uid", "version") and what == "learns":
        return int(value)
    return value if key in TEXTS else int(value)


def words_of(what, words):
    return {key: value_of(key, value, what) for key, _, value in (word.partition("=") for word in words)}


class Reader:
    def __init__(self):
        self.counts, self.broken = Counter(), []
        self.title, self.history, self.failed = "", History(), False

    def read(self, line):
        words = line.split()
        if words[0] == "history":
            self.title, self.history, self.failed = " ".join(words[1:]), History(), False
            self.counts["histories"] += 1
            return
        if self.failed:
            return
        now, name, what = int(words[0]), words[1], words[2]
        first = words[3] if len(words) > 3 and "=" not in words[3] else ""
        self.counts[what] += 1
        try:
            self.history.line(now, name, what, first, words_of(what, words[4 if first else 3:]))
        except Broken as broken:
            self.failed = True
            self.broken.append((self.title, now, name, str(broken)))

    def tell(self, shown=SHOWN):
        for title, now, name, text in self.broken[:shown]:
            print(f"{title}: {now} ms, {name}: {text}")
        counts = self.counts
        print(f"{counts['histories']} histories, {counts['learns']} facts, {counts['sends']} commands, "
              f"{counts['believes']} terms: a rule is broken in {len(self.broken)}")
        rules = Counter(text.partition(":")[0] for _, _, _, text in self.broken)
        if rules:
            print("  " + ", ".join(f"{rule}: {count}" for rule, count in sorted(rules.items())))


def main():
    if set(sys.argv[1:]) - {"--all"}:
        sys.exit(__doc__)
    reader = Reader()
    for line in sys.stdin:
        reader.read(line)
    reader.tell(None if "--all" in sys.argv else SHOWN)
    if not reader.counts["histories"]:
        sys.exit("no history was read")
    sys.exit(1 if reader.broken else 0)


if __name__ == "__main__":
    main()
