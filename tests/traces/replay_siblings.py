# SPDX-License-Identifier: Apache-2.0
"""Two processes of one pod (P2's network rule, P3b's whose claim): tests/model/siblings.pml. By turns ONE is
killed after it has claimed, and TWO is its next life; or TWO begins beside it without the rule that keeps it from that,
and nobody resigns."""

from replay_run import Run


class Siblings(Run):
    MODEL = "siblings"
    MACROS = (("REPLAYED",), ("REPLAYED", "WITHOUT_NETWORK_RULE", "NOBODY_RESIGNS"))
    PLAYED = "Life"
    PLAYERS = range(3)
    PODS = "001"
    BROKEN = {
        "P3b-lost": ("leadership.c", "bool other_claim = (k->record.kind == RECORD_OTHER || "
                     "knowledge_record_is_strangers(k)) && k->record.sure;", "bool other_claim = false;"),
        "P3b-whose-record": ("knowledge.c", "(k->record.of_life || (!knowledge_record_is_strangers(k) && "
                             "clears_earlier_lives(k)));", "true;"),
        "P3b-whose-lock": ("knowledge.c", "&& !knowledge_lock_is_strangers(k) &&\n           (k->lock.of_life", "&&\n"
                           "           (k->lock.of_life"),
        "P1-resume": ("knowledge.c", "k->lock.kind == LOCK_MINE && k->lock.confirmed &&",
                      "k->lock.kind == LOCK_MINE &&"),
        "P3-sibling": ("learn_record.c", "return k->nonce[0] != '\\0' && text_equal(view->nonce, k->nonce) ?",
                       "return true ?"),
    }
    ENOUGH = {"beliefs": 30, "losses": 5, "put lock": 5, "delete lock": 10}

    def __init__(self, me):
        super().__init__(me)
        self.pods = [0] * 3
        self.leads = self.resigns = False

    def mine(self, text, values):
        super().mine(text, values)
        if text.startswith("leaders = (leaders|"):
            self.leads = True
        elif text == "(1)" and self.leads and not self.resigns:
            self.resigns = True
            self.tell("resign")
        elif text.startswith("leaders = (leaders&") and not self.resigns:
            self.tell("lost")

    def around(self, name, index, text, values):
        if name == "Restart" and self.me == 0 and text == "killed = 1":
            self.end()
