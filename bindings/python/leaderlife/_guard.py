# SPDX-License-Identifier: Apache-2.0
"""The election that become() returns: a background thread looks after its lock, for programs without a loop. What it
does never waits for the program: not for its logger, and not for its greenlets."""

import signal
import sys
import threading

from . import _on_lost, _waiting, capi, errors
from ._arguments import deadline, left
from ._election import CHECK_SECONDS, CLOSE_SECONDS, ENDED, Election
from ._events import send_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from types import TracebackType
    from typing import NoReturn

    from typing_extensions import Self

    from ._on_lost import OnLost

HEED_SECONDS = 15.0  # how long a program that was told of a loss may go on
LOG_SECONDS = 1.0  # how long the end of the process waits for the logger
_PAUSE = 0.02


def _start(function: "Callable[[], object]") -> None:
    """Starts a thread, and waits until it runs: the interpreter may end well beside a thread, and not beside one that
    has not begun."""
    begun = _waiting.allocate_lock()
    begun.acquire()

    def run() -> None:
        begun.release()
        function()

    _waiting.start_new_thread(run, ())
    begun.acquire()


class BackgroundElection(Election):
    """What become() returns, unless on_lost is None: the election that has been won, whose process() a thread calls
    until close()."""

    def __init__(self, election: Election, on_lost: "OnLost") -> None:
        self.__dict__.update(election.__dict__)
        self._on_lost: "OnLost" = on_lost
        self._lost: "errors.LeaderLifeError | None" = None
        self._entered = False  # a `with` block was begun
        self._main = _waiting.get_ident()  # the main thread's, if on_lost is "raise" or "auto"
        loop = _waiting.loop()
        self._callee = None if loop is None else loop.callee()
        # What the thread has for the logger, and what the logger has raised.
        self._lines: "list[tuple[int, str]]" = []
        self._trouble: "Exception | None" = None
        self._said: "threading.Lock | None" = None  # is locked as long as the logger has lines to tell
        # One thread at a time calls process(): it pops the events and keeps them.
        self._turn: "AbstractContextManager[bool]" = _waiting.RLock()
        self._ignores = on_lost in ("raise", "auto") and _on_lost.is_ignored()
        if self._ignores:
            signal.signal(signal.SIGINT, self._on_signal)
        try:
            self._start_thread()
        except RuntimeError as error:
            self._restore_signal()
            self._end_callee()
            raise errors.ResourceError(f"lock '{self.lock}': the thread that looks after it cannot be started: {error}:"
                                       " the lock is given back; allow one thread more, or give on_lost=None and call "
                                       "process() yourself", errors.ESYSTEM) from None
        election._handle = None  # this object owns the handle now

    def _on_signal(self, *_: object) -> None:
        """Handles SIGINT where it was ignored, and acts on the loss alone."""
        if self._lost is not None:
            raise KeyboardInterrupt

    def _restore_signal(self) -> None:
        if self._ignores and _waiting.get_ident() == self._main:
            self._ignores = False
            if signal.getsignal(signal.SIGINT) == self._on_signal:
                signal.signal(signal.SIGINT, signal.SIG_IGN)

    # The thread, as the others see it

    def _start_thread(self) -> None:
        self._closing = False
        self._watcher: "int | None" = None  # the thread's identity
        self._runs = _waiting.allocate_lock()
        self._runs.acquire()
        self._thread: "threading.Thread | None" = None
        if self._callee is None and _waiting.threads_are_threads():
            self._thread = threading.Thread(target=self._watch, name=f"leaderlife {self.lock}", daemon=True)
            self._thread.start()
        else:  # a thread in fact, whatever `threading` makes of greenlets: one that computes would stop a greenlet
            _start(self._watch)

    def _stop_thread(self, end: float) -> bool:
        """Stops the thread, and waits for its end until that time (True if it has ended): it may be in a function of
        the program. In a forked child it raises ForkError: the thread is the parent's."""
        if self._watcher == _waiting.get_ident():
            return True
        self._closing = True
        capi.Election_wakeup(self._open())
        if self._thread is not None:
            self._thread.join(max(0.0, min(left(end), threading.TIMEOUT_MAX)))
        loop = _waiting.loop()
        while self._runs.locked() and left(end) > 0:
            (_waiting.nap if loop is None else loop.pause)(_PAUSE)
        return not self._runs.locked()

    def _end_callee(self) -> None:
        callee, self._callee = self._callee, None
        if callee is not None:
            callee.close()

    # For the program

    def __enter__(self) -> "Self":
        self._open()
        self._entered = True
        return self

    def __exit__(self, kind: "type[BaseException] | None", error: "BaseException | None",
                 trace: "TracebackType | None") -> None:
        try:
            self.close()
        except KeyboardInterrupt as interrupt:
            if self._lost is None:
                raise
            error = interrupt  # the signal came just after the block had ended
            self.close()
        if self._lost is not None and (error is None or isinstance(error, KeyboardInterrupt)):
            raise self._lost from None

    def _in_turn(self) -> "AbstractContextManager[bool]":
        if capi.Election_get(self._open(), "mode") is None:  # in a forked child nobody would release the lock
            raise errors.error_for(errors.EFORKED)
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
        if not self._stop_thread(deadline(CLOSE_SECONDS)):
            self._closing = False
            raise errors.StateError("the election's thread is in a function of the program, which does not return",
                                    errors.EBUSY)
        try:
            super().prepare_exec()
        except BaseException:
            self._start_thread()
            raise

    def close(self, timeout: "float | None" = CLOSE_SECONDS) -> None:
        if self._handle is not None:
            try:
                self._stop_thread(deadline(timeout))
            except errors.ForkError:
                pass  # super() closes our copies of the descriptors
        super().close(timeout)
        self._end_callee()
        self._restore_signal()

    # In the thread

    def _wait_for(self, fd: int, seconds: float) -> bool:
        in_thread = self._watcher == _waiting.get_ident()
        return _waiting.block(fd, seconds) if in_thread else _waiting.wait(fd, seconds)

    def _log(self, level: int, said: str) -> None:
        """A logger may wait, and may be for greenlets alone. So the thread sends its lines when it has done its own."""
        if self._watcher == _waiting.get_ident():
            self._lines.append((level, said))
        else:
            super()._log(level, said)

    def _watch(self) -> None:
        self._watcher = _waiting.get_ident()
        try:
            error = self._drive()
            if error is not None:
                self._tell(error)
        finally:
            self._runs.release()

    def _drive(self) -> "errors.LeaderLifeError | None":
        """Until close(), or the end of the election; returns what the program must be told."""
        try:
            while not self._closing and self.state not in (*ENDED, "resigning"):
                self._wait_readable(deadline(CHECK_SECONDS))
                if not self._closing:
                    self.process()
                if self.state not in ("lost", "failed"):
                    self._send_lines()
        except errors.ClosedError:
            return None  # close() did not wait for this thread
        except Exception as error:  # the logger raised it
            end = errors.StateError(f"nobody looks after the lock any more: {type(error).__name__}: {error}",
                                    errors.ESTATE)
            end.__cause__ = error
            return end
        return self._end_error() or errors.error_for(errors.ELOST) if self.state in ("lost", "failed") else None

    def _send_lines(self) -> None:
        """Sends what is there for the logger. What that raises comes through."""
        if self._trouble is not None:
            raise self._trouble
        if self._said is not None and self._said.locked():
            return  # the logger waits, and gets the other lines when it has returned
        if self._lines:
            self._said = self._say_beside()

    def _say(self) -> None:
        while self._lines:
            try:
                level, said = self._lines.pop(0)
            except IndexError:
                return  # another thread was faster
            send_line(self._logger, level, said)

    def _say_quietly(self) -> None:
        try:
            self._say()
        except Exception as error:
            self._trouble = error

    def _say_beside(self) -> "threading.Lock":
        """Has the lines sent, in a greenlet of the loop or in a thread more; returns a lock that is free after it."""
        done: "threading.Lock" = _waiting.allocate_lock()
        if self._logger is False or not self._lines:
            return done
        done.acquire()

        def call() -> None:
            try:
                self._say_quietly()
            finally:
                done.release()

        callee = self._callee
        try:
            if callee is not None:
                callee.call(call)
            else:
                _start(call)
        except Exception:
            done.release()  # no thread is to be had, or the loop has ended
        return done

    def _tell(self, error: errors.LeaderLifeError) -> None:
        on_lost = self._on_lost
        if on_lost == "auto" and not _on_lost.is_surely_interruptible(self._on_signal) or \
                on_lost == "raise" and not _on_lost.is_interruptible():
            on_lost = "exit"
        if on_lost == "exit":
            self._end_process(str(error))
        elif on_lost == "raise" or on_lost == "auto":
            self._interrupt(error)
        else:
            self._say_beside()
            self._call(on_lost, error)

    def _interrupt(self, error: errors.LeaderLifeError) -> None:
        if not self._entered:  # no end of a block will say it
            _on_lost.write_line(f"{error}: so the main thread gets KeyboardInterrupt")
        self._say_beside()
        self._lost = error
        signal.pthread_kill(self._main, signal.SIGINT)
        if self._on_lost == "auto" and not self._is_closed_within(HEED_SECONDS):
            self._end_process(f"{error}: and the program has gone on for {HEED_SECONDS:g} s, without close()")

    def _call(self, on_lost: "Callable[[errors.LeaderLifeError], object]", error: errors.LeaderLifeError) -> None:
        callee = self._callee
        if callee is None:
            on_lost(error)
            return
        begun: "list[bool]" = []

        def call() -> None:
            begun.append(True)
            try:
                on_lost(error)
            except Exception as raised:
                sys.excepthook(type(raised), raised, raised.__traceback__)

        callee.call(call)
        end = deadline(HEED_SECONDS)
        while not begun and not self._closing and left(end) > 0:
            _waiting.nap(_PAUSE)
        if not begun and not self._closing:
            self._end_process(f"{error}: and no greenlet could be told for {HEED_SECONDS:g} s")

    def _is_closed_within(self, seconds: float) -> bool:
        end = deadline(seconds)
        while not self._closing and self._handle is not None and left(end) > 0:
            _waiting.nap(_PAUSE)
        return self._closing or self._handle is None

    def _end_process(self, text: str) -> "NoReturn":
        said = self._say_beside()
        _on_lost.write_line(text)
        said.acquire(timeout=LOG_SECONDS)
        _on_lost.end_process()
