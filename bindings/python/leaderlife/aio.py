# SPDX-License-Identifier: Apache-2.0
"""Elections for asyncio (and uvloop). The loop waits for the election's one
descriptor, without a thread. Once a second it checks that the program has not
closed the descriptor.

    import leaderlife.aio

    async with leaderlife.aio.Election("my-operator") as election:
        await election.become()
        await election.while_leading(run)    # run(token)

campaign(lock, work) runs work(term) whenever this process leads, again and again.
"""

import asyncio
import os

from . import _election as sync
from . import capi, errors
from ._loop_election import LoopElection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from logging import Logger
    from types import TracebackType
    from typing import Any, Literal, TypeVar

    from typing_extensions import Self, Unpack

    from ._campaign_rules import Term as Term
    from ._options import Options

    T = TypeVar("T")

__all__ = ["Election", "Term", "campaign"]

if not TYPE_CHECKING:
    def __getattr__(name):
        """`Term` is imported when it is used."""
        if name == "Term":
            from ._campaign_rules import Term

            return Term
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class Election(LoopElection):
    """As leaderlife.Election, driven by one event loop: that which runs when it starts, from then on to its close.

    `async with` starts it, and gives back at the end what is held. `async for` gives its events as they happen, until
    it is closed; of several iterations each event goes to one. Any number of tasks may wait at a time. Cancelling a
    wait ends that wait alone: no event is lost, and what has begun goes on.

    Call it in the loop's thread only. The loop keeps it alive: close it, or it campaigns as long as the loop runs.
    Should process() fail in the loop, the loop's exception handler is told, nobody drives the election any more, and
    every wait raises that error; it can still be closed.
    """

    _START = "call start(), become() or use `async with`"
    _loop: "asyncio.AbstractEventLoop | None"

    def __init__(self, lock: str, *, logger: "Logger | Literal[False] | None" = None,
                 **options: "Unpack[Options]") -> None:
        super().__init__(lock, logger=logger, **options)
        self._reader: "int | None" = None  # the descriptor that the loop waits for
        self._check_timer: "asyncio.TimerHandle | None" = None
        self._stepped = asyncio.Event()  # set for a moment whenever something may have changed

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

    @staticmethod
    def _running_loop() -> "asyncio.AbstractEventLoop | None":
        try:
            return asyncio.get_running_loop()
        except RuntimeError:
            return None

    # Driven by the loop

    def start(self) -> None:
        """Begins to take part: from now on the running loop drives it. Never waits. StateError where no loop runs."""
        if self.state == "new":
            self._loop = self._running_loop()
            if self._loop is None:
                raise errors.StateError("no event loop is running: call start() in a coroutine", errors.ESTATE)
            self._drive_on()
        try:
            super().start()
        except BaseException:
            if self.state in ("new", "failed"):
                self._leave_loop()
            raise

    def _drive_on(self) -> None:
        assert self._loop is not None
        self._reader = self.fileno()
        self._loop.add_reader(self._reader, self._ready)
        if self._check_timer is None:
            self._check_timer = self._loop.call_later(sync.CHECK_SECONDS, self._check_descriptor, self._loop)

    def _check_descriptor(self, loop: "asyncio.AbstractEventLoop") -> None:
        if self._in_its_process():
            self._check_timer = loop.call_later(sync.CHECK_SECONDS, self._check_descriptor, loop)
            self._ready()

    def _ready(self) -> None:
        try:
            self._step()
            if self._handle is not None and capi.Election_fd(self._handle) < 0:
                self._leave_loop()  # the program has closed it
        except Exception as error:
            self._leave_loop()  # else it would fail again and again
            self._trouble = error
            self._wake()
            raise

    def _in_its_process(self) -> bool:
        """A forked child shares the loop's epoll with its parent, and must leave it alone."""
        return self._loop is not None and not self._loop.is_closed() and self._pid == os.getpid()

    def _leave_loop(self) -> None:
        """Must come before the descriptor is closed: another file may get its number at once."""
        if self._check_timer is not None:
            self._check_timer.cancel()
            self._check_timer = None
        if self._reader is not None and self._loop is not None and self._in_its_process():
            self._loop.remove_reader(self._reader)
        self._reader = None

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

    async def _until(self, done: "Callable[[], bool]", timeout: "float | None" = None) -> bool:
        expired = False

        def expire() -> None:
            nonlocal expired
            expired = True
            self._wake()

        self._check_loop()
        timer = None if timeout is None else asyncio.get_running_loop().call_later(timeout, expire)
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

    async def while_leading(self, work: "Callable[[str], Awaitable[T]] | Awaitable[T]") -> "T | None":
        """Runs `work`, a function of the token or an awaitable, as long as this process leads, and returns its result.
        When the lead is lost, `work` is cancelled, and LostError (or what else has ended the election) is raised after
        its end; None if it has resigned. StateError, before `work` has begun, if it does not lead."""
        try:
            token = self._leading_token()
        except errors.LeaderLifeError:
            if not callable(work):
                asyncio.ensure_future(work).cancel()
            raise
        working = asyncio.ensure_future(self._led(work, token) if callable(work) else work)
        losing = asyncio.ensure_future(self.until_lost())
        try:
            await asyncio.wait((losing, working), return_when=asyncio.FIRST_COMPLETED)
            return losing.result() if losing.done() else working.result()
        finally:
            losing.cancel()
            await _end(working)

    async def _led(self, work: "Callable[[str], Awaitable[T]]", token: str) -> "T | None":
        """work(token), unless the lead is lost before the first step of its task."""
        if self.is_leader:
            return await work(token)
        await self.until_lost()
        return None


async def _end(task: "asyncio.Future[Any]") -> None:
    """Cancels it, and waits for its end. A cancellation meanwhile is handed on to it, and raised after its end."""
    cancelled: "BaseException | None" = None
    task.cancel()
    while not task.done():
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError as raised:
            cancelled = raised
            task.cancel()
    if cancelled is not None:
        raise cancelled


async def campaign(lock: str, work: "Callable[[Term], Awaitable[T]]", *,
                   on_new_leader: "Callable[[str], object] | None" = None,
                   logger: "Logger | Literal[False] | None" = None, **options: "Unpack[Options]") -> "T":
    """Runs work(term) as a task whenever this process leads, until it returns or raises while this process leads: then
    the lock is given back, and that is returned or raised here.

    When the lead is lost, `work` is cancelled, and its end is awaited; then this process stands for election again,
    after a pause of 1 s that grows to 30 s while none succeeds. `work` that ignores its cancellation holds that up, and
    is told of by the logger again and again; what it raises is told by the logger. Cancelling the campaign cancels
    `work`, awaits its end and gives the lock back.

    work           a function of a term, with `token`, `number`, `lock` and `is_leading`, as leaderlife.Term
    on_new_leader  a function of the holder's name, which is called when another one becomes known, this process
                   included
    logger         as for leaderlife.become(); what it or on_new_leader raises ends the campaign
    options        as for leaderlife.become()
    """
    from . import _aio_campaign, _campaign_rules

    told = _campaign_rules.Rules(lock, work, on_new_leader, logger, options)
    return await _aio_campaign.Campaign(told, work).run()
