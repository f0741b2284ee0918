# SPDX-License-Identifier: Apache-2.0
"""Leader for life: among identical pods (or processes on one machine) one leads
until it is gone. No lease, no renewal, so no clock and no slow API makes a second.

    import leaderlife

    with leaderlife.become("my-operator") as leader:    # waits until elected
        run(token=leader.token)

become(lock, *, timeout, on_lost, **options)   waits until this process leads
Election(lock, **options)                      for a loop of your own
leaderlife.aio                                 the same for asyncio
options()                                      the options, with their defaults
token_compare(a, b)                            which of two fencing tokens is older

Errors are subclasses of LeaderLifeError, with `code`, `name`, `retriable`, `fatal`.
"""

try:
    from . import capi
except ImportError as _error:
    if "subinterpreters" not in str(_error):
        raise
    raise ImportError("leaderlife cannot be used in an isolated sub-interpreter: import it in the main interpreter, or in a "
                      "process of its own") from _error

from .election import Election, Event, _leaders, _text
from .errors import (AuthError, BlockedError, ClosedError, ConfigError, ForkError, LeaderLifeError, LostError,
                     ResourceError, ServerError, StateError, TimeoutError)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from logging import Logger
    from typing import Literal

    from typing_extensions import Unpack

    from . import aio as aio
    from ._options import Option, Options

__all__ = ["AuthError", "BlockedError", "ClosedError", "ConfigError", "Election", "Event", "ForkError",
           "LeaderLifeError", "LostError", "ResourceError", "ServerError", "StateError", "TimeoutError", "become",
           "options", "token_compare", "version"]

__version__: str = capi.version()


def become(lock: str, *, timeout: "float | None" = None,
           on_lost: "Callable[[LeaderLifeError], object] | Literal['raise', 'exit'] | None" = None,
           logger: "Logger | None" = None, **options: "Unpack[Options]") -> Election:
    """Waits until this process leads, and returns the election: a context manager, which gives the lock back at its end.
    Without `with` it leads until close(), or until the process ends.

    timeout   seconds; then TimeoutError, and nothing is left behind
    on_lost   what to do when leadership is lost. Without it nobody looks after the lock while your program works: call
              leader.process() now and then, or leave the lock to the holder record. With it one background thread puts
              back what was removed under a living leader, and when leadership is lost
              a function   is called in that thread with the error (also when `logger` has raised, its __cause__, for then
                           nobody looks after the lock any more)
              "raise"      makes the `with` block end with LostError, in the main thread (its signal is SIGINT, which
                           must have a handler, as it has by default, or be ignored)
              "exit"       ends the process at once, with status 70
    options   those of the C library, with '_' for '-': see leaderlife.options()
    """
    if not (on_lost is None or callable(on_lost) or on_lost in ("raise", "exit")):
        raise TypeError(f"on_lost must be a function, 'raise', 'exit' or None, not {on_lost!r}")
    if on_lost == "raise":
        from .sentry import check_interruptible

        check_interruptible()
    election = Election(lock, logger=logger, **options)
    try:
        election.become(timeout)
    except TimeoutError:
        error = election._timed_out(timeout, "")
        election.close()
        raise error from None
    except BaseException:
        election.close()
        raise
    if on_lost is not None:
        from .sentry import Guarded

        election = Guarded(election, on_lost)
    _leaders.add(election)
    return election


def options() -> "list[Option]":
    """The options of the C library: (name, type, default, help) each. Test knobs, which begin with 'x-', are left out."""
    from ._options import Option

    rows = [Option(capi.option_name(i), capi.option_type(i), capi.option_default(i), capi.option_help(i))
            for i in range(capi.option_count())]
    return [row for row in rows if not row.name.startswith("x-")]


def token_compare(a: "str | None", b: "str | None") -> int:
    """Less than 0, 0 or more: `a` is older than, the same as, newer than `b`. None is older than every token."""
    return capi.token_compare(None if a is None else _text("a", a), None if b is None else _text("b", b))


if not TYPE_CHECKING:
    def __getattr__(name):
        """`leaderlife.aio` is imported when it is used: asyncio is not cheap."""
        if name == "aio":
            from importlib import import_module

            return import_module(".aio", __name__)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def version() -> str:
    """The version of the C library that runs."""
    return capi.version()
