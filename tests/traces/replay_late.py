# SPDX-License-Identifier: Apache-2.0
"""Writes whose answer was lost (P6, P10): tests/model/late.pml. A write that was given up is ambiguous for the machine;
whether and when it comes is told, so that it sees what comes, and is not through before."""

from replay_run import Run


class Late(Run):
    MODEL = "late"
    MACROS = (("REPLAYED", "LARGE"),)
    BROKEN = {
        "P10-quiet": ("quiet_time.c", "return writes->quiet_at == 0 || writes->checked_at >= writes->quiet_at;",
                      "return true;"),
        "P10-record": ("leadership.c", "k->record.kind == RECORD_UNKNOWN || knowledge_may_clear_record(k);", "false;"),
        "P10-belief": ("leadership.c", "k->belief = BELIEF_NO;    /* P10: belief ends first */", ";"),
        "P1-rewrite": ("knowledge.c", "k->lock.kind == LOCK_MINE && k->lock.confirmed &&", ""),
    }
    ENOUGH = {"beliefs": 15, "put lock": 3, "delete lock": 5, "empty record": 15}

    def __init__(self, me):
        super().__init__(me)
        self.pods = [0] * 2
        self.comes = False

    def mine(self, text, values):
        super().mine(text, values)
        if text == "result = LOST":
            self.tell("answer LOST")
        elif text.startswith("late_record[me] ="):
            self.tell("late record begins")
        elif text.startswith("late_lock[me] ="):
            self.tell("late lock begins")
        elif text.startswith("leaders = (leaders&"):
            self.tell("resign")
        elif "late_record[me]==NONE" in text and "record!=me" in text:
            self.tell("closed")
            self.ended = True

    def around(self, name, index, text, values):
        if (name, index) != ("Server", self.me):
            return
        if text.startswith(("(((late", "((late")):
            self.comes = False
        elif text.startswith(("record = ", "lock = ")):
            self.comes = True
        elif text in ("late_record[i] = NONE", "late_lock[i] = NONE"):
            what = text.removeprefix("late_").partition("[")[0]
            self.tell(f"late {what} {'comes' if self.comes else 'does not'}")
