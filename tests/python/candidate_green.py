#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The candidate for the scenarios, in a program of gevent or eventlet (LEADERLIFE_GREEN names it), which patches first:
one greenlet for each election, and the main one for the commands."""

import os
import sys
import warnings

FRAMEWORK = os.environ["LEADERLIFE_GREEN"]
if FRAMEWORK == "gevent":
    import gevent.monkey

    gevent.monkey.patch_all()
else:
    warnings.filterwarnings("ignore", r"\s*Eventlet is deprecated")
    import eventlet

    eventlet.monkey_patch()

import select  # noqa: E402
from importlib import import_module  # noqa: E402

import leaderlife  # noqa: E402
from candidate import Candidate, Handle, now_ms, reply, status_of  # noqa: E402

green = import_module(FRAMEWORK)


class GreenHandle(Handle):
    """Driven by a greenlet of its own, which waits in the election."""

    greenlet = None

    def adapt(self):
        """Begins or ends its greenlet."""
        if self.driven and self.greenlet is None:
            self.greenlet = green.spawn(self.wait_and_drive)
        elif not self.driven and self.greenlet is not None:
            self.stop()

    def stop(self):
        greenlet, self.greenlet = self.greenlet, None
        if greenlet is not None:
            greenlet.kill()

    def wait_and_drive(self):
        while self.driven:
            since = now_ms()
            try:
                self.election.wait()
            except leaderlife.LeaderLifeError as error:
                self.driven = False
                reply("process", self.id, since, status_of(error), self.election.error_text)
            self.write_events(since)
        self.greenlet = None

    def become(self, timeout_ms=None):
        self.stop()  # one waits at a time
        super().become(timeout_ms)

    def free(self):
        self.stop()  # it holds a reference
        super().free()

    def exec(self, argv):
        self.stop()
        super().exec(argv)


class GreenCandidate(Candidate):
    Handle = GreenHandle

    def turn(self):
        for handle in self.handles.values():
            handle.adapt()
        select.select([sys.stdin], [], [])
        return self.read_commands()


if __name__ == "__main__":
    GreenCandidate().run()
