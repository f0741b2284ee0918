# SPDX-License-Identifier: Apache-2.0
"""Elections for trio, and for anyio on asyncio or uvloop. Needs the package
anyio, 4.11 or newer, and then trio, if that is the loop.

    import leaderlife.anyio

    async with leaderlife.anyio.Election("my-operator") as election:
        await election.become()
        await election.while_leading(run)    # run(token)

campaign(lock, work) runs work(term) whenever this process leads.
"""

from contextlib import AsyncExitStack, suppress

from . import _election as sync
from . import capi, errors
from ._campaign_rules import Rules, Term
from ._loop_election import LoopElection

try:
    import anyio
    from anyio.lowlevel import EventLoopToken, checkpoint, current_token
except ImportError as _error:
    raise ImportError("leaderlife.anyio needs the package anyio, 4.11 or newer, also for trio: "
                      "pip install 'anyio>=4.11'") from _error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from logging import Logger
    from types import TracebackType
    from typing import Literal, TypeVar

    from typing_extensions import Self, Unpack

    from ._options import Options

    T = TypeVar("T")

__all__ = ["Election", "Term", "campaign"]


class Election(LoopElection):
    """As leaderlife.Election, driven by the loop in which its `async with` block runs: by one task, which begins and
    ends with the block.

    `async with` starts it, and gives back at the end what is held: shielded from cancellation, for 15 s at most.
    `async for` gives its events as they happen, until it is closed; of several iterations each event goes to one. Any
    number of tasks may wait at a time. Cancelling a wait ends that wait alone: no event is lost, and what has begun
    goes on.

    Call it in the loop's thread only, and only inside the block. Should process() fail in its task (a logger has
    raised, say), the block is cancelled and raises that error.
    """

    _stepped: anyio.Event  # set, and replaced, whenever something may have changed
    _entered: AsyncExitStack

    def __init__(self, lock: str, *, logger: "Logger | Literal[False] | None" = None,
                 **options: "Unpack[Options]") -> None:
        super().__init__(lock, logger=logger, **options)
        self._awaited: "int | None" = None  # the descriptor for which the task waits
        self._is_driven = False
        self._terms: "set[anyio.CancelScope]" = set()  # of works that end with the lead

    async def __aenter__(self) -> "Self":
        self._open()
        if self._loop is not None:
            raise errors.StateError("the election was used in `async with` before: make a new one", errors.ESTATE)
        self._loop = self._running_loop()
        if self._loop is None:
            raise errors.StateError("no event loop of trio or asyncio runs here", errors.ESTATE)
        self._stepped = anyio.Event()
        async with AsyncExitStack() as stack:
            # From the outermost: what the end is shielded by, the task that drives, the caller's block.
            self._shield = stack.enter_context(anyio.CancelScope())
            self._group = anyio.create_task_group()
            await self._group.__aenter__()
            # It is not told what the block raises, which it would wrap.
            stack.push_async_callback(self._group.__aexit__, None, None, None)
            self._block = stack.enter_context(anyio.CancelScope())
            stack.push_async_callback(self._give_back)
            super().start()
            self._drive_on()
            self._entered = stack.pop_all()
        return self

    async def __aexit__(self, kind: "type[BaseException] | None", error: "BaseException | None",
                        trace: "TracebackType | None") -> None:
        if not self._in_its_loop():  # a forked child
            self._free()
            return
        trouble = self._trouble
        was_cancelled_by_us = await self._entered.__aexit__(kind, error, trace)
        if trouble is not None and (kind is None or was_cancelled_by_us):
            raise trouble

    async def _give_back(self) -> None:
        self._shield.shield = True
        await self._aclose_whole(anyio.get_cancelled_exc_class())  # asyncio's Task.cancel() heeds no shield

    @staticmethod
    def _running_loop() -> "EventLoopToken | None":
        try:
            return current_token()
        except (RuntimeError, ImportError):  # none, or one of another kind
            return None

    # Driven by its task

    def start(self) -> None:
        """StateError: it is `async with` that starts it."""
        self._check_loop()
        super().start()

    def _drive_on(self) -> None:
        if not self._is_driven:
            self._is_driven = True
            self._group.start_soon(self._drive, name=f"leaderlife {self.lock}")

    async def _drive(self) -> None:
        """Shielded: what a cancelled block holds is given back, too."""
        try:
            with anyio.CancelScope(shield=True):
                while self._handle is not None and (fd := capi.Election_fd(self._handle)) >= 0:
                    await self._pause(fd)
                if self._handle is not None:
                    self._step()  # the program has closed the descriptor
        except BaseException as error:
            if self._in_its_loop():
                self._trouble = error
                self._wake()
                self._block.cancel()
            if not isinstance(error, (Exception, KeyboardInterrupt)):
                raise
        finally:
            self._is_driven = False

    async def _pause(self, fd: int) -> None:
        with anyio.move_on_after(sync.CHECK_SECONDS), suppress(anyio.ClosedResourceError):
            self._awaited = fd
            try:
                await anyio.wait_readable(fd)
            finally:
                self._awaited = None
        if self._handle is not None:
            self._step()

    def _wake(self) -> None:
        if self._in_its_loop():
            self._stepped.set()
            self._stepped = anyio.Event()
            if not self.is_leader:
                for term in self._terms:
                    term.cancel()

    def _take_events(self) -> None:
        super()._take_events()
        self._wake()

    def _free(self) -> None:
        if self._awaited is not None and self._in_its_loop():
            anyio.notify_closing(self._awaited)  # before it is closed: another file may get its number at once
        super()._free()
        self._wake()

    # Waiting

    async def _until(self, done: "Callable[[], bool]", timeout: "float | None" = None) -> bool:
        self._check_loop()
        await checkpoint()
        with anyio.move_on_after(timeout):
            while not done():
                if self._trouble is not None:
                    raise self._trouble
                await self._stepped.wait()
            return True
        if self._handle is not None:
            self._step()  # no limit is too short for a free lock: its task may have had no turn yet
        return done()

    async def while_leading(self, work: "Callable[[str], Awaitable[T]]") -> "T | None":
        """Runs `work`, an async function of the token, as long as this process leads, and returns its result. When the
        lead is lost, `work` is cancelled, and LostError (or what else has ended the election) is raised after its end;
        None if it has resigned. StateError, before `work` has begun, if it does not lead."""
        self._check_loop()
        token, result = self._leading_token(), None
        if not callable(work):
            raise TypeError(f"work must be an async function of the token, not {type(work).__name__}")
        with anyio.CancelScope() as term:
            self._terms.add(term)
            try:
                result = await work(token)
            except Exception as error:
                lost = self._end_error()
                if lost is not None:
                    raise lost from error
                raise
            finally:
                self._terms.discard(term)
        lost = self._end_error()
        if lost is not None:
            raise lost
        return result


async def campaign(lock: str, work: "Callable[[Term], Awaitable[T]]", *,
                   on_new_leader: "Callable[[str], object] | None" = None,
                   logger: "Logger | Literal[False] | None" = None, **options: "Unpack[Options]") -> "T":
    """As leaderlife.aio.campaign(), for trio and anyio: awaits work(term), an async function, in the caller's task
    whenever this process leads, until it returns or raises while this process leads: then the lock is given back, and
    that is returned or raised here. When the lead is lost, `work` is cancelled, and its end is awaited before this
    process stands for election again. Cancelling the campaign cancels `work`, awaits its end and gives the lock
    back."""
    from ._anyio_campaign import Campaign

    return await Campaign(Rules(lock, work, on_new_leader, logger, options), work).run()
