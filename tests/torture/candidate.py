# SPDX-License-Identifier: Apache-2.0
"""A candidate in Python that is judged at every step, as candidate.c judges one in
C. What is wrong ends the process."""

import os
import sys

import leaderlife
from leaderlife import capi

TRIES_MAX = 200
ENDS = {"resigned", "lost", "failed", "closed"}
NEXT = {
    "new": {"starting", "failed", "closed"}, "starting": {"standby", "leader", "resigning"} | ENDS,
    "standby": {"leader", "resigning"} | ENDS, "leader": {"resigning"} | ENDS - {"failed"}, "resigning": ENDS,
    "resigned": {"closed"}, "lost": {"closed"}, "failed": {"closed"}, "closed": set(),
}
CLEAN = {"ENOMEM", "ESYSTEM", "ENETWORK", "ECONFIG", "ETLS", "EPROTOCOL"}


def wrong(text):
    print(text)
    sys.stdout.flush()
    os._exit(1)


def check_error(what, error):
    """What a call may raise when memory, descriptors or the network fail it."""
    if isinstance(error, MemoryError):
        return
    name = capi.status_name(error.code).partition("_")[2]
    if name not in CLEAN or not str(error):
        wrong(f"{what} raised {name}: {error}")


def once_more(call):
    """What it gives when Python has memory for it."""
    for _ in range(TRIES_MAX):
        try:
            return call()
        except MemoryError:
            pass
    return wrong("no memory, again and again")


class Candidate:
    """options: of leaderlife.Election; None until it is made."""
    last_token = None

    def __init__(self, name, options):
        self.name, self.options = name, options
        self.election, self.shown, self.lock = None, "new", None

    def _try(self, start):
        self.shown = "new"
        self.election = leaderlife.Election(self.lock, logger=False, **self.options)
        if start:
            self.election.start()

    def make(self, start=True):
        """Anew as long as that fails cleanly."""
        for _ in range(TRIES_MAX):
            try:
                self._try(start)
            except (MemoryError, leaderlife.LeaderLifeError) as error:
                check_error(f"{self.name}: to begin", error)
            else:
                self.check()
                return
            if self.election is not None:
                self.check()
            self.drop()
        wrong(f"{self.name}: failed again and again")

    def become(self):
        """By the function that waits."""
        self.make(start=False)
        while True:
            try:
                self.election.become()
            except (MemoryError, leaderlife.LeaderLifeError) as error:
                check_error(f"{self.name}: become", error)
            else:
                break
            self.check()
            if self.shown == "failed":
                self.drop()
                self.make(start=False)
        self.check()

    def step(self):
        """One turn of the loop. One that has failed is made and started anew."""
        once_more(self.election.process)
        self.check()
        if self.shown == "failed":
            self.drop()
            self.make()

    def drop(self):
        self.election = None

    @property
    def leads(self):
        return self.election is not None and self.election.is_leader

    def _take(self, event):
        if event.kind != "state":
            return
        if event.state not in NEXT[self.shown]:
            wrong(f"{self.name}: {event.state} came after {self.shown}")
        self.shown = event.state
        if event.state == "leader":
            if leaderlife.token_compare(event.token, Candidate.last_token) <= 0:
                wrong(f"{self.name}: leads by token {event.token} after {Candidate.last_token}")
            Candidate.last_token = event.token
        if event.state == "lost":
            wrong(f"{self.name}: was lost: {event.error}")
        if event.state == "failed":
            check_error(f"{self.name}: the end", event.error)

    def check(self):
        """What it says of itself. A call that had no memory for an event has it still."""
        if not self.election._handle:
            return
        once_more(self.election._take_events)
        for event in self.election.events():
            once_more(lambda event=event: self._take(event))
        state = once_more(lambda: self.election.state)
        if state != self.shown:
            wrong(f"{self.name}: is {state}, and the last event of state told of {self.shown}")
        if self.leads != (state == "leader"):
            wrong(f"{self.name}: {state}, and is_leader is {self.leads}")
