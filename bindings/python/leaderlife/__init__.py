# SPDX-License-Identifier: Apache-2.0
"""Leader for life: among identical pods (or processes on one machine) one leads
until it is gone. No lease, no renewal, so no clock and no slow API makes a second.

    import leaderlife

    with leaderlife.become("my-operator") as leader:    # waits until elected
        run(token=leader.token)                         # LostError if the lead is lost

become(lock, *, timeout, on_lost, **options)   waits until this process leads
campaign(lock, work, **options)                runs work(term) whenever this process leads; Campaign: in the background
Election(lock, **options)                      for a loop of your own
leaderlife.aio                                 the same for asyncio
leaderlife.anyio                               and for trio and anyio
leaderlife.fence                               stores that refuse the writes of earlier leaders
leaderlife.testing                             fake elections, for tests of your own
options()                                      the options, with their defaults
Options                                        the keywords, as a TypedDict
token_compare(a, b)                            which of two fencing tokens is older

Errors are subclasses of LeaderLifeError, with `code`, `name`, `retriable`, `fatal`.
"""

try:
    from . import capi
except ImportError as _error:
    if "subinterpreters" not in str(_error):
        raise
    raise ImportError("leaderlife cannot be used in an isolated sub-interpreter: import it in the main interpreter, or "
                      "in a process of its own") from _error

from ._arguments import text as _text
from ._election import Election, _leaders
from ._events import Event
from .errors import (AuthError, BlockedError, ClosedError, ConfigError, ForkError, InterruptedError, LeaderLifeError,
                     LostError, ResourceError, ServerError, StateError, TimeoutError)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from logging import Logger
    from typing import Literal, TypeVar

    from typing_extensions import Unpack

    from . import aio as aio
    from . import anyio as anyio
    from . import fence as fence
    from . import testing as testing
    from ._campaign import Campaign as Campaign
    from ._campaign_thread import Term as Term
    from ._options import Option as Option
    from ._options import Options as Options

    T = TypeVar("T")

__all__ = ["AuthError", "BlockedError", "Campaign", "ClosedError", "ConfigError", "Election", "Event", "ForkError",
           "InterruptedError", "LeaderLifeError", "LostError", "ResourceError", "ServerError", "StateError",
           "Term", "TimeoutError", "become", "campaign", "options", "token_compare", "version"]

__version__: str = capi.version()


def become(lock: str, *, timeout: "float | None" = None,
           on_lost: "Callable[[LeaderLifeError], object] | Literal['auto', 'raise', 'exit'] | None" = "auto",
           logger: "Logger | Literal[False] | None" = None, **options: "Unpack[Options]") -> Election:
    """Waits until this process leads, and returns the election: a context manager, which gives the lock back at its
    end. Without `with` it leads until close(), or until the process ends. From then on a background thread looks after
    the lock: it puts back what was removed under a living leader, and acts when leadership is lost. (It costs one
    thread, which wakes once a second.)

    timeout   seconds; then TimeoutError, and nothing is left behind
    on_lost   what to do when leadership is lost:
              "auto"       as "raise", in the main thread where SIGINT has Python's own handler or is ignored; and if
                           the program has not closed the election 15 s later, as "exit". In other threads, in a
                           coroutine, or where something else handles SIGINT then: as "exit"
              "raise"      makes the `with` block end with LostError, in the main thread, whatever it is doing. Its
                           signal is SIGINT, so without `with` it is a KeyboardInterrupt, and a line on standard error
                           says why
              "exit"       ends the process at once, with status 70 and a line on standard error
              a function   is called in that thread with the error (also when `logger` has raised, its __cause__, for
                           then nobody looks after the lock any more). Under gevent and eventlet in a greenlet of the
                           caller's loop; if that does not get to it within 15 s, the process ends
              None         nothing, and there is no thread: call leader.process() now and then, or nobody looks after
                           the lock while your program works
    logger    where warnings, notices and who leads are told; without it logging.getLogger("leaderlife"); False: nowhere
    options   those of the C library, with '_' for '-': see leaderlife.options()
    """
    if not (on_lost is None or callable(on_lost) or on_lost in ("auto", "raise", "exit")):
        raise TypeError(f"on_lost must be 'auto', a function, 'raise', 'exit' or None, not {on_lost!r}")
    if on_lost is not None:
        from ._on_lost import chosen

        on_lost = chosen(on_lost)
    election = Election(lock, logger=logger, **options)
    try:
        election.become(timeout)
        if on_lost is not None:
            from ._guard import BackgroundElection

            election = BackgroundElection(election, on_lost)
    except TimeoutError:
        error = election._timed_out(timeout, "")
        election.close()
        raise error from None
    except BaseException:
        election.close()
        raise
    _leaders.add(election)
    return election


def campaign(lock: str, work: "Callable[[Term], T]", *, on_new_leader: "Callable[[str], object] | None" = None,
             logger: "Logger | Literal[False] | None" = None, **options: "Unpack[Options]") -> "T":
    """Runs work(term) whenever this process leads, in a thread of its own; waits until it returns, and returns its
    result. See leaderlife.Campaign."""
    from . import _campaign

    return _campaign.campaign(lock, work, on_new_leader, logger, options)


def options() -> "list[Option]":
    """The options of the C library: (name, type, default, help) each. Test knobs, which begin with 'x-', are left
    out."""
    from ._options import Option

    rows = [Option(capi.option_name(i), capi.option_type(i), capi.option_default(i), capi.option_help(i))
            for i in range(capi.option_count())]
    return [row for row in rows if not row.name.startswith("x-")]


def token_compare(a: "str | None", b: "str | None") -> int:
    """Less than 0, 0 or more: `a` is older than, the same as, newer than `b`. None is older than every token."""
    return capi.token_compare(None if a is None else _text("a", a), None if b is None else _text("b", b))


if not TYPE_CHECKING:
    def __getattr__(name):
        """What is imported when it is used, for asyncio, threading and typing are slow."""
        module = {"aio": "aio", "anyio": "anyio", "fence": "fence", "testing": "testing", "Campaign": "_campaign",
                  "Term": "_campaign_thread", "Option": "_options", "Options": "_options"}.get(name)
        if module is not None:
            from importlib import import_module

            found = import_module(f".{module}", __name__)
            return found if module == name else getattr(found, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def version() -> str:
    """The version of the C library that runs."""
    return capi.version()
