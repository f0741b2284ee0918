# SPDX-License-Identifier: Apache-2.0
"""A leader that a background thread looks after, for programs without a loop."""

import os
import select
import signal
import threading

from . import capi, errors
from .election import CLOSE_SECONDS, ENDED, Election

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from types import TracebackType
    from typing import Literal

    OnLost = Callable[[errors.LeaderLifeError], object] | Literal["raise", "exit"]

EXIT_STATUS = 70


def _is_interruptible() -> bool:
    return callable(signal.getsignal(signal.SIGINT))


def _is_ignored() -> bool:
    return signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def check_interruptible() -> None:
    """on_lost="raise" needs a signal that Python acts upon. One that is ignored, as shells do with background jobs, can be
    made to act on the loss alone."""
    if threading.current_thread() is not threading.main_thread():
        raise errors.ConfigError("on_lost='raise' raises in the main thread, and this is another: give a function, or 'exit'",
                                 errors.EVALUE)
    if not _is_interruptible() and not _is_ignored():
        raise errors.ConfigError("on_lost='raise' interrupts the main thread by SIGINT, which this process does not handle: "
                                 "call signal.signal(signal.SIGINT, signal.default_int_handler) before, or give another "
                                 "on_lost", errors.EVALUE)


class Guarded(Election):
    """What become(on_lost=…) gives: the same election, whose process() a thread calls. It ends with close()."""

    def __init__(self, election: Election, on_lost: "OnLost") -> None:
        self.__dict__.update(election.__dict__)
        election._handle = None  # it is ours now
        self._on_lost: "OnLost" = on_lost
        self._lost: "errors.LeaderLifeError | None" = None
        self._ignores = on_lost == "raise" and _is_ignored()
        if self._ignores:
            signal.signal(signal.SIGINT, self._on_signal)
        # One call at a time: events are popped and kept by whoever processes.
        self._turn = threading.RLock()
        self._start_thread()

    def _on_signal(self, *_: object) -> None:
        """In the place of SIG_IGN: for the loss alone."""
        if self._lost is not None:
            raise KeyboardInterrupt

    def _start_thread(self) -> None:
        self._closing = False
        self._thread = threading.Thread(target=self._watch, name=f"leaderlife {self.lock}", daemon=True)
        self._thread.start()

    def _stop_thread(self) -> None:
        """Not in a forked child, where it raises: the thread is the parent's."""
        if self._thread is not threading.current_thread():
            self._closing = True
            capi.Election_wakeup(self._open())
            self._thread.join()

    def __exit__(self, kind: "type[BaseException] | None", error: "BaseException | None",
                 trace: "TracebackType | None") -> None:
        try:
            self.close()
        except KeyboardInterrupt as interrupt:
            if self._lost is None:
                raise
            error = interrupt  # it came when the block had just ended
            self.close()
        if self._lost is not None and isinstance(error, KeyboardInterrupt):
            raise self._lost from None

    def _in_turn(self) -> "AbstractContextManager[bool]":
        self.fileno()  # raises in a forked child, where nobody would give the turn back
        return self._turn

    def process(self) -> None:
        with self._in_turn():
            super().process()

    def resign(self) -> None:
        with self._in_turn():
            super().resign()

    def begin_close(self) -> None:
        with self._in_turn():
            super().begin_close()

    def prepare_exec(self) -> None:
        self._stop_thread()
        try:
            super().prepare_exec()
        except BaseException:
            self._start_thread()
            raise

    def close(self, timeout: "float | None" = CLOSE_SECONDS) -> None:
        if self._handle is not None:
            try:
                self._stop_thread()
            except errors.ForkError:
                pass  # super() sees to our copies of the descriptors
        super().close(timeout)
        if self._ignores and threading.current_thread() is threading.main_thread():
            self._ignores = False
            if signal.getsignal(signal.SIGINT) == self._on_signal:
                signal.signal(signal.SIGINT, signal.SIG_IGN)

    def _watch(self) -> None:
        try:
            self._drive()
        except Exception as error:  # a logger's
            end = errors.StateError(f"nobody looks after the lock any more: {type(error).__name__}: {error}", errors.ESTATE)
            end.__cause__ = error
            self._tell(end)
            return
        if self.state in ("lost", "failed"):
            self._tell(self._end_error() or errors.error_for(errors.ELOST))

    def _drive(self) -> None:
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        while not self._closing:
            poll.poll()
            if self._closing:
                return
            self.process()
            if self.state in ENDED or self.state == "resigning":
                return

    def _tell(self, error: "errors.LeaderLifeError") -> None:
        if self._on_lost == "exit" or self._on_lost == "raise" and not _is_interruptible():
            os.write(2, f"leaderlife: {error}\n".encode(errors="replace"))
            os._exit(EXIT_STATUS)
        if self._on_lost == "raise":
            self._lost = error
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        else:
            self._on_lost(error)
