# SPDX-License-Identifier: Apache-2.0
"""A run of a model, as spin prints it, made into the lines that replay.c reads: what all models have in common. What a
model has of its own is in its replay_NAME.py, a Run of its own."""

import collections
import re

NOBODY = 7
POD_STATES = {"GOOD": 0, "TERMINATING": 1, "GONE": 2}
COMMANDS = {"PUT_RECORD": "put record", "EMPTY_RECORD": "empty record", "POST_LOCK": "create lock",
            "PUT_LOCK": "put lock", "DELETE_LOCK": "delete lock"}


class Run:
    """The lines for one process of the model: `me` is its index among those of the kind PLAYED."""

    MODEL = ""          # tests/model/MODEL.pml
    MACROS = ((),)      # of the runs, by turns
    PLAYED = "Candidate"
    PLAYERS = range(2)
    PODS = ""           # whose pod is whose, where not each process has its own
    FIRST = {}          # the index of the first process of a kind, where it is not 0
    MAY_EMPTY = True    # who gives the record up leaves it there, naming nobody
    LOCK = [NOBODY, 0, 1, 0]  # at the start: owner, orphaned, version, number
    RECORD = [NOBODY, 0, 0]   # holder, version, empty
    BROKEN = {}         # a rule: the file of c/src/machine, and what is replaced there by what
    RUNS, BROKEN_RUNS = 40, 150
    ENOUGH = {}         # of what a whole series must have so much, or it would prove nothing
    PARTED = 4          # so many replays may end early because the model does what the machine leaves

    def __init__(self, me):
        self.me = me
        self.lines = []
        self.versions = 10
        self.lock, self.record = list(self.LOCK), list(self.RECORD)
        self.pods = []
        self.others = {}  # what else replay_world.c is told
        self.told = None
        self.waits = False
        self.last = None
        self.judged = None
        self.ended = False
        self.verdict = ""
        self.world()

    def world(self):
        world = [f"lock {' '.join(map(str, self.lock))}", f"record {' '.join(map(str, self.record))}"]
        world += [f"pod {i} {state}" for i, state in enumerate(self.pods)]
        world += [f"{name} {value}" for name, value in self.others.items()]
        if world != self.told:
            self.lines += world
        self.told = world

    def tell(self, line):
        self.world()
        self.lines.append(line)

    def end(self):
        self.tell("ended")
        self.ended = True

    def version(self):
        self.versions += 1
        return self.versions

    # ---- What a step is to the process that is played ----

    def mine(self, text, values):
        """A step of its own."""
        if text == "holder = 7":
            self.tell("look")
            self.waits = True
        elif text == "owner = lock":
            self.waits = False
            self.tell("read lock")
        elif text == "holder = record":
            self.waits = False
            self.tell("read record")
        elif text.startswith("write[me] =") and values[f"write[{self.me}]"] in COMMANDS:
            self.tell("send " + COMMANDS[values[f"write[{self.me}]"]])
        elif text == "result = answer[me]":
            self.tell(f"answer {self.verdict}")
        elif text.startswith("leaders = (leaders|"):
            self.tell("believes")

    def judging(self):
        """The server judges its write; the verdict comes with later steps."""
        self.tell("judge")
        self.judged = len(self.lines) - 1

    def judges(self, verdict):
        self.verdict = verdict
        self.lines[self.judged] = f"judge {verdict}"
        if verdict == "OK":
            self.tell("written")

    def served(self, text, values):
        """A step of the server's for its writes."""
        if text.startswith("(((write[i]!=NONE)"):
            self.judging()
        elif text.startswith("answer[i] ="):
            self.judges(values[f"answer[{self.me}]"])

    def around(self, name, index, text, values):
        """A step of anybody else's, or of the server's."""

    # ---- What a step makes of the world ----

    def change(self, name, text, values):
        if text.startswith("lock = "):
            before = self.lock[0]
            self.lock[0] = int(values.get("lock", before))
            self.lock[3] += before == NOBODY != self.lock[0]
        elif text.startswith("record = "):
            self.record[0] = int(values.get("record", self.record[0]))
            self.record[2] = int(self.record[0] == NOBODY and self.MAY_EMPTY and name != "Hand")
        elif text == "lock_read = 0":
            self.lock[2] = self.version()
        elif text == "record_read = 0":
            self.record[1] = self.version()

    def step(self, name, index, text, values):
        if name == "init":
            return
        if self.waits and (name, index) != self.last:
            lines = len(self.lines)
            self.world()
            if len(self.lines) != lines:
                self.lines.append("look")
        self.last = (name, index)
        if (name, index) == (self.PLAYED, self.me):
            self.mine(text, values)
        if (name, index) == ("Server", self.me):
            self.served(text, values)
        self.change(name, text, values)
        self.around(name, index, text, values)


def read_steps(kind, output):
    """Each step of the run: of which kind of process, of which of them, what it does, and what has changed by it."""
    count, who = collections.Counter(), {}
    steps = []
    for line in output.splitlines():
        if start := re.match(r"Starting (\w+) with pid (\d+)$", line):
            name = start[1]
            who[start[2]] = name, count[name] + kind.FIRST.get(name, 0)
            count[name] += 1
        elif begin := re.match(r"\s*\d+:\s+proc\s+(\d+) \(:?\w+:?:\d+\) \S+ \(state \d+\)[^\[]*\[(.*)\]$", line):
            steps.append((*who.get(begin[1], ("init", 0)), begin[2], {}))
        elif steps and (value := re.match(r"\t\t([\w\[\]]+) = (\w+)$", line)):
            steps[-1][-1][value[1]] = value[2]
    return steps


def read_run(kind, steps, me):
    """The lines for that process."""
    run = kind(me)
    for step in steps:
        run.step(*step)
        if run.ended:
            break
    return run.lines
