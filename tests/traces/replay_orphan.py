# SPDX-License-Identifier: Apache-2.0
"""Locks without owner (P14, P9): tests/model/orphan.pml. Pod 0, which leads from the start, is elected by the machine
before the run begins. A record that names nobody is absent. A pod that is TERMINATING lives and has a
deletionTimestamp; one that is GONE is dead."""

from replay_run import POD_STATES, Run


class Orphan(Run):
    MODEL = "orphan"
    PLAYERS = range(3)
    MAY_EMPTY = False
    LOCK, RECORD = [0, 0, 2, 1], [0, 1, 0]
    BROKEN = {
        "P4-verdict": ("knowledge.c", "return judged == NULL ? VERDICT_UNKNOWN : judged->verdict;",
                       "return VERDICT_DEAD;"),
        "P3-record": ("knowledge.c", "return k->record.kind == RECORD_OTHER && knowledge_verdict(k, "
                      "k->record.holder.uid) != VERDICT_DEAD;", "return false;"),
        "P1-belief": ("knowledge.c", "k->lock.kind == LOCK_MINE && k->lock.confirmed &&", ""),
        "P14-restore": ("decide.c", "k->lock.kind == LOCK_MINE && k->lock.orphaned && k->can_put;", "false;"),
        "P9-record": ("decide.c", "bool record_gone = knowledge_record_is_spent(k);", "bool record_gone = false;"),
        "P0-cas": ("decide_commands.c",
                   "text_copy(d->command.version, sizeof d->command.version, k->record.version);", ""),
    }
    ENOUGH = {"beliefs": 8, "put record": 15, "put lock": 2}

    def __init__(self, me):
        super().__init__(me)
        self.pods = [0] * 3
        if me == 0:
            self.lines.insert(0, "elect")
        self.told = None
        self.world()

    def around(self, name, index, text, values):
        if text.startswith("orphaned = "):
            self.lock[1] = int(text[-1])
        elif text.startswith("pod[i] = ") and f"pod[{index}]" in values:
            self.pods = [POD_STATES[values[f"pod[{i}]"]] for i in range(3)]
        elif (name, index) == ("Pod", self.me) and text.startswith("ended[i]"):
            self.end()
