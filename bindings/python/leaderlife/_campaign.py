# SPDX-License-Identifier: Apache-2.0
"""Campaigns for programs of threads: `work` runs in a thread of its own whenever
this process leads, and the election is looked after meanwhile."""

import atexit
import inspect
import os
import queue
import threading
import time
from typing import Generic, TypeVar

from . import _campaign_rules as rules
from . import _frameworks, capi, errors
from ._arguments import deadline, left
from ._campaign_thread import ASYNC, Term, Work, limit, start_thread
from ._election import CLOSE_SECONDS, ENDED, Election

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from logging import Logger
    from types import TracebackType
    from typing import Literal

    from typing_extensions import Self, Unpack

    from ._options import Options

STOP_SECONDS = 15.0
T = TypeVar("T")


class Campaign(Generic[T]):
    """Runs work(term) whenever this process leads, in a thread of its own.

    `with` and start() do so in the background, run() until the end. A campaign has one life. All may be called by any
    thread, stop() also by signal handlers and by `work`.

    When the lead is lost, term.wait() and term.is_leading tell `work` to end. Its end is awaited; then this process
    stands for election again, after a pause of 1 s that grows to 30 s while none succeeds. `work` that does not end
    holds that up, and is told of by the logger again and again. When `work` returns while this process leads, or
    raises, the lock is given back and the campaign is over; what it raises after the loss is told by the logger.
    At the end of the interpreter a campaign in the background is stopped.

    work           a function of a leaderlife.Term
    on_new_leader  a function of the holder's name, which is called when another one becomes known, this process
                   included; by the thread that looks after the lock, so it must return soon
    logger         as for leaderlife.become(); what it or on_new_leader raises ends the campaign
    options        as for leaderlife.become()
    """

    def __init__(self, lock: str, work: "Callable[[Term], T]", *,
                 on_new_leader: "Callable[[str], object] | None" = None,
                 logger: "Logger | Literal[False] | None" = None, **options: "Unpack[Options]") -> None:
        if inspect.iscoroutinefunction(work):
            raise TypeError(ASYNC)
        self._rules = rules.Rules(lock, work, on_new_leader, logger, options)
        self.lock: str = lock
        self._function = work
        self._pid = os.getpid()
        self._election: "Election | None" = None
        self._work: "Work[T] | None" = None
        self._result: "T | None" = None
        self._has_begun = self._stopping = False
        # Not an Event, for a signal handler may ring it at any time; and made as it is called now, not when this module
        # was imported, for gevent may have replaced it since.
        self._bell: "queue.SimpleQueue[None]" = queue.SimpleQueue()
        self._running = threading.Lock()  # held by the thread that drives it
        self._driver: "int | None" = None  # the thread's identifier
        self._error: "BaseException | None" = None

    def __repr__(self) -> str:
        return f"<leaderlife.Campaign {self.lock!r}: {'leading' if self.is_leader else 'not leading'}>"

    def __enter__(self) -> "Self":
        self.start()
        return self

    def __exit__(self, kind: "type[BaseException] | None", error: "BaseException | None",
                 trace: "TracebackType | None") -> None:
        try:
            self.stop(timeout=None)
        except Exception:
            if error is None:
                raise

    # For probes

    @property
    def is_leader(self) -> bool:
        """This process may act as the leader."""
        work = self._work
        return work is not None and work.term.is_leading

    @property
    def is_ready(self) -> bool:
        """It leads or is able to take over: what a readiness probe should say."""
        handle = self._handle()
        return handle is not None and bool(capi.Election_is_ready(handle))

    @property
    def holder(self) -> "str | None":
        """Who leads, as far as is known; None between two elections."""
        handle = self._handle()
        return None if handle is None else capi.Election_holder(handle)

    def _handle(self) -> "capi.ElectionHandle | None":
        election = self._election  # once: the driving thread may close it meanwhile
        return None if election is None else election._handle

    # Beginning and end

    def start(self) -> None:
        """Begins in the background, and returns at once."""
        self._begin()
        atexit.register(self._stop_at_exit)
        try:
            start_thread(self._run_in_background, f"leaderlife {self.lock}")
        except BaseException:  # no thread can be started, or Ctrl-C
            self._stopping = True
            raise

    def run(self) -> "T | None":
        """Takes part until the end, in this thread, where signal handlers and Ctrl-C work. Returns what `work` returns;
        None if it was stopped before. Raises what `work` raises, and why no election is possible. What a signal handler
        raises, as Ctrl-C does, comes through when `work` has ended and the lock is given back. A second Ctrl-C does not
        wait for that, which goes on in the background."""
        self._begin()
        self._driver = threading.get_ident()  # before it holds the lock, for which a signal handler's stop() would wait
        try:
            with self._running:
                return self._run()
        finally:
            self._leave()

    def stop(self, timeout: "float | None" = STOP_SECONDS) -> bool:
        """Tells `work` to end, gives the lock back after that, and waits so many seconds for both: True if all is over
        then. In `work`, and in what the campaign calls, it does not wait. Raises what has ended a campaign in the
        background, if something has."""
        end = deadline(timeout)
        if self._pid != os.getpid():
            return True  # a forked child's copy, in which nothing runs
        self._stopping = True
        self._ring()
        work = self._work
        # Ctrl-C in _leave() can leave this thread for the driver although it drives no more.
        drives = self._driver == threading.get_ident() and self._running.locked()
        if drives or work is not None and work.is_mine():
            return self._is_over()
        while self._running.acquire(timeout=limit(left(end))):
            self._running.release()
            if self._error is not None:
                raise self._error
            if self._election is None:
                return True
            if left(end) <= 0:
                return False
            self._leave()  # Ctrl-C came even there
            time.sleep(0.01)
        return False

    def _is_over(self) -> bool:
        return not self._running.locked() and self._election is None

    def _begin(self) -> None:
        _frameworks.check_threads()
        self._check_process()
        if self._has_begun:
            raise errors.StateError("a campaign has one life: make a new one", errors.ESTATE)
        self._has_begun = True

    def _check_process(self) -> None:
        if self._pid != os.getpid():
            raise errors.ForkError(f"the campaign belongs to the parent process: {errors.AFTER_FORK}", errors.EFORKED)

    def _stop_at_exit(self) -> None:
        try:
            self.stop()
        except BaseException:
            pass  # it was told of when it happened

    def _ring(self) -> None:
        """Ends a pause of the driving thread."""
        self._bell.put(None)
        handle = self._handle()
        if handle is not None:
            try:
                capi.Election_wakeup(handle)
            except errors.ForkError:
                pass

    # Driving

    def _run_in_background(self) -> None:
        with self._running:
            try:
                self._run()
            except BaseException as error:
                self._error = error
                self._rules.say_ended(error)
            finally:
                self._driver = None
        atexit.unregister(self._stop_at_exit)

    def _run(self) -> "T | None":
        self._driver = threading.get_ident()
        while not self._stopping:
            self._take_part()
        return self._result

    def _take_part(self) -> None:
        """One election, the end of `work`, and the pause before the next one. The election is kept until then: one that
        has lost still gives back what is its own, so that others need not wait for this pod's end."""
        error: "errors.LeaderLifeError | None" = None
        failure: "BaseException | None" = None
        try:
            self._check_process()
            election = self._election = self._rules.new_election(Election)
            rules.keep(election)
            error = rules.start(election)
            if error is None:
                self._drive(election)
                error = election._end_error()
        except BaseException as raised:
            failure = raised
        work = self._work
        if work is not None:
            failure = self._await_end(work, failure)
        try:
            if self._rules.is_over(work, failure) and work is not None:
                self._result, self._stopping = work.result, True
            elif not self._stopping:
                self._rest(self._rules.pause_after(error))
        finally:
            del failure, error, work
            self._close()

    def _drive(self, election: Election) -> None:
        """Until it has ended, `work` has, or the campaign is to stop."""
        while not self._stopping:
            work = self._work
            if work is not None and (work.is_done or not work.term.is_leading) or election.state in ENDED:
                return
            self._rules.look(election)
            if work is None and election.is_leader:
                self._work = work = Work(self._function, election, self._ring)
                work.start()
            election.wait()

    def _await_end(self, work: "Work[T]", failure: "BaseException | None") -> "BaseException | None":
        """Asks `work` to end, and waits for that. Returns the failure, or what has disturbed that wait. One Ctrl-C does
        not end it."""
        hold_up, drives = rules.HoldUp(), True
        while True:
            try:
                work.tell()
                while not work.is_done and self._pid == os.getpid():
                    self._pause(hold_up.left(), drives)
                    if not work.is_done and hold_up.left() <= 0:
                        self._rules.say_held_up(hold_up.told(), work.term.is_leading)
                return failure
            except Exception as raised:  # of the logger, which would raise again and again
                failure, drives = failure or raised, False
            except BaseException as raised:
                if failure is not None and not isinstance(failure, Exception):
                    raise
                raised.__context__ = failure
                failure = raised

    def _close(self) -> None:
        """Gives back; after the end of `work`."""
        interrupt: "BaseException | None" = None
        while self._election is not None:
            try:
                self._give_back(self._election)
                self._election = self._work = None
            except BaseException as raised:
                if interrupt is not None or isinstance(raised, Exception):
                    raise
                interrupt = raised
        if interrupt is not None:
            raise interrupt

    def _give_back(self, election: Election) -> None:
        """As its close(), which frees it at once, and so keeps the lock, when a signal handler or a logger raises."""
        end = deadline(CLOSE_SECONDS)
        trouble: "Exception | None" = None
        while not _is_closed(election) and left(end) > 0:
            try:
                election.begin_close()
                while not _is_closed(election) and left(end) > 0:
                    election._wait_readable(end)
                    election.process()
            except errors.LeaderLifeError:
                break  # close() knows what it is about
            except Exception as raised:  # of the logger
                trouble = raised
        election.close(0)
        if trouble is not None:
            raise trouble

    def _leave(self) -> None:
        """Ctrl-C at a bad moment, or a second one, has left something to do: another thread does it."""
        self._driver = None
        if self._election is not None and self._pid == os.getpid():
            start_thread(self._finish, f"leaderlife {self.lock}")

    def _finish(self) -> None:
        with self._running:
            self._driver = threading.get_ident()
            try:
                work = self._work
                if work is not None:
                    self._await_end(work, None)
                    self._rules.is_over(work, None)  # tells, or raises in this thread, what `work` has raised
            finally:
                self._close()
                self._driver = None

    def _pause(self, seconds: float, drives: bool = True) -> None:
        election = self._election
        if drives and election is not None and capi.Election_fd(election._open()) >= 0:
            election.wait(seconds)
            return
        try:
            self._bell.get(timeout=seconds)
        except queue.Empty:
            pass

    def _rest(self, seconds: float) -> None:
        end = deadline(seconds)
        while not self._stopping and left(end) > 0 and self._pid == os.getpid():
            self._pause(left(end))


def _is_closed(election: Election) -> bool:
    return election.state == "closed"


def campaign(lock: str, work: "Callable[[Term], T]", on_new_leader: "Callable[[str], object] | None",
             logger: "Logger | Literal[False] | None", options: "Options") -> T:
    made = Campaign(lock, work, on_new_leader=on_new_leader, logger=logger, **options)
    return made.run()  # type: ignore[return-value]  # None only after stop(), which nobody can call
