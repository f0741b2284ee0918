# SPDX-License-Identifier: Apache-2.0
"""How a thread or a greenlet waits for a descriptor: the one place that knows of gevent and eventlet, which replace
parts of the standard library by parts that let other greenlets run."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._green import Loop

# A finalizer may wait when the names of `sys` have gone already.
_modules = sys.modules


def _original(module: str, name: str) -> "Any":
    """That function of the standard library as it was before gevent or eventlet replaced it."""
    eventlet: "Any" = _modules.get("eventlet.patcher")
    if eventlet is not None:
        return getattr(eventlet.original(module), name)
    gevent: "Any" = _modules.get("gevent.monkey")
    if gevent is not None:
        return gevent.get_original(module, name)
    return getattr(__import__(module), name)


# Taken when leaderlife is imported, and so the same whatever is replaced later.
_poll = _original("select", "poll")
RLock = _original("_thread", "RLock")
allocate_lock = _original("_thread", "allocate_lock")
get_ident = _original("_thread", "get_ident")
get_native_id = _original("_thread", "get_native_id")
start_new_thread = _original("_thread", "start_new_thread")


def threads_are_threads() -> bool:
    """Whether `threading` starts threads, and not greenlets."""
    import _thread

    return _thread.start_new_thread is start_new_thread


def loop() -> "Loop | None":
    """The loop of gevent or eventlet whose greenlets take turns in this thread; None where it is only a thread."""
    if "gevent" not in _modules and "eventlet" not in _modules:
        return None
    from . import _green

    return _green.loop()


def wait(fd: int, seconds: float) -> bool:
    """Waits until that descriptor is readable (True), or so many seconds. Other greenlets of this thread go on."""
    green = loop()
    return block(fd, seconds) if green is None else green.wait(fd, seconds)


def block(fd: int, seconds: float, writable: bool = False) -> bool:
    """As wait(), and stops this thread with all its greenlets; or until it is writable. True for a descriptor that is
    not open, too."""
    poll = _poll()
    poll.register(fd, 4 if writable else 1)  # POLLOUT, POLLIN
    return bool(poll.poll(max(0, int(seconds * 1000 + 0.999))))


def nap(seconds: float) -> None:
    """Stops this thread for so long, with all its greenlets."""
    _poll().poll(int(seconds * 1000))
