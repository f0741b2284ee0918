# SPDX-License-Identifier: Apache-2.0
"""Elections for asyncio (and uvloop). The loop waits for the election's one
descriptor; no thread, no polling.

    import leaderlife.aio

    async with leaderlife.aio.Election("my-operator") as election:
        await election.become()
        await election.while_leading(run(election.token))
"""

import asyncio
import os

from . import election as sync
from . import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from logging import Logger
    from types import TracebackType
    from typing import TypeVar

    from typing_extensions import Self, Unpack

    from ._options import Options

    T = TypeVar("T")

__all__ = ["Election"]


def _running_loop() -> "asyncio.AbstractEventLoop | None":
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class Election(sync.Election):
    """As leaderlife.Election, driven by one event loop: that which runs when it starts, from then on to its close.

    `async with` starts it, and gives back at the end what is held. `async for` gives its events as they happen, until it
    is closed; of several iterations each event goes to one. Any number of tasks may wait at a time. Cancelling a wait ends
    that wait alone: no event is lost, and what has begun goes on.

    Call it in the loop's thread only. The loop keeps it alive: close it, or it campaigns as long as the loop runs. Should
    process() fail in the loop, the loop's exception handler is told, nobody drives the election any more, and every wait
    raises that error; it can still be closed.
    """

    def __init__(self, lock: str, *, logger: "Logger | None" = None, **options: "Unpack[Options]") -> None:
        super().__init__(lock, logger=logger, **options)
        self._loop: "asyncio.AbstractEventLoop | None" = None
        self._pid = os.getpid()
        self._stepped = asyncio.Event()  # set for a moment, whenever something may have changed
        self._trouble: "Exception | None" = None
        self._closing = False

    async def __aenter__(self) -> "Self":
        if self.state == "new":
            try:
                self.start()
            except BaseException:
                self._free()
                raise
        self._open()
        return self

    async def __aexit__(self, kind: "type[BaseException] | None", error: "BaseException | None",
                        trace: "TracebackType | None") -> None:
        await self.aclose()

    # Driven by the loop

    def start(self) -> None:
        """Begins to take part: from now on the running loop drives it. Never waits. StateError where no loop runs."""
        if self.state == "new":
            loop = _running_loop()
            if loop is None:
                raise errors.StateError("no event loop is running: call start() in a coroutine", errors.ESTATE)
            self._loop = loop
            loop.add_reader(self.fileno(), self._ready)
        try:
            super().start()
        except BaseException:
            if self.state in ("new", "failed"):
                self._leave_loop()
            raise

    def _ready(self) -> None:
        try:
            self.process()
            if self._closing and self.state == "closed":
                self._free()
        except Exception as error:
            self._leave_loop()  # or it would fail again and again
            self._trouble = error
            self._wake()
            raise

    def _in_its_process(self) -> bool:
        """A forked child shares the loop's epoll with its parent, and must leave it alone."""
        return self._loop is not None and not self._loop.is_closed() and self._pid == os.getpid()

    def _leave_loop(self) -> None:
        """Before the descriptor goes: its number may be another file's at once."""
        if self._loop is not None and self._handle is not None and self._in_its_process():
            self._loop.remove_reader(self.fileno())

    def _wake(self) -> None:
        if self._in_its_process():
            self._stepped.set()
            self._stepped.clear()

    def _take_events(self) -> None:
        super()._take_events()
        self._wake()

    def _free(self) -> None:
        self._leave_loop()
        super()._free()
        self._wake()

    # Waiting

    def _check_loop(self) -> "asyncio.AbstractEventLoop":
        loop = asyncio.get_running_loop()
        if self._loop is None:
            raise errors.StateError("the election was not started: call start(), become() or use `async with`", errors.ESTATE)
        if loop is not self._loop:
            raise errors.StateError("the election belongs to another event loop, that which ran when it was started: make "
                                    "one election for each loop", errors.ESTATE)
        return loop

    async def _until(self, done: "Callable[[], bool]", timeout: "float | None" = None) -> bool:
        """Waits until it is done: True; or so many seconds: False."""
        expired = False

        def expire() -> None:
            nonlocal expired
            expired = True
            self._wake()

        loop = self._check_loop()
        timer = None if timeout is None else loop.call_later(timeout, expire)
        try:
            while not done():
                if self._trouble is not None:
                    raise self._trouble
                if expired:
                    return False
                await self._stepped.wait()
            return True
        finally:
            if timer is not None:
                timer.cancel()

    async def become(self, timeout: "float | None" = None) -> "Self":  # type: ignore[override]
        """Waits until this process leads, and returns the election; starts it if it is new. TimeoutError after so many
        seconds, and a cancellation, leave the campaign running: call it again. Raises what has ended it else."""
        self._start_campaign()
        if not await self._until(lambda: self.is_leader or self.state in sync.ENDED, timeout):
            raise self._timed_out(timeout, "; the campaign goes on")
        self.raise_if_ended()
        return self

    async def until_lost(self) -> None:
        """Waits as long as this process leads; then raises LostError (or what else has ended it), or returns if it has
        resigned or was closed. Returns at once if it does not lead."""
        await self._until(lambda: not self.is_leader)
        error = self._end_error()
        if error is not None:
            raise error

    async def while_leading(self, work: "Awaitable[T]") -> "T | None":
        """Runs `work` as long as this process leads, and returns its result. When the lead is lost, `work` is cancelled,
        and LostError (or what else has ended the election) is raised after its end; None if it has resigned. StateError,
        before `work` has begun, if it does not lead."""
        working = asyncio.ensure_future(work)
        if not self.is_leader:
            working.cancel()
            self.raise_if_ended()
            raise errors.StateError("not leading: await become() first", errors.ESTATE)
        losing = asyncio.ensure_future(self.until_lost())
        try:
            await asyncio.wait((losing, working), return_when=asyncio.FIRST_COMPLETED)
            return losing.result() if losing.done() else working.result()
        finally:
            losing.cancel()
            working.cancel()
            await asyncio.wait((losing, working))

    def __aiter__(self) -> "Self":
        return self

    async def __anext__(self) -> sync.Event:
        if not self._queue and self.state != "closed":
            await self._until(lambda: bool(self._queue) or self.state == "closed")
        if not self._queue:
            raise StopAsyncIteration
        return self._queue.pop(0)

    async def aresign(self) -> None:
        """Gives up leading, or standing by, and waits until the next can lead. Without limit: use asyncio.timeout() or
        wait_for(); what has begun then goes on."""
        self.resign()
        await self._until(lambda: self.state != "resigning")

    def wait(self, timeout: "float | None" = None) -> bool:
        """As leaderlife.Election.wait(), for before and after the loop; StateError in it, for it would stop the loop."""
        if _running_loop() is not None:
            raise errors.StateError("wait() would stop the event loop: await become(), until_lost() or an event",
                                    errors.ESTATE)
        return super().wait(timeout)

    # Closing

    async def aclose(self, timeout: "float | None" = sync.CLOSE_SECONDS) -> None:
        """Gives back what is held, for which it waits at most so many seconds, and frees everything. What could not be
        given back is free when the pod ends. Cancelled, it goes on in the loop, as close() does. May be repeated."""
        if self._handle is None:
            return
        if self._loop is None:
            super().close()  # with nothing to wait for
            return
        self._check_loop()
        self._begin_close(self._loop)
        try:
            if not await self._until(lambda: self._handle is None, timeout):
                self._free()
        except Exception:
            self._free()
            raise

    def close(self, timeout: "float | None" = sync.CLOSE_SECONDS) -> None:
        """In its loop: begins to give back what is held, and returns at once; the loop does the rest as long as it runs,
        and aclose() waits for it. Elsewhere, as after the end of the loop: as leaderlife.Election.close(), which waits."""
        if self._handle is not None and self._loop is not None and self._loop is _running_loop():
            self._begin_close(self._loop)
        else:
            super().close(timeout)

    def _begin_close(self, loop: "asyncio.AbstractEventLoop") -> None:
        self._closing = True
        self._trouble = None
        self.begin_close()
        if self.state == "closed":
            self._free()
        else:
            loop.add_reader(self.fileno(), self._ready)
