# SPDX-License-Identifier: Apache-2.0
"""What become(on_lost=…) does when leadership is lost: which way is possible here, and the end of the process."""

import os
import signal
import sys

from . import _frameworks, _waiting, errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal, NoReturn

    OnLost = Callable[[errors.LeaderLifeError], object] | Literal["auto", "raise", "exit"]

EXIT_STATUS = 70


def chosen(on_lost: "OnLost") -> "OnLost":
    """What on_lost means in this thread and now. ConfigError where "raise" is not possible; "auto" then is "exit"."""
    _frameworks.check_threads()
    if on_lost == "raise":
        _check_interruptible()
    if on_lost == "auto" and not (_is_main_thread() and (_is_pythons(_handler()) or _can_stop_ignoring())
                                  and not _runs_asyncio()):
        return "exit"
    return on_lost


def _handler() -> "Any":
    return signal.getsignal(signal.SIGINT)


def is_ignored() -> bool:
    return _handler() is signal.SIG_IGN


def _can_stop_ignoring() -> bool:
    if not is_ignored():
        return False
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # in a sub-interpreter
        return False
    return True


def is_interruptible() -> bool:
    return callable(_handler())


def is_surely_interruptible(ours: "Any") -> bool:
    """What handles SIGINT now (`ours` does too) is known to end what the main thread does. Handlers of servers and the
    like may do anything. That of asyncio.run() cancels the main task, and then raises KeyboardInterrupt."""
    handler = _handler()
    asyncios = getattr(getattr(handler, "func", None), "__module__", None) == "asyncio.runners"
    return bool(handler == ours or _is_pythons(handler) or asyncios)


def _is_pythons(handler: "Any") -> bool:
    return handler is signal.default_int_handler  # in a sub-interpreter it is not, and there no signal is handled


def _is_main_thread() -> bool:
    """And in its main greenlet: another would not be the one that is interrupted."""
    if _waiting.get_native_id() != os.getpid():
        return False
    if "greenlet" not in sys.modules:
        return True
    from . import _green

    return _green.in_main_greenlet()


def _runs_asyncio() -> bool:
    """An interrupt would end the loop, and not what runs in it."""
    asyncio: "Any" = sys.modules.get("asyncio")
    return asyncio is not None and asyncio._get_running_loop() is not None


def _check_interruptible() -> None:
    """on_lost="raise" needs SIGINT to have a handler in Python. Where it is ignored, as in background jobs of a shell,
    BackgroundElection installs a handler that acts on the loss alone."""
    if not _is_main_thread():
        raise errors.ConfigError("on_lost='raise' raises in the main thread (and its main greenlet), and this is "
                                 "another: leave on_lost out, or give a function, or 'exit'", errors.EVALUE)
    if not is_interruptible() and not is_ignored():
        raise errors.ConfigError("on_lost='raise' interrupts the main thread by SIGINT, which this process does not "
                                 "handle: call signal.signal(signal.SIGINT, signal.default_int_handler) before, or "
                                 "leave on_lost out", errors.EVALUE)


def write_line(text: str) -> None:
    """One line to standard error, unless that would wait for somebody to read."""
    import posix  # os.write may be eventlet's, which waits in a loop

    line = f"leaderlife: {text}".encode(errors="replace")[:1000] + b"\n"
    try:
        if _waiting.block(2, 0, writable=True):
            posix.write(2, line)
    except OSError:
        pass  # it is closed


def end_process() -> "NoReturn":
    os._exit(EXIT_STATUS)
