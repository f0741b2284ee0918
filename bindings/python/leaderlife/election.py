# SPDX-License-Identifier: Apache-2.0
"""One election, for programs with a loop of their own or with none. The C
library never waits here: waiting is Python's, so signals and Ctrl-C work."""

# At the top, and not where they are used: a finalizer may close an election when nothing can be imported any more.
import os
import select
import time

from . import capi, errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from logging import Logger
    from types import TracebackType
    from typing import NoReturn

    from typing_extensions import Self, Unpack

    from ._options import Options

CLOSE_SECONDS = 15.0
ENDED = ("resigned", "lost", "failed", "closed")
_KINDS = {1: "state", 2: "holder", 3: "notice", 4: "log", 5: "finding"}
_GUARDS = {0: "none", 1: "kernel", 2: "memory", 3: "record"}
_LEVELS = {1: 40, 2: 30, 3: 20, 4: 10}  # those of logging
_QUEUE = 512  # events; state events are kept beyond
# What leaderlife.become() has returned: it leads until it is closed, even if nobody keeps it.
_leaders: "set[Election]" = set()


class Event:
    """Something that happened.

    kind    "state", "holder", "notice" (a person should know), "log", or another word from a newer library: ignore it
    state   the election's state then
    error   what a notice or an end is about, as an exception that is not raised; None
    text    for people, in English; ""
    level   as in logging: 40 error, 30 warning, 20 info, 10 debug
    holder  who led then; None
    token   this process's token then; None unless it led
    """

    __slots__ = ("kind", "state", "error", "text", "level", "holder", "token")
    kind: str
    state: str
    error: "errors.LeaderLifeError | None"
    text: str
    level: int
    holder: "str | None"
    token: "str | None"

    def __init__(self, event: "capi.EventHandle") -> None:
        status = capi.Event_status(event)
        self.kind = _KINDS.get(capi.Event_kind(event), "unknown")
        self.state = _state_name(capi.Event_state(event))
        self.text = capi.Event_text(event)
        self.error = errors.error_for(status, self.text) if status else None
        self.level = _LEVELS.get(capi.Event_level(event), 10)
        self.holder = capi.Event_holder(event)
        self.token = capi.Event_token(event)

    def __repr__(self) -> str:
        return f"<leaderlife.Event {self.kind}: {self.text or self.holder if self.kind != 'state' else self.state}>"


def _state_name(number: int) -> str:
    return capi.state_name(number) or f"state {number}"


class _Handle:
    """The C handle. It is freed when nobody has it any more, so never under a call that another thread, or a logger that
    closes the election, has still under way."""

    __slots__ = ("this",)  # the name under which SWIG looks for its pointer

    def __init__(self, this: "capi.ElectionHandle") -> None:
        self.this = this

    _free = staticmethod(capi.Election_free)  # at the interpreter's end `capi` may have gone before

    def __del__(self) -> None:
        self._free(self)

    def __reduce__(self) -> "NoReturn":
        raise TypeError("an election belongs to its process and cannot be copied or pickled: make one there")


class Election:
    """A candidate for the lock of that name (or, with mode="observe", somebody who only watches).

    Use it as a context manager, or close() it. In a loop of your own: start(); when fileno() is readable or `timeout` has
    passed, process(), then look at events(). Without one: become(). Options are those of the C library, with '_' for
    '-'; leaderlife.options() lists them. With `logger`, log events and notices go there.

    One election is used by one thread at a time (wakeup() by any), and in the process that made it: in a forked child its
    methods raise ForkError, and it does not lead. Times are seconds.
    """

    def __init__(self, lock: str, *, logger: "Logger | None" = None, **options: "Unpack[Options]") -> None:
        self._handle: "_Handle | None" = None
        self._queue: "list[Event]" = []
        self._end: "errors.LeaderLifeError | None" = None
        if logger is not None and not callable(getattr(logger, "log", None)):
            raise TypeError(f"logger must be a logging.Logger or None, not {type(logger).__name__}")
        self._logger = logger
        self.lock: str = _text("lock", lock)
        self._handle = _Handle(capi.election_new(self.lock))
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

    def _open(self) -> "_Handle":
        if self._handle is None:
            raise errors.ClosedError("the election is closed: make a new one to take part again", errors.ESTATE)
        return self._handle

    # Taking part

    def set_option(self, name: str, value: object) -> None:
        """Sets one more option, before the start: text, a path, or True and False."""
        option = _option_name(name)
        if capi.Election_get(self._open(), option) is None:
            try:
                capi.Election_set_option(self._open(), option, "")
            except errors.ConfigError as error:  # which names the nearest, or else the list, by its name in C
                raise errors.ConfigError(error.text.replace("leaderlife_option_name()", "leaderlife.options()"),
                                         error.code) from None
        capi.Election_set_option(self._open(), option, _option_text(name, value))

    def start(self) -> None:
        """Begins to take part; never waits."""
        try:
            capi.Election_start(self._open())
        finally:
            self._take_events()

    def process(self) -> None:
        """Does what is due now; never waits. A call too many does no harm."""
        capi.Election_process(self._open())
        self._take_events()

    def fileno(self) -> int:
        """The descriptor to wait for, the same from the beginning to close()."""
        fd = capi.Election_fd(self._open())
        if fd < 0:
            raise errors.error_for(errors.EFORKED)
        return fd

    @property
    def timeout(self) -> "float | None":
        """Seconds until process() should be called even if nothing is readable; None: no limit."""
        if self._queue:
            return 0.0
        ms = capi.Election_timeout_ms(self._open())
        return None if ms < 0 else ms / 1000

    def wait(self, timeout: "float | None" = None) -> bool:
        """Waits until there is something to do and does it. False if `timeout` seconds have passed before."""
        due = self._wait_readable(_deadline(timeout))
        self.process()
        return due

    def _wait_readable(self, end: float) -> bool:
        """Until then at the latest, or for the 24 days that poll() can wait."""
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        return bool(poll.poll(max(0, int(min(_left(end) * 1000 + 0.999, 0x7FFFFFFF)))))

    def become(self, timeout: "float | None" = None) -> "Self":
        """Waits until this process leads, and returns the election. TimeoutError after so many seconds, and any
        exception of a signal handler, leave the campaign running: call it again. Raises what has ended it else."""
        end = _deadline(timeout)
        self._start_campaign()
        while True:
            self.process()
            if self.is_leader:
                return self
            self.raise_if_ended()
            if _left(end) <= 0:
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
        """What has ended it. A new one each time: a raised one holds its frames, and they would hold the election."""
        return None if self._end is None else errors.error_for(self._end.code, self._end.text)

    def resign(self) -> None:
        """Gives up leading, or standing by: is_leader is False at once. Go on with process() or wait() until the state is
        "resigned", so that the next leader need not wait for this pod to end."""
        capi.Election_resign(self._open())
        self._take_events()

    def begin_close(self) -> None:
        """As close(), for a loop of your own: begins to give back, and never waits. Go on with process() until the state
        is "closed"; then close() frees everything."""
        capi.Election_close(self._open())
        self._take_events()

    def close(self, timeout: "float | None" = CLOSE_SECONDS) -> None:
        """Gives back what is held, for which it waits at most so many seconds, and frees everything. What could not be
        given back is free when the pod ends. May be repeated. (An election that is dropped unclosed is freed, and gives
        nothing back on Kubernetes.)"""
        end = _deadline(timeout)
        if self._handle is None:
            return
        try:
            self.begin_close()
            while self.state != "closed" and _left(end) > 0:
                self._wait_readable(end)
                self.process()
        except errors.StateError as error:
            if error.code == errors.EBUSY:
                raise
            # The parent's, of which only our copies of the descriptors go; or prepare_exec was called, and exec failed.
        finally:
            self._free()

    def _free(self) -> None:
        self._handle = None
        _leaders.discard(self)

    def wakeup(self) -> None:
        """Makes fileno() readable. From any thread."""
        capi.Election_wakeup(self._open())

    def prepare_exec(self) -> None:
        """For a leader that will replace itself by exec and go on leading; waits at most 15 s."""
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
        # A logger may have closed it in between.
        while self._handle is not None and (event := capi.Election_pop_event(self._handle)) is not None:
            try:
                self._keep(Event(event))
            finally:
                capi.Event_free(event)

    def _keep(self, event: Event) -> None:
        if event.kind == "state" and event.error is not None:
            self._end = event.error
        logged = self._logger is not None and event.kind in ("log", "notice")
        if not (logged and event.kind == "log"):
            self._queue.append(event)
        if len(self._queue) > _QUEUE:
            self._queue.remove(next((old for old in self._queue if old.kind != "state"), self._queue[0]))
        if self._logger is not None and logged:  # last: it may raise
            self._logger.log(event.level, "%s", event.text)

    # How it stands

    @property
    def state(self) -> str:
        """"new", "starting", "standby", "leader", "resigning", "resigned", "lost", "failed" or "closed"."""
        return "closed" if self._handle is None else _state_name(capi.Election_state(self._handle))

    @property
    def is_leader(self) -> bool:
        """This process may act as the leader."""
        return self._handle is not None and bool(capi.Election_is_leader(self._handle))

    @property
    def is_ready(self) -> bool:
        """It leads or is able to take over: what a readiness probe should say. (Ready must not mean leading: that
        deadlocks rolling updates.)"""
        return self._handle is not None and bool(capi.Election_is_ready(self._handle))

    @property
    def holder(self) -> "str | None":
        """Who leads, as far as is known: a pod's name, or "pid N (command)" on the embedded lock."""
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
        """What keeps a second leader out when the lock is removed: "kernel", "record", "memory"; "none" yet."""
        number = 0 if self._handle is None else capi.Election_guard(self._handle)
        return _GUARDS.get(number, f"guard {number}")

    @property
    def backend(self) -> "str | None":
        """"local" or "kubernetes"; None before the start."""
        return None if self._handle is None else capi.Election_backend(self._handle)

    @property
    def error_text(self) -> str:
        """What the last failure was, with its cure; ""."""
        return "" if self._handle is None else capi.Election_error_text(self._handle)

    def option(self, name: str) -> "str | None":
        """The value of an option, "" where it has none; None for an unknown name."""
        return capi.Election_get(self._open(), _option_name(name))

    def detail(self, name: str) -> "str | None":
        """What else is known, for people: "namespace", "server", "holder-uid", "holder-phase", "holder-node", "since" (RFC
        3339), "settled" ("true" once all there is to see of the present holder has been seen); None for what is not known
        now, and for an unknown name. On the embedded lock only "holder-uid" and "settled"."""
        name = _text("name", name)
        return None if self._handle is None else capi.Election_detail(self._handle, name)

    def counter(self, name: str) -> "int | None":
        """A counter since the start: "wakeups", "requests", "watches", "writes", "failures", "failed-watches",
        "failed-writes", "events-dropped"."""
        value = capi.Election_counter(self._open(), _text("name", name))
        return None if value < 0 else value


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be str, not {type(value).__name__}")
    if "\0" in value:
        raise errors.ConfigError(f"{name} must not contain a NUL character", errors.EVALUE)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise errors.ConfigError(f"{name} must be valid UTF-8, without surrogates", errors.EVALUE) from None
    return value


def _deadline(timeout: "float | None") -> float:
    """On the clock of _left()."""
    if timeout is None:
        return float("inf")
    if not hasattr(timeout, "__float__"):
        raise TypeError(f"timeout must be a number of seconds or None, not {type(timeout).__name__}")
    if timeout != timeout:
        raise errors.ConfigError("timeout must be a number of seconds or None, not NaN", errors.EVALUE)
    return float(timeout) - _left(0.0)


def _left(end: float) -> float:
    return end - time.monotonic()


def _option_name(name: str) -> str:
    return _text("name", name).replace("_", "-")


def _option_text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if not isinstance(value, str):
        raise TypeError(f"{name} must be str, bool or a path, not {type(value).__name__}")
    return _text(name, value)
