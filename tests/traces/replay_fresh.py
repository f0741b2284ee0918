# SPDX-License-Identifier: Apache-2.0
"""The right to the record (P8): tests/model/fresh.pml. Where the model's record write is refused, the machine's reading
of the record is, until the refusal counts; a refusal that is not fresh any more is older than 10 s."""

from replay_run import Run


class Fresh(Run):
    MODEL = "fresh"
    MACROS = (("REPLAYED",),)
    BROKEN = {
        "P8-fresh": ("decide.c", "!unguarded || now <= k->refused_at + UNGUARDED_MS)", "true)"),
        "P8-level": ("decide_commands.c", "d->command.guarded = k->record.kind != RECORD_NONE;",
                     "d->command.guarded = true;"),
        "P9-lock": ("decide.c", "bool lock_gone = k->lock.kind == LOCK_ABSENT;", "bool lock_gone = false;"),
        "P3-record": ("knowledge.c", "return k->record.kind == RECORD_OTHER && knowledge_verdict(k, "
                      "k->record.holder.uid) != VERDICT_DEAD;", "return false;"),
        "P3b-following": ("decide.c", "if (k->lock.sure)\n            decide_record",
                          "if (false)\n            decide_record"),
    }
    ENOUGH = {"beliefs": 20, "refusals": 30, "create lock": 50}

    def __init__(self, me):
        super().__init__(me)
        self.pods = [0] * 2
        self.others = {"forbids": 1}

    def mine(self, text, values):
        if text.startswith(("((((lock==7)&&(seen==7))", "((lock==7))")):
            self.tell("read lock")
        super().mine(text, values)

    def served(self, text, values):
        """The verdict is first CONFLICT, and may become another one in the same step."""
        if text.startswith("(((write[i]!=NONE)"):
            self.judging()
        elif text == "write[i] = NONE":
            self.judges(self.verdict)
        elif text.startswith("answer[i] ="):
            self.verdict = values.get(f"answer[{self.me}]", "CONFLICT")

    def around(self, name, index, text, values):
        if text.startswith("lock = "):
            self.lock[2] = self.version()  # the model needs none, for nobody writes on it
        elif text == "allowed = 1":
            self.others = {"forbids": 0}
        elif (name, index) == ("Clock", self.me) and text == "fresh[i] = 0":
            self.tell("ages")
