# SPDX-License-Identifier: Apache-2.0
"""Elections in an event loop: what each wait means, whatever the loop. How one waits, the modules of the loops say."""

import os

from . import _election as sync
from . import errors
from ._arguments import deadline, left

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from logging import Logger
    from typing import Any, Literal

    from typing_extensions import Self, Unpack

    from ._events import Event
    from ._options import Options


class LoopElection(sync.Election):
    """As leaderlife.Election, driven by one event loop. Not to be used itself: leaderlife.aio.Election and
    leaderlife.anyio.Election are for their loops."""

    _START = "use `async with`"  # how one of that class is started

    def __init__(self, lock: str, *, logger: "Logger | Literal[False] | None" = None,
                 **options: "Unpack[Options]") -> None:
        super().__init__(lock, logger=logger, **options)
        self._loop: "Any" = None  # that which drives it, from its start on
        self._pid = os.getpid()
        self._trouble: "BaseException | None" = None  # why the loop drives it no more
        self._closing = False

    # What each loop has of its own

    @staticmethod
    def _running_loop() -> "Any":
        """The loop that runs in this thread, to be compared by ==; None: there is none."""
        raise NotImplementedError

    async def _until(self, done: "Callable[[], bool]", timeout: "float | None" = None) -> bool:
        """Waits until done() is true (True), or so many seconds (False). Raises what has kept the loop from driving
        it."""
        raise NotImplementedError

    def _drive_on(self) -> None:
        """Has the loop drive it until its close, if it does not do so already."""
        raise NotImplementedError

    # Driven by the loop

    def _in_its_loop(self) -> bool:
        """A forked child shares the loop's epoll with its parent, and must leave it alone."""
        return self._loop is not None and self._pid == os.getpid() and self._loop == self._running_loop()

    def _check_loop(self) -> None:
        if self._loop is None:
            raise errors.StateError(f"the election was not started: {self._START}", errors.ESTATE)
        if self._pid != os.getpid():
            raise errors.error_for(errors.EFORKED)
        if self._loop != self._running_loop():
            raise errors.StateError("the election belongs to another event loop, that which ran when it was started: "
                                    "make one election for each loop", errors.ESTATE)

    def _step(self) -> None:
        """What the loop does whenever the descriptor is readable, and once a second: a descriptor that the program has
        closed never becomes readable."""
        self.process()
        if self._closing and self.state == "closed":
            self._free()

    # Waiting

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

    def _leading_token(self) -> str:
        """The token of who leads; else raises what has ended the election, or StateError."""
        token = self.token
        if not self.is_leader or token is None:
            self.raise_if_ended()
            raise errors.StateError("not leading: await become() first", errors.ESTATE)
        return token

    def __aiter__(self) -> "Self":
        return self

    async def __anext__(self) -> "Event":
        if self.state != "closed":
            await self._until(lambda: bool(self._queue) or self.state == "closed")
        if not self._queue:
            raise StopAsyncIteration
        return self._queue.pop(0)

    async def aresign(self) -> None:
        """Gives up leading, or standing by, and waits until the next can lead. Without limit; when the wait is
        cancelled, as by a timeout around it, what has begun goes on."""
        self.resign()
        await self._until(lambda: self.state != "resigning")

    def wait(self, timeout: "float | None" = None) -> bool:
        """As leaderlife.Election.wait(), for before and after the loop; StateError in it, for it would stop the
        loop."""
        if self._running_loop() is not None:
            raise errors.StateError("wait() would stop the event loop: await become(), until_lost() or an event",
                                    errors.ESTATE)
        return super().wait(timeout)

    # Closing

    async def aclose(self, timeout: "float | None" = sync.CLOSE_SECONDS) -> None:
        """Gives back what is held, for which it waits at most so many seconds, and frees everything. What could not be
        given back is free when the pod ends. Cancelled, it goes on in the loop, as close() does. May be repeated. In a
        pod with several containers: see leaderlife.Election.close()."""
        if self._handle is None:
            return
        if self._loop is None or self._pid != os.getpid():
            super().close()  # with nothing to wait for
            return
        self._check_loop()
        self._begin_close()
        try:
            if not await self._until(lambda: self._handle is None, timeout):
                self._free()
        except Exception:
            self._free()
            raise

    async def _aclose_whole(self, cancellation: "type[BaseException]") -> None:
        """As aclose(). A cancellation does not end it, and is raised after it."""
        end = deadline(sync.CLOSE_SECONDS)
        cancelled: "BaseException | None" = None
        while self._handle is not None:
            try:
                await self.aclose(max(0.0, left(end)))
            except cancellation as raised:
                cancelled = raised
        if cancelled is not None:
            raise cancelled

    def close(self, timeout: "float | None" = sync.CLOSE_SECONDS) -> None:
        """In its loop: begins to give back what is held, and returns at once; the loop does the rest as long as it
        runs, and aclose() waits for it. Elsewhere, as after the end of the loop: as leaderlife.Election.close(), which
        waits."""
        if self._handle is not None and self._in_its_loop():
            self._begin_close()
        else:
            super().close(timeout)

    def _begin_close(self) -> None:
        self._closing = True
        self._trouble = None
        self.begin_close()
        if self.state == "closed":
            self._free()
        else:
            self._drive_on()
