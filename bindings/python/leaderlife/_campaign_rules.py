# SPDX-License-Identifier: Apache-2.0
"""What the campaigns of threads and of event loops share: when another election
follows and after which pause, what a program is told, and what a term is."""

from typing import Generic, TypeVar

from . import _election as sync
from . import capi, errors
from ._arguments import deadline, left
from ._events import ERROR, WARNING, send_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from logging import Logger
    from typing import Literal

    from ._options import Options

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds before the next election
FIRST_GAP, LONGEST_GAP = 5.0, 300.0  # seconds until work that does not end is told of, and told of again

E = TypeVar("E", bound=sync.Election)


class Term:
    """One term of this process as the leader, which is given to `work`.

    token    the fencing token, a decimal string that grows from term to term (leaderlife.token_compare)
    number   the number of the term as the holder record counts it; 0 where there is none
    lock     the name of the lock
    backend  "local" or "kubernetes"
    """

    __slots__ = ("token", "number", "lock", "backend", "_handle", "__weakref__")
    token: str
    number: int
    lock: str
    backend: str

    def __init__(self, election: sync.Election) -> None:
        self._handle = election._handle
        self.token = election.token or ""
        self.number = election.term
        self.lock = election.lock
        self.backend = election.backend or ""

    def __repr__(self) -> str:
        return f"<leaderlife.Term of {self.lock!r}: token {self.token}, {'leading' if self.is_leading else 'over'}>"

    @property
    def is_leading(self) -> bool:
        """This process still leads. Any thread may ask; in a forked child it is False."""
        handle = self._handle  # once: the campaign may end the term meanwhile
        return handle is not None and bool(capi.Election_is_leader(handle))

    def _forget(self) -> None:
        """Or a term that `work` keeps would keep the election."""
        self._handle = None


TermT = TypeVar("TermT", bound=Term)
ResultT = TypeVar("ResultT")


class Work(Generic[TermT, ResultT]):
    """One run of the program's function, for one term; what became of it."""

    def __init__(self, term: TermT) -> None:
        self.term = term
        self.result: "ResultT | None" = None
        self.error: "BaseException | None" = None
        self.led_to_the_end = False  # this process led when it ended; else it was told to end, or was not begun


def keep(election: sync.Election) -> None:
    """Until it is closed: whatever happens, nothing may free it, and so its lock, under `work`."""
    sync._leaders.add(election)


def start(election: sync.Election) -> "errors.LeaderLifeError | None":
    """Starts it. Returns why it could not."""
    try:
        election.start()
    except errors.LeaderLifeError as error:
        return error
    return None


class HoldUp:
    """Says when to tell again that `work` has not ended: after gaps that grow."""

    def __init__(self) -> None:
        self._began = deadline(0.0)
        self._gap = FIRST_GAP
        self._next = deadline(self._gap)

    def left(self) -> float:
        """Seconds until it should be told of."""
        return max(0.0, left(self._next))

    def told(self) -> float:
        """It is told of now. Returns how many seconds ago `work` was asked to end."""
        self._gap = min(2 * self._gap, LONGEST_GAP)
        self._next = deadline(self._gap)
        return -left(self._began)


class Rules:
    """One campaign, without its waiting: makes its elections, tells who leads, and decides after each end."""

    def __init__(self, lock: str, work: object, on_new_leader: "Callable[[str], object] | None",
                 logger: "Logger | Literal[False] | None", options: "Options") -> None:
        if not callable(work):
            raise TypeError(f"work must be a function of the term, not {type(work).__name__}")
        if not (on_new_leader is None or callable(on_new_leader)):
            raise TypeError(f"on_new_leader must be a function or None, not {type(on_new_leader).__name__}")
        if options.get("mode") == "observe":
            raise errors.ConfigError("mode observe never leads: leave mode out to campaign", errors.EVALUE)
        self.lock = lock
        self._on_new_leader = on_new_leader
        self._logger: "Logger | Literal[False] | None" = logger
        self._options = options
        self._holder: "str | None" = None
        self._has_taken_part = False  # at some time: what it was given is right
        self._pause = FIRST_PAUSE
        self.new_election(sync.Election).close()  # what is wrong with the arguments is raised at once

    def new_election(self, kind: "type[E]") -> "E":
        return kind(self.lock, logger=self._logger, **self._options)

    def look(self, election: sync.Election) -> None:
        """To be called whenever something may have happened. Raises what on_new_leader raises."""
        for event in election.events():
            holder = event.holder if event.kind == "holder" else None
            if holder and holder != self._holder:
                self._holder = holder
                if self._on_new_leader is not None:
                    self._on_new_leader(holder)
        if election.is_leader or election.state == "standby":
            self._has_taken_part = True
            self._pause = FIRST_PAUSE

    def pause_after(self, error: "errors.LeaderLifeError | None") -> float:
        """Seconds until the next election, after one that has ended so (None: the lead was lost); tells of it. Raises
        the error where no other election would help: misuse, and what has been wrong from the beginning. What has once
        worked may work again, as when a right comes back, and a service goes on meanwhile."""
        error = error or errors.error_for(errors.ELOST)
        was_lost = isinstance(error, errors.LostError)
        if not (error.retriable or error.fatal and (self._has_taken_part or was_lost)):
            raise error
        pause = self._pause
        self._pause = min(2 * pause, LONGEST_PAUSE)
        self.say(WARNING if was_lost else ERROR, f"takes no part for {pause:g} s, and then tries again: {error}")
        return pause

    def is_over(self, work: "Work[TermT, ResultT] | None", failure: "BaseException | None") -> bool:
        """When `work` has ended: whether the campaign is over, with its result. Raises what the campaign raises: the
        failure, which has ended it otherwise; or what `work` raised while this process led, or if it is no Exception,
        as SystemExit. Other exceptions of `work` are told of. False: another election follows."""
        error = None if work is None else work.error
        led = work is not None and work.led_to_the_end
        try:
            if failure is None and error is not None and (led or not isinstance(error, Exception)):
                raise error
            if isinstance(error, Exception):
                self._say_raised(error, led)
            if failure is not None:
                raise failure
            return led
        finally:
            if work is not None:
                work.term._forget()
            del work, error, failure  # an exception keeps its frames, which would keep it

    def say(self, level: int, text: str) -> None:
        """One line to the logger. Raises what the program's own logger raises."""
        send_line(self._logger, level, text if text.startswith("lock '") else f"lock '{self.lock}': {text}")

    def say_held_up(self, seconds: float, leads: bool) -> None:
        """That `work` has not ended so long after it was asked to."""
        until = "the lock is not given back" if leads else "this process takes no part"
        self.say(WARNING, f"work was told to end {seconds:.0f} s ago, and has not: {until} until it has")

    def _say_raised(self, error: Exception, led: bool) -> None:
        when = "when it was told to end" if led else "after the lead was lost"
        self.say(ERROR, f"work raised {type(error).__name__} {when}\n{_traceback(error)}")

    def say_ended(self, error: BaseException) -> None:
        """That a campaign which nobody waits for has ended so."""
        text = error.text if isinstance(error, errors.LeaderLifeError) else _traceback(error)
        self.say(ERROR, f"the campaign has ended: {text}")


def awaitable(made: "Awaitable[ResultT]") -> "Awaitable[ResultT]":
    """What a call of `work` has given to an event loop. TypeError if it cannot be awaited: `work` was no async
    function."""
    if not hasattr(type(made), "__await__"):
        raise TypeError("work is not an async function: use leaderlife.campaign(), which runs it in a thread")
    return made


def _traceback(error: BaseException) -> str:
    import traceback

    return "".join(traceback.format_exception(type(error), error, error.__traceback__)).rstrip()
