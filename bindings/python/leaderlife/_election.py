# SPDX-License-Identifier: Apache-2.0
"""One election, for programs with a loop of their own or with none. The C
library never waits here: waiting is Python's, so signals and Ctrl-C work."""

from . import _waiting, capi, errors
from ._arguments import deadline, left, option_name, option_text, text
from ._events import log_line, send_line, state_name
from ._owner import Handle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from logging import Logger
    from types import TracebackType
    from typing import Literal

    from typing_extensions import Self, Unpack

    from ._events import Event
    from ._options import Options, State

CLOSE_SECONDS = 15.0
CHECK_SECONDS = 1.0  # how often a wait checks that the program has not closed the descriptor: nothing else tells
ENDED = ("resigned", "lost", "failed", "closed")
_GUARDS = {0: "none", 1: "kernel", 2: "memory", 3: "record"}
_QUEUE = 512  # the most events that are kept; state events are never dropped
# The elections that leaderlife.become() has returned. Each leads until it is closed, even if the caller drops it.
_leaders: "set[Election]" = set()


class Election:
    """A candidate for the lock of that name (or, with mode="observe", an observer).

    Use it as a context manager, or close() it. In a loop of your own: start(); when fileno() is readable or `timeout`
    has passed, process(), then look at events(). Without one: become(). Options are those of the C library, with '_'
    for '-'; leaderlife.options() lists them.

    Log events, notices, a loss and (at level info) who leads are told to `logger`, and what it raises comes through.
    Without it they go to logging.getLogger("leaderlife"), and what that raises disturbs nothing. logger=False: to
    nobody. Notices are events too, and so are log events unless a logger was given.

    The program must leave the election's descriptors open (os.closerange() and python-daemon's DaemonContext close
    them): one that it has closed ends the election at the next call, or within a second of a wait, as "lost" or
    "failed". Make the election after that.

    One election is used by one thread at a time (wakeup() by any), and in the process that made it: in a forked child
    its methods raise ForkError, and it does not lead. Times are seconds.
    """

    def __init__(self, lock: str, *, logger: "Logger | Literal[False] | None" = None,
                 **options: "Unpack[Options]") -> None:
        self._handle: "Handle | None" = None
        self._queue: "list[Event]" = []
        self._end: "errors.LeaderLifeError | None" = None
        self._woken = False  # wakeup() was called, and no wait has ended for it yet
        if not (logger is None or logger is False or callable(getattr(logger, "log", None))):
            raise TypeError(f"logger must be a logging.Logger, False or None, not {type(logger).__name__}")
        self._logger: "Logger | Literal[False] | None" = logger
        self.lock: str = text("lock", lock)
        self._handle = Handle(self.lock, logger)
        for name, value in options.items():
            self.set_option(name, value)

    def __repr__(self) -> str:
        return f"<leaderlife.Election {self.lock!r}: {self.state}>"

    def __enter__(self) -> "Self":
        self._open()
        return self

    def __exit__(self, kind: "type[BaseException] | None", error: "BaseException | None",
                 trace: "TracebackType | None") -> None:
        self.close()

    if not TYPE_CHECKING:  # for type checkers `async with` is simply not there
        def __aenter__(self):
            self.close()
            raise TypeError(f"{self!r} is not for `async with`, and has given its lock back: write `async with "
                            "leaderlife.aio.Election(lock) as election:` and in it `await election.become()`")

        def __aexit__(self, kind, error, trace):
            raise TypeError("see __aenter__")

    def _open(self) -> "Handle":
        if self._handle is None:
            raise errors.ClosedError("the election is closed: make a new one to take part again", errors.ESTATE)
        return self._handle

    # Taking part

    def set_option(self, name: str, value: object) -> None:
        """Sets one more option, before the start. The value is a text, a path, True or False."""
        option = option_name(name)
        if capi.Election_get(self._open(), option) is None:
            try:
                capi.Election_set_option(self._open(), option, "")
            except errors.ConfigError as error:  # which names the nearest, or else the list, by its name in C
                raise errors.ConfigError(error.text.replace("leaderlife_option_name()", "leaderlife.options()"),
                                         error.code) from None
        capi.Election_set_option(self._open(), option, option_text(name, value))

    def start(self) -> None:
        """Begins to take part; never waits."""
        try:
            capi.Election_start(self._open())
        finally:
            self._take_events()

    def process(self) -> None:
        """Does what is due now. It never waits, and may be called at any time: at least when fileno() is readable or
        `timeout` has passed. is_leader changes only here and in resign(), begin_close(), close(), wait() and
        become()."""
        capi.Election_process(self._open())
        self._take_events()

    def fileno(self) -> int:
        """The descriptor to wait for, the same from the beginning to close(). Raises what has ended the election when
        the program has closed it."""
        fd = capi.Election_fd(self._open())
        if fd < 0:
            self.process()  # raises in a forked child
            self.raise_if_ended()
            raise errors.error_for(errors.ESTATE)
        return fd

    @property
    def timeout(self) -> "float | None":
        """Seconds until process() should be called even if nothing is readable, for a leader at most 5; None: no
        limit."""
        if self._queue:
            return 0.0
        ms = capi.Election_timeout_ms(self._open())
        return None if ms < 0 else ms / 1000

    def wait(self, timeout: "float | None" = None) -> bool:
        """Waits until there is something to do and does it. False if `timeout` seconds have passed before. wakeup()
        ends it, also one that came just before."""
        due = self._woken or self._wait_readable(deadline(timeout))
        self._woken = False
        self.process()
        return due

    def _wait_for(self, fd: int, seconds: float) -> bool:
        return _waiting.wait(fd, seconds)

    def _wait_readable(self, end: float) -> bool:
        """Waits until process() has something to do (True), or until that time (False)."""
        while (fd := capi.Election_fd(self._open())) >= 0:
            if self._wait_for(fd, min(left(end), CHECK_SECONDS)):
                return True
            if left(end) <= 0:
                return False
            if capi.Election_timeout_ms(self._open()) == 0:
                return True
        return True  # process() says why there is no descriptor

    def become(self, timeout: "float | None" = None) -> "Self":
        """Waits until this process leads, and returns the election. TimeoutError after so many seconds,
        InterruptedError for a wakeup() (also for one that came just before), and any exception of a signal handler,
        leave the campaign running: call it again. Raises what has ended it else."""
        end = deadline(timeout)
        self._start_campaign()
        while True:
            self.process()
            if self.is_leader:
                return self
            self.raise_if_ended()
            if self._woken:
                self._woken = False
                raise errors.InterruptedError("wakeup() was called; the campaign goes on", errors.EINTR)
            if left(end) <= 0:
                raise self._timed_out(timeout, "; the campaign goes on")
            self._wait_readable(end)

    def _start_campaign(self) -> None:
        if self.option("mode") == "observe":
            raise errors.StateError("mode observe never leads: leave mode out to campaign", errors.ESTATE)
        if self.state == "new":
            self.start()

    def _timed_out(self, timeout: "float | None", more: str) -> "errors.TimeoutError":
        leads = f": {self.holder} leads" if self.holder else ""
        return errors.TimeoutError(f"not elected within {timeout:g} s{leads}{more}", errors.ETIMEDOUT)

    def raise_if_ended(self) -> None:
        """Raises why the election has ended, if it has."""
        state = self.state
        if state in ENDED:
            raise self._end_error() or errors.StateError(
                f"the election is {state}: make a new one to take part again", errors.ESTATE)

    def _end_error(self) -> "errors.LeaderLifeError | None":
        """What has ended the election, as a new exception each time: a raised one keeps its frames, and they would keep
        the election."""
        return None if self._end is None else errors.error_for(self._end.code, self._end.text)

    def resign(self) -> None:
        """Gives up leading, or standing by: is_leader is False at once. Go on with process() or wait() until the state
        is "resigned", so that the next leader need not wait for this pod to end."""
        capi.Election_resign(self._open())
        self._take_events()

    def begin_close(self) -> None:
        """As close(), for a loop of your own: begins to give back, and never waits. Go on with process() until the
        state is "closed"; then close() frees everything."""
        capi.Election_close(self._open())
        self._take_events()

    def close(self, timeout: "float | None" = CLOSE_SECONDS) -> None:
        """Gives back what is held, for which it waits at most so many seconds, and frees everything. What could not be
        given back is free when the pod ends. May be repeated. (An election that is dropped unclosed is freed, and gives
        nothing back on Kubernetes.)

        In a pod with several containers (detail("pod-containers")) whoever closes at SIGTERM must be the one that does
        the work, after having stopped it: all containers get that signal at once, and the next leader does not wait for
        the others. Where another container works, let the process end without close(), resign() or the end of a `with`
        block: the lock is free when the pod has ended."""
        end = deadline(timeout)
        if self._handle is None:
            return
        try:
            self.begin_close()
            while self.state != "closed" and left(end) > 0:
                self._wait_readable(end)
                self.process()
        except errors.StateError as error:
            if error.code == errors.EBUSY:
                raise
            # The election is the parent's, and only our copies of its descriptors go. Or prepare_exec was called, and
            # exec failed.
        finally:
            self._free()

    def _free(self) -> None:
        if self._handle is not None:
            self._handle.closed = True
        self._handle = None
        _leaders.discard(self)

    def wakeup(self) -> None:
        """Makes fileno() readable, and ends become() or wait() of another thread, or the next one if none waits. From
        any thread. It counts once, for the first of them that ends for it; process() does not use it up."""
        self._woken = True  # before the wake-up: whoever wakes checks it
        capi.Election_wakeup(self._open())

    def prepare_exec(self) -> None:
        """For a leader that will replace itself by exec and go on leading; waits at most 15 s. Only for a program that
        keeps descriptors that it does not know (ssh and sudo do not): else the lock is free while it runs. The new
        program leads already: it must not become() again, for it would wait for itself."""
        capi.Election_prepare_exec(self._open())

    # What happened

    def events(self) -> "Iterator[Event]":
        """What has happened since it was last asked for, oldest first. Does not wait."""
        while self._queue:
            try:
                event = self._queue.pop(0)
            except IndexError:
                return  # another thread was faster
            yield event

    def _take_events(self) -> None:
        # A logger may have closed the election meanwhile.
        while self._handle is not None and (event := self._handle.take_event()) is not None:
            self._keep(event)

    def _keep(self, event: "Event") -> None:
        if event.kind == "state" and event.error is not None:
            self._end = event.error
        if event.kind != "log" or self._logger is None or self._logger is False:
            self._queue.append(event)
        if len(self._queue) > _QUEUE:
            self._queue.remove(next((old for old in self._queue if old.kind != "state"), self._queue[0]))
        line = log_line(event)
        if line is not None:  # last: the logger may raise
            level, said = line
            self._log(level, said if said.startswith("lock '") else f"lock '{self.lock}': {said}")

    def _log(self, level: int, said: str) -> None:
        send_line(self._logger, level, said)

    # Its state

    @property
    def state(self) -> "State":
        """"new", "starting", "standby", "leader", "resigning", "resigned", "lost", "failed" or "closed". (mypy takes it
        for unchanged by a call in between: compare `state := election.state`.)"""
        return "closed" if self._handle is None else state_name(capi.Election_state(self._handle))

    @property
    def is_leader(self) -> bool:
        """This process may act as the leader."""
        return self._handle is not None and bool(capi.Election_is_leader(self._handle))

    @property
    def is_ready(self) -> bool:
        """It leads or is able to take over: for readiness probes. (Ready must not mean leading: that deadlocks
        rollouts.)"""
        return self._handle is not None and bool(capi.Election_is_ready(self._handle))

    @property
    def holder(self) -> "str | None":
        """Who leads, as far as is known: a pod's name, or "pid N (command)" on the embedded lock; or "pid N (gone; a
        child of it still holds the lock)"."""
        return None if self._handle is None else capi.Election_holder(self._handle)

    @property
    def token(self) -> "str | None":
        """The fencing token of this term, a decimal string that grows from term to term (leaderlife.token_compare);
        None unless leading. In mode observe the leader's."""
        return None if self._handle is None else capi.Election_token(self._handle)

    @property
    def term(self) -> int:
        """The number of the term as the holder record counts it; 0 where there is none."""
        return 0 if self._handle is None else capi.Election_term(self._handle)

    @property
    def guard(self) -> str:
        """What keeps a second leader out when the lock is removed: "kernel", "record", "memory"; "none": not known
        yet."""
        number = 0 if self._handle is None else capi.Election_guard(self._handle)
        return _GUARDS.get(number, f"guard {number}")

    @property
    def backend(self) -> "str | None":
        """"local" or "kubernetes"; None before the start."""
        return None if self._handle is None else capi.Election_backend(self._handle)

    @property
    def error_text(self) -> str:
        """What the last failure was, with its cure; "" if there was none."""
        return "" if self._handle is None else capi.Election_error_text(self._handle)

    def option(self, name: str) -> "str | None":
        """The value of an option, "" where it has none; None for an unknown name."""
        return capi.Election_get(self._open(), option_name(name))

    def detail(self, name: str) -> "str | None":
        """What else is known, for people: "namespace", "server", "holder-uid", "holder-phase", "holder-node", "since"
        (RFC 3339), "scope" (whose embedded lock it is), "settled" ("true" once all there is to see of the present
        holder has been seen), "pod-containers" (how many the own pod has, init and ephemeral ones aside); None for what
        is not known now, and for an unknown name. On the embedded lock only "scope", "holder-uid" and "settled"."""
        name = text("name", name)
        return None if self._handle is None else capi.Election_detail(self._handle, name)

    def counter(self, name: str) -> "int | None":
        """A counter since the start: "wakeups", "requests", "watches", "writes", "failures", "failed-watches",
        "failed-writes", "events-dropped"; None for an unknown name."""
        value = capi.Election_counter(self._open(), text("name", name))
        return None if value < 0 else value
