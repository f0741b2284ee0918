# SPDX-License-Identifier: Apache-2.0
"""Reads all lines of all candidates of a scenario, records who led when, and waits for
conditions. It knows no backend and starts nothing."""

import contextlib
import os
import threading
import time

# Nothing is ever measured against it; it only keeps a run from hanging.
HANG = 120.0 * float(os.environ.get("LEADERLIFE_PATIENCE", "1"))
LATE_MS = 3000


def now_ms():
    """On the clock of the candidates' `ms`."""
    return time.monotonic() * 1e3


class Violation(AssertionError):
    """A rule that holds at every moment of every scenario is broken."""


class Term:
    """One leadership, from the event that announced it. `begin` is when the
    candidate told it, so a little late; `end` is when the call began that ended
    it, or just before the kill, so a little early: two terms that overlap here
    have overlapped."""

    def __init__(self, process, handle, line):
        self.process, self.handle = process, handle
        self.begin, self.end = line["ms"], None
        self.token = line["token"]

    def overlaps(self, later, at, late_ms):
        """`at` is now: another process's line may come before ours of an end
        that was earlier, so an open term gets a moment to be closed."""
        if self.end is None:
            return at - later.begin > late_ms
        return self.end > later.begin

    def __str__(self):
        end = "now" if self.end is None else f"{self.end:.3f}"
        return f"{self.process.name}/{self.handle.id} from {self.begin:.3f} to {end}, token {self.token}"


class Observer:
    """`changed` guards everything that the readers' threads write."""

    late_ms = LATE_MS

    def __init__(self):
        self.changed = threading.Condition()
        self.begin = now_ms()
        self.allow_two = False
        self.processes = []
        self.terms = []
        self.lines = []  # (process, line)

    # What the readers report

    def take(self, process, line):
        with self.changed:
            self.lines.append((process, line))
            handle = process.handle(line["id"])
            if line.get("event") == "state":
                self._take_state(process, handle, line)
            elif line.get("event") == "notice":
                handle.notices.append(line)
            elif line.get("reply") == "free":
                self.close_terms(process, line["since"], handle)
            if "reply" in line:
                process.replies.append(line)
            self.changed.notify_all()

    def _take_state(self, process, handle, line):
        handle.state, handle.last = line["state"], line
        if line["state"] == "leader":
            handle.token = line["token"]
            self.terms.append(Term(process, handle, line))
        else:
            self.close_terms(process, line["since"], handle)

    def close_terms(self, process, at, handle=None):
        """The process, or one handle of it, no longer leads since that time."""
        with self.changed:
            for term in self.terms:
                if term.process is process and handle in (None, term.handle) and term.end is None:
                    term.end = at
            self.changed.notify_all()

    # Asking

    def leading(self):
        """The processes that lead now."""
        with self.changed:
            return [term.process for term in self.terms if term.end is None]

    def wait(self, what, condition, timeout=HANG):
        """Waits until condition() is true, which it calls after every line. Fails as soon
        as a candidate has ended by itself or a rule is broken."""
        deadline = time.monotonic() + timeout
        with self.changed:
            while True:
                self.check()
                result = condition()
                if result:
                    return result
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"after {timeout:g} s still waiting for {what}")
                self.changed.wait(min(left, 0.25))

    # Judging

    def check(self):
        """Raises Violation."""
        with self.changed:
            for process in self.processes:
                process.check()
            if self.allow_two:
                return
            at = now_ms()
            by_lock, with_token = {}, {}
            for term in sorted(self.terms, key=lambda term: term.begin):
                lock = term.handle.lock
                last, before = by_lock.get(lock), with_token.get(lock)
                if last and last.overlaps(term, at, self.late_ms):
                    raise Violation(f"two led at the same time: {last}; and {term}")
                if before and term.token and not _is_later(before.token, term.token):
                    raise Violation(f"a later term has no greater token: {before}; then {term}")
                by_lock[lock] = term
                if term.token:  # operator-lib's candidates have none
                    with_token[lock] = term

    @contextlib.contextmanager
    def telling(self):
        """Adds what was said to whatever is raised."""
        try:
            yield
        except BaseException as error:
            error.add_note("What was said (ms, process/handle):\n" + self.story())
            raise

    def story(self, ids=None):
        """What everybody said, or these handles, for whoever reads a failure."""
        with self.changed:
            told = [_told(process, line, self.begin) for process, line in self.lines if ids is None
                    or line["id"] in ids]
        return "\n".join(line for line in told if line)


def _is_later(token, other):
    return (len(token), token) < (len(other), other)


def _told(process, line, begin):
    if "reply" in line:
        if line["status"] == "LEADERLIFE_OK" and line["reply"] != "exec":
            return ""
        return f"{line['ms'] - begin:10.1f} {process.name}/{line['id']} {line['reply']}: " \
               f"{line['status']} {line['error_text']}"
    words = {"state": line["state"], "holder": f"holder {line['holder']}",
             "notice": f"notice {line['status']}: {line['text']}", "log": f"{line['level']}: {line['text']}"}
    more = f" token {line['token']}" if line["event"] == "state" and line["token"] else ""
    return f"{line['ms'] - begin:10.1f} {process.name}/{line['id']} {words.get(line['event'], line)}{more}"
