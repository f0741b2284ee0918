# SPDX-License-Identifier: Apache-2.0
"""The own pod (P1's look before belief, P2's watch): tests/model/own_pod.pml. Pod 0, which leads from the start, is not
played: it has no process in the model. The others' writes are each one step with the server's judgement, so they are
told as sent, judged and answered at once; but for the one that elects, beside which the own pod is looked at."""

from replay_run import NOBODY, POD_STATES, Run


class OwnPod(Run):
    MODEL = "own_pod"
    MACROS = (("REPLAYED",),)
    PLAYED = "Standby"
    PLAYERS = range(1, 3)
    FIRST = {"Standby": 1, "Watch": 1}
    LOCK, RECORD = [0, 0, 2, 1], [0, 1, 0]
    BROKEN = {
        "P1-look": ("knowledge.c", "knowledge_has_claimed(k) && (!k->late_writes || k->own_sent > k->lock.sent);",
                    "knowledge_has_claimed(k);"),
        "P2-terminating": ("learn_pod.c", "return IDENTITY_TERMINATING;", "return IDENTITY_GOOD;"),
        "P2-give-back": ("decide.c", "bool gives_back = wrote &&", "bool gives_back = false &&"),
        "P0-cas": ("decide_commands.c", "text_copy(d->command.version, sizeof d->command.version, k->lock.version);",
                   ""),
    }
    ENOUGH = {"beliefs": 10, "delete lock": 10, "empty record": 5}

    def __init__(self, me):
        super().__init__(me)
        self.pods = [0] * 3
        self.lines.append("own pod held")
        self.found = NOBODY  # whose lock it has read
        self.next = ""       # which write the model is about to judge

    def write(self, what):
        """It is judged at once; the answer comes when the step has changed the world."""
        self.tell(f"send {what}")
        self.judging()

    def answer(self, verdict):
        self.next = ""
        self.judges(verdict)
        self.tell(f"answer {verdict}")

    def mine(self, text, values):
        if text == "sent[me] = 0":
            self.tell("look")
            self.waits = True
        elif text == "lock_read = (lock_read|(1<<me))":
            self.waits = False
            self.tell("look")
            self.tell("read lock")
            self.found = self.lock[0]
        elif text.startswith("((((holder==me)||"):
            self.next = "put record"
        elif text in ("(((record_read>>me)&1))", "record = 7", "lock = 7") or (text == "else" and self.next):
            if self.next != "create lock":
                self.write({"record = 7": "empty record", "lock = 7": "delete lock"}.get(text, self.next))
            if text == "else":
                self.answer("CONFLICT")
        elif text == "wrote = 1" and self.found != NOBODY:
            self.next = "delete lock"  # the model knows if it is gone meanwhile; the machine's delete shows it
        elif text == "sent[me] = 1":
            self.tell("send create lock")
        elif text == "written = 1":
            self.judging()
            self.next = "create lock"
        elif text.startswith("looked[me] = 1"):
            self.tell("own pod looked")
        else:
            super().mine(text, values)

    def around(self, name, index, text, values):
        if (name, index) == (self.PLAYED, self.me) and text in ("record_read = 0", "lock_read = 0"):
            self.answer("OK")
        elif text.startswith("pod[i] = ") and f"pod[{index}]" in values:
            self.pods = [POD_STATES[values[f"pod[{i}]"]] for i in range(3)]
        elif (name, index) == ("Watch", self.me) and text.startswith("told[i]"):
            self.tell("own pod told")
        elif (name, index) == ("Pod", self.me) and text.startswith("ended[i]"):
            self.end()
