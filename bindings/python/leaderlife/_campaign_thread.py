# SPDX-License-Identifier: Apache-2.0
"""`work` of a campaign in a thread, and what it is given. The thread that drives the campaign may be the main thread,
where Ctrl-C comes between any two steps, so what that thread calls here is safe from it."""

import _thread
import inspect
import os
import threading
from typing import TypeVar

from . import _campaign_rules as rules
from ._arguments import deadline, left
from ._election import Election

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
ASYNC = "work is a coroutine function: use leaderlife.aio.campaign()"


def start_thread(target: "Callable[[], object]", name: str) -> None:
    """Starts a thread. Ctrl-C in Thread.start() can break the thread, so another one, which never gets a signal, calls
    that; and it is waited for, because a thread that begins while the interpreter ends can crash it."""
    trouble: "list[BaseException]" = []
    is_started = threading.Lock()
    is_started.acquire()

    def start() -> None:
        try:
            threading.Thread(target=target, name=name, daemon=True).start()
        except BaseException as error:
            trouble.append(error)
        finally:
            is_started.release()

    _thread.start_new_thread(start, ())
    pid = os.getpid()
    while not is_started.acquire(timeout=1.0) and pid == os.getpid():
        pass  # a signal handler may have forked: in the child nobody starts it
    if trouble:
        raise trouble[0]


class Term(rules.Term):
    __doc__ = rules.Term.__doc__
    __slots__ = ("_gate", "_is_over", "_pid")

    def __init__(self, election: Election) -> None:
        super().__init__(election)
        # Not an Event: Ctrl-C in the middle of its methods can leave it locked.
        self._gate = threading.Lock()
        self._gate.acquire()
        self._is_over = False
        self._pid = os.getpid()

    def wait(self, seconds: "float | None" = None) -> bool:
        """Waits until `work` is to end, because the lead was lost or the campaign is told to stop: True. False after so
        many seconds. Any thread may wait; in a forked child it is True at once."""
        if self._pid == os.getpid() and self._gate.acquire(timeout=limit(seconds)):
            self._open()
        return self._is_over or self._pid != os.getpid()

    def _open(self) -> None:
        """Lets one wait end, which lets the next end."""
        try:
            self._gate.release()
        except RuntimeError:
            pass  # it is open

    def _end(self) -> None:
        self._is_over = True
        if self._gate.locked():
            self._open()


def limit(seconds: "float | None") -> float:
    """For the methods of locks."""
    return -1.0 if seconds is None else max(0.0, min(left(deadline(seconds)), threading.TIMEOUT_MAX))


class Work(rules.Work[Term, T]):
    """One run of the program's function, in a thread, for one term."""

    def __init__(self, function: "Callable[[Term], T]", election: Election, at_end: "Callable[[], None]") -> None:
        super().__init__(Term(election))
        self.is_done = False
        self._function, self._at_end = function, at_end
        self._begins = threading.Lock()  # is taken once: by the thread, or by who forbids it to begin
        self._thread: "int | None" = None

    def start(self) -> None:
        start_thread(self._run, f"leaderlife {self.term.lock} work")

    def is_mine(self) -> bool:
        return self._thread == threading.get_ident()

    def _run(self) -> None:
        if not self._begins.acquire(blocking=False):
            return
        self._thread = threading.get_ident()
        try:
            if self.term.is_leading:
                self.result = self._function(self.term)
                if inspect.iscoroutine(self.result):
                    self.result.close()
                    raise TypeError(ASYNC)
        except BaseException as error:
            self.error = error
        finally:
            self.led_to_the_end = self.term.is_leading
            self._thread = None
            self.is_done = True
            self._at_end()

    def tell(self) -> None:
        """Asks it to end; what has not begun never does. May be repeated."""
        self.term._end()
        if self._begins.acquire(blocking=False):
            self.is_done = True
