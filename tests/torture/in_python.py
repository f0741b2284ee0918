# SPDX-License-Identifier: Apache-2.0
"""driver.c in Python, through the package: the same command line, the same story, the same answers."""

import ctypes
import faulthandler
import gc
import os
import select
import sys

from candidate import Candidate, check_error, once_more, wrong
from embedded import is_held

import leaderlife

A, B, OBSERVER = range(3)


class Story:
    def __init__(self, embedded, candidates):
        self._embedded, self._all = embedded, candidates

    def play(self, lock):
        for candidate in self._all:
            candidate.lock = lock
        a, b, observer = self._all
        a.become()
        b.make()
        self._await_state(b, "standby")
        observer.make()
        self._await_state(observer, "standby")
        self._resign(a)
        self._await_state(b, "leader")
        a.drop()
        a.make()
        self._await_state(a, "standby")
        self._begin_close(b)
        self._await_state(b, "closed")
        self._await_state(a, "leader")
        self._look(a, b)
        observer_closed, a_closed = self._close(observer), self._close(a)
        for candidate in self._all:
            candidate.drop()
        return observer_closed and a_closed

    def _check_truth(self):
        leaders = [candidate for candidate in self._all if candidate.leads]
        if len(leaders) > 1:
            wrong("two lead")
        if self._embedded and leaders and not is_held(leaders[0].lock):
            wrong("one leads, and the lock is free")

    def _await_state(self, awaited, state):
        """As a program does that only polls the descriptors: no timer but theirs."""
        while awaited.shown != state:
            polled = select.poll()
            open_ones = [candidate for candidate in self._all if candidate.election is not None]
            for candidate in open_ones:
                polled.register(once_more(candidate.election.fileno), select.POLLIN)
            polled.poll()
            for candidate in open_ones:
                candidate.step()
                self._check_truth()

    def _resign(self, candidate):
        """It counts, even where there was no memory for the event of it."""
        try:
            candidate.election.resign()
        except MemoryError:
            if once_more(lambda: candidate.election.state) == "leader":
                candidate.election.resign()
        candidate.check()
        self._check_truth()
        self._await_state(candidate, "resigned")

    def _begin_close(self, candidate):
        once_more(candidate.election.begin_close)
        candidate.check()
        self._check_truth()

    @staticmethod
    def _look(*candidates):
        """All that an election tells of itself."""
        for candidate in candidates:
            election = candidate.election
            for name in ("holder", "token", "term", "guard", "backend", "error_text", "timeout", "is_ready"):
                once_more(lambda election=election, name=name: getattr(election, name))
            for what, call in (("scope", election.detail), ("wakeups", election.counter), ("mode", election.option)):
                once_more(lambda what=what, call=call: call(what))
            once_more(election.wakeup)
            once_more(lambda election=election: repr(election))

    @staticmethod
    def _close(candidate):
        """Whether it was given back. If not, nothing is left of it all the same."""
        try:
            candidate.election.close()
        except (MemoryError, leaderlife.LeaderLifeError) as error:
            check_error(f"{candidate.name}: close", error)
            return False
        return True

    def lead_once_more(self, closed):
        """Where the end was not told, the lock may still be that of the first's pod."""
        for candidate in self._all[:B + 1]:
            if candidate.name == "b" or not closed:
                candidate.become()
                self._close(candidate)
                candidate.drop()


class Shim:
    """live_count and the rest of the preloaded one."""

    def __init__(self):
        self._library = ctypes.CDLL(None)
        self._library.live_count.restype = ctypes.c_size_t
        self._library.strike_python()

    def end(self):
        self._library.strike_end()

    def live(self):
        return self._library.live_count(ctypes.byref(ctypes.c_void_p()))


def count_open():
    return len(os.listdir("/proc/self/fd"))


def play(story, shim, lock, hang_s):
    faulthandler.dump_traceback_later(hang_s, exit=True, file=sys.stdout)
    sys.unraisablehook = lambda about: wrong(f"not raised: {about.exc_value!r} in {about.object!r}")
    open_before = count_open()
    closed = story.play(lock)
    gc.collect()
    if count_open() != open_before:
        wrong(f"{count_open() - open_before} descriptors are left open")
    if shim.live():
        wrong(f"{shim.live()} allocations are left")
    shim.end()
    story.lead_once_more(closed)
    sys.stdout.flush()
    os._exit(0)


def main():
    words = sys.argv[3:]
    middle = words.index("--")
    a, b = (dict(word.split("=", 1) for word in part) for part in (words[:middle], words[middle + 1:]))
    options = [{name.replace("-", "_"): value for name, value in one.items()} for one in
               (a, b, {**b, "mode": "observe"})]
    candidates = [Candidate(name, one) for name, one in zip(("a", "b", "observer"), options)]
    story, shim = Story(sys.argv[1] == "embedded", candidates), Shim()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                play(story, shim, line.strip(), int(sys.argv[2]))
            except BaseException as error:
                faulthandler.cancel_dump_traceback_later()
                import traceback
                traceback.print_exc(file=sys.stdout)
                wrong(repr(error))
        print("ended", os.waitpid(child, 0)[1], flush=True)


main()
