# SPDX-License-Identifier: Apache-2.0
"""The loops of gevent and eventlet: how a greenlet waits in them, and how a thread has something called in them."""

import os
import sys
from collections import deque
from importlib import import_module

from . import _waiting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    class Loop(Protocol):
        """The loop of one thread. wait() and pause() are for its greenlets."""

        def wait(self, fd: int, seconds: float) -> bool:
            """As leaderlife._waiting.wait()."""
            ...

        def pause(self, seconds: float) -> None:
            """Lets other greenlets run for so long."""

        def callee(self) -> "Callee":
            """For another thread, until close()."""
            ...

    class Callee(Protocol):
        """Calls functions in greenlets of the loop, for another thread."""

        def call(self, function: "Callable[[], object]") -> None:
            """Returns at once. The function is called when the loop gets to it, and raises nothing."""

        def close(self) -> None:
            """Calls nothing more. In the loop's thread."""


def loop() -> "Loop | None":
    """That of this thread. None in a thread without greenlets; and in the loop's own greenlet, as where a signal
    handler runs while all sleep, for nothing can wait there."""
    return _gevent_loop() or _eventlet_loop()


def in_main_greenlet() -> bool:
    """Or in a thread without greenlets."""
    greenlet: "Any" = sys.modules.get("greenlet")
    return greenlet is None or greenlet.getcurrent().parent is None


def _library(name: str) -> "Any":
    """A module that has no types, or whose types are of no interest."""
    return import_module(name)


def _is_main_thread() -> bool:
    return bool(_waiting.get_native_id() == os.getpid())


def _gevent_loop() -> "Loop | None":
    monkey: "Any" = sys.modules.get("gevent.monkey")
    local: "Any" = sys.modules.get("gevent._hub_local")
    if local is None:
        return None
    hub = local.get_hub_if_exists()
    if hub is None and monkey is not None and monkey.is_module_patched("select") and _is_main_thread():
        hub = local.get_hub()
    if hub is None:
        return None
    return None if _library("greenlet").getcurrent() is hub else _GeventLoop(hub)


class _GeventLoop:
    def __init__(self, hub: "Any") -> None:
        self._hub = hub

    def wait(self, fd: int, seconds: float) -> bool:
        if _waiting.block(fd, 0):  # also what is no longer open, which the loop could not wait for
            return True
        poll = _library("gevent.select").poll()
        poll.register(fd, 1)
        return bool(poll.poll(max(0.0, seconds * 1000)))

    def pause(self, seconds: float) -> None:
        _library("gevent").sleep(seconds)

    def callee(self) -> "Callee":
        return _GeventCallee(self._hub)


class _GeventCallee:
    def __init__(self, hub: "Any") -> None:
        self._hub = hub

    def call(self, function: "Callable[[], object]") -> None:
        self._hub.loop.run_callback_threadsafe(_library("gevent").spawn, function)

    def close(self) -> None:
        pass


def _eventlet_loop() -> "Loop | None":
    hubs: "Any" = sys.modules.get("eventlet.hubs")
    patcher: "Any" = sys.modules.get("eventlet.patcher")
    if hubs is None:
        return None
    hub = getattr(hubs._threadlocal, "hub", None)
    if hub is None and patcher is not None and patcher.is_monkey_patched("select") and _is_main_thread():
        hub = hubs.get_hub()
    if hub is None:
        return None
    return None if _library("greenlet").getcurrent() is hub.greenlet else _EventletLoop()


class _Expired(BaseException):
    """The time of a wait in eventlet has passed."""


class _EventletLoop:
    def wait(self, fd: int, seconds: float) -> bool:
        if _waiting.block(fd, 0):  # also what is no longer open, which the loop could not wait for
            return True
        if seconds <= 0:
            self.pause(0)
            return False
        try:
            _library("eventlet.hubs").trampoline(fd, read=True, timeout=seconds, timeout_exc=_Expired)
        except _Expired:
            return False
        return True

    def pause(self, seconds: float) -> None:
        _library("eventlet").sleep(seconds)

    def callee(self) -> "Callee":
        return _EventletCallee(self)


class _EventletCallee:
    """Its greenlet waits for a pipe, because eventlet has nothing that another thread may call."""

    def __init__(self, loop: _EventletLoop) -> None:
        self._loop = loop
        self._pid = os.getpid()
        self._functions: "deque[Callable[[], object]]" = deque()
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        self._closed = False
        _library("eventlet").spawn(self._run)

    def call(self, function: "Callable[[], object]") -> None:
        self._functions.append(function)
        self._wake()

    def close(self) -> None:
        self._closed = True
        self._wake()
        if _waiting.loop() is not None:
            self._loop.pause(0)

    def _wake(self) -> None:
        import posix  # os.write is eventlet's, which would wait in a loop of this thread

        try:
            posix.write(self._writer, b"x")
        except BlockingIOError:
            pass  # it is full, and so the greenlet wakes anyway

    def _run(self) -> None:
        import posix

        while not self._closed:
            if not self._loop.wait(self._reader, 3600.0):
                continue
            if os.getpid() != self._pid:
                return  # a forked child shares the pipe, and must leave it alone
            posix.read(self._reader, 512)
            while self._functions:
                _library("eventlet").spawn(self._functions.popleft())
        posix.close(self._reader)
        posix.close(self._writer)
