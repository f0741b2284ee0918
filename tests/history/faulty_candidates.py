# SPDX-License-Identifier: Apache-2.0
"""Candidates that break a rule, to show that the checker sees it. They speak the language
of tests/scenarios/README.md, and elect over a file in their working directory.
The only argument names the class here whose rules they keep, or break."""

import fcntl
import json
import select
import sys
import time


def now_ms():
    return time.monotonic() * 1e3


class Honest:
    """Leads while it has the file's kernel lock; the file holds the last token."""

    def __init__(self):
        self.state = self.file = self.token = None
        self.led_since = None

    # Elections

    def may_lead(self):
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def next_token(self):
        self.file.seek(0)
        last = int(self.file.read() or 100)
        self.file.seek(0)
        self.file.write(str(last + 1))
        self.file.flush()
        return str(last + 1)

    def told_token(self):
        return self.token

    def lead(self):
        """From time to time while it leads."""

    def tick(self):
        if self.state == "standby" and self.may_lead():
            self.token, self.led_since = self.next_token(), now_ms()
            self.become("leader")
        elif self.state == "leader":
            self.lead()

    def become(self, state, text=""):
        self.state = state
        if state != "leader":
            self.token = None
        say({"event": "state", "state": state, "level": "info", "text": text, "holder": None, "token": self.token})

    def let_go(self):
        if self.file is not None:
            self.file.close()
            self.file = None

    # Commands

    def do_new(self):
        self.file = open("election", "a+", encoding="ascii")

    def do_start(self):
        self.become("standby")

    def do_resign(self):
        self.become("resigning")
        self.let_go()
        self.become("resigned")

    def do_free(self):
        self.let_go()
        self.state = self.token = None

    def do_state(self):
        return {"state": self.state, "is_leader": self.state == "leader", "is_ready": self.state == "standby",
                "token": self.told_token()}


class TwoLeaders(Honest):
    def may_lead(self):
        return True


class SmallerToken(Honest):
    def next_token(self):
        return str(1000 - int(super().next_token()))


class EqualToken(Honest):
    def next_token(self):
        return "100"


class ChangingToken(Honest):
    def told_token(self):
        return self.token and self.token + "0"


class Unsaid(Honest):
    """Its getters say that it leads, its events do not."""

    def do_state(self):
        return {**super().do_state(), "is_leader": True}


class Lost(Honest):
    def lead(self):
        self.let_go()
        self.become("lost", "for no reason")


class Failed(Honest):
    def lead(self):
        self.let_go()
        self.become("failed", "for no reason")


class Nobody(Honest):
    def may_lead(self):
        return False


class Quits(Honest):
    def lead(self):
        sys.exit(0)


class Talks(Honest):
    def do_start(self):
        sys.stderr.write("started\n")
        super().do_start()


# The language

def say(line):
    line = {"id": "main", "ms": now_ms(), "since": now_ms(), "status": "LEADERLIFE_OK", **line}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def obey(candidate, command):
    since = now_ms()
    more = getattr(candidate, "do_" + command["do"])() or {}
    say({"reply": command["do"], "since": since, "error_text": "", **more})


def main(kind):
    candidate = {rules.__name__: rules for rules in [Honest, *Honest.__subclasses__()]}[kind]()
    while True:
        readable, _, _ = select.select([sys.stdin], [], [], 0.02)
        if readable:
            line = sys.stdin.buffer.raw.readline()  # unbuffered: select sees what is left
            if not line:
                return
            obey(candidate, json.loads(line))
        candidate.tick()


if __name__ == "__main__":
    main(sys.argv[1])
