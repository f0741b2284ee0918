#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A candidate for the scenarios, in Python: takes commands and writes events,
one JSON object per line (tests/scenarios/README.md has the language). Built on
the package's public names alone, and driven by a poll loop of its own."""

import json
import os
import select
import sys
import time
import warnings

import leaderlife

# The scenarios free elections that lead, and end processes that do.
warnings.filterwarnings("ignore", ".* the election was dropped while it led", ResourceWarning)

_GUARDS = ("none", "kernel", "memory", "record")
_LEVELS = {40: "error", 30: "warning", 20: "info", 10: "debug"}
_COUNTERS = ("wakeups", "requests", "watches", "writes", "failures", "events-dropped")
_UNSEEN = "LEADERLIFE_EINVAL"  # the answer to what is no command or no handle


def now_ms():
    return time.monotonic() * 1e3


def write_line(**line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def reply(verb, id, since, status="LEADERLIFE_OK", error_text="", **more):
    write_line(reply=verb, id=id, ms=now_ms(), since=since, status=status, error_text=error_text, **more)


def status_of(error):
    return "LEADERLIFE_OK" if error is None else error.name or "?"


class Handle:
    """One election, and whether process() makes sense: started, and not prepared for exec."""

    def __init__(self, id):
        self.id = id
        self.election = None
        self.driven = False

    def write_events(self, since):
        for event in self.election.events():
            self.write_event(event, since)

    def write_event(self, event, since):
        write_line(event=event.kind, id=self.id, ms=now_ms(), since=since, state=event.state,
                   status=status_of(event.error), level=_LEVELS.get(event.level, "unknown"), text=event.text,
                   holder=event.holder, token=event.token)

    def drive(self):
        since = now_ms()
        try:
            self.election.process()
        except leaderlife.LeaderLifeError as error:
            self.driven = False
            reply("process", self.id, since, status_of(error), self.election.error_text)
        self.write_events(since)

    # The commands. Each may return what it adds to the reply.

    def new(self, lock, options=None):
        self.election = leaderlife.Election(lock, logger=False)
        for name, value in (options or {}).items():
            self.election.set_option(name, value)

    def set(self, name, value):
        self.election.set_option(name, value)

    def get(self, name):
        return {"value": self.election.option(name)}

    def start(self):
        self.election.start()
        self.driven = True

    def become(self, timeout_ms=None):
        self.driven = True
        self.election.become(None if timeout_ms is None else timeout_ms / 1000)

    def resign(self):
        self.election.resign()

    def close(self):
        self.election.begin_close()

    def free(self):
        self.driven = False
        self.election = None  # the last reference: it is freed, not closed

    def wakeup(self):
        self.election.wakeup()

    def exec(self, argv):
        since = now_ms()
        self.election.prepare_exec()
        self.driven = False
        reply("exec", self.id, since)
        try:
            os.execvp(argv[0], argv)
        except OSError:
            os._exit(127)

    def state(self):
        it = self.election
        timeout = it.timeout
        return {"state": it.state, "is_leader": it.is_leader, "is_ready": it.is_ready, "holder": it.holder,
                "token": it.token, "term": it.term, "guard": _GUARDS.index(it.guard), "backend": it.backend,
                "fd": it.fileno(), "timeout_ms": -1 if timeout is None else round(timeout * 1000)}

    def counters(self):
        return {name: self.election.counter(name) for name in _COUNTERS}


_VERBS = ("new", "set", "get", "start", "become", "resign", "close", "free", "wakeup", "exec", "state", "counters")


class Candidate:
    """The handles of this process, and the loop."""

    Handle = Handle

    def __init__(self):
        self.handles = {}
        self.with_timer = True  # False: the loop trusts the descriptors alone
        self.loops = 0  # turns of the loop that were ours, not standard input's
        self._unfinished = b""

    # Commands

    def obey_line(self, line):
        try:
            command = json.loads(line)
            verb, id = command.pop("do", "?"), command.pop("id", "main")
        except (ValueError, AttributeError):
            verb, id, command = "?", "main", {}
        since = now_ms()
        if verb == "loop":
            self.with_timer = command.get("timer") is True
            reply(verb, id, since)
        elif verb not in _VERBS or (verb == "new") == (id in self.handles):
            reply(verb, id, since, _UNSEEN)
        else:
            self.obey(verb, id, command, since)

    def obey(self, verb, id, command, since):
        handle = self.handles.setdefault(id, self.Handle(id))
        status, text, more = "LEADERLIFE_OK", "", {}
        try:
            more = getattr(handle, verb)(**command) or {}
        except leaderlife.LeaderLifeError as error:
            status, text = status_of(error), str(error)
        self.answer(verb, handle, since, status, text, more)

    def answer(self, verb, handle, since, status, text, more):
        if handle.election is None:
            del self.handles[handle.id]
        else:
            handle.write_events(since)
            text = handle.election.error_text or text
        if verb == "counters":
            more["loops"] = self.loops
        reply(verb, handle.id, since, status, text, **more)

    def read_commands(self):
        """False at the end of standard input."""
        got = os.read(sys.stdin.fileno(), 65536)
        *lines, self._unfinished = (self._unfinished + got).split(b"\n")
        for line in lines:
            self.obey_line(line)
        return bool(got)

    # The loop

    def turn(self):
        """Waits for anything, then gives everybody what is theirs."""
        driven = [handle for handle in self.handles.values() if handle.driven]
        poll = select.poll()
        poll.register(sys.stdin, select.POLLIN)
        for handle in driven:
            poll.register(handle.election, select.POLLIN)
        timeouts = {handle: handle.election.timeout if self.with_timer else None for handle in driven}
        soonest = min((timeout for timeout in timeouts.values() if timeout is not None), default=None)
        readable = {fd for fd, _ in poll.poll(None if soonest is None else soonest * 1000)}
        self.loops += sys.stdin.fileno() not in readable
        for handle in driven:
            due = not readable and timeouts[handle] == soonest
            if due or handle.election.fileno() in readable:
                handle.drive()
        return sys.stdin.fileno() not in readable or self.read_commands()

    def run(self):
        while self.turn():
            pass


if __name__ == "__main__":
    Candidate().run()
