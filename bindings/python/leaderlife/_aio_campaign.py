# SPDX-License-Identifier: Apache-2.0
"""The campaign behind leaderlife.aio.campaign(): `work` is a task."""

import asyncio
from typing import Generic, TypeVar

from . import _campaign_rules as rules
from ._election import ENDED
from .aio import Election

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from . import errors

T = TypeVar("T")


class _Work(rules.Work[rules.Term, T]):
    """One run of the program's function, as a task, for one term."""

    def __init__(self, function: "Callable[[rules.Term], Awaitable[T]]", election: Election) -> None:
        super().__init__(rules.Term(election))
        self._is_told = False
        self._task = asyncio.get_running_loop().create_task(self._run(function), name=f"leaderlife {election.lock}")
        self._task.add_done_callback(lambda _: election._wake())

    @property
    def is_done(self) -> bool:
        return self._task.done()

    async def _run(self, function: "Callable[[rules.Term], Awaitable[T]]") -> None:
        try:
            if self.term.is_leading:
                self.result = await rules.awaitable(function(self.term))
        except asyncio.CancelledError as error:
            self.error = None if self._is_told else error
        except Exception as error:
            self.error = error
        except BaseException as error:  # of which asyncio ends the loop
            self.error = error
            raise
        finally:
            self.led_to_the_end = self.term.is_leading

    async def end(self, told: rules.Rules, failure: "BaseException | None") -> "BaseException | None":
        """Cancels it, and waits for its end. Returns the failure, or what has disturbed that wait. A cancellation of
        the campaign does not end it, and is handed on."""
        self._is_told = True
        hold_up = rules.HoldUp()
        self._task.cancel()
        while not self.is_done:
            try:
                await asyncio.wait((self._task,), timeout=hold_up.left())
                if not self.is_done and hold_up.left() <= 0:
                    told.say_held_up(hold_up.told(), self.term.is_leading)
            except GeneratorExit:  # nothing can be awaited any more: the loop was closed over this campaign
                raise
            except asyncio.CancelledError as raised:
                failure = raised
                self._task.cancel()
            except BaseException as raised:  # of the logger, or Ctrl-C
                failure = failure or raised
        if not self._task.cancelled():
            self._task.exception()  # is looked at in self.error
        return failure


class Campaign(Generic[T]):
    """One call of leaderlife.aio.campaign()."""

    def __init__(self, told: rules.Rules, function: "Callable[[rules.Term], Awaitable[T]]") -> None:
        self._rules, self._function = told, function
        self._work: "_Work[T] | None" = None
        self._result: "T | None" = None

    async def run(self) -> T:
        while not await self._take_part():
            pass
        return self._result  # type: ignore[return-value]

    async def _take_part(self) -> bool:
        """One election, the end of `work`, and the pause before the next one: True if there is none. The election is
        kept until then: one that has lost still gives back what is its own, so that others need not wait for this pod's
        end."""
        error: "errors.LeaderLifeError | None" = None
        failure: "BaseException | None" = None
        election = self._rules.new_election(Election)
        rules.keep(election)
        try:
            error = rules.start(election)
            if error is None:
                await self._drive(election)
                error = election._end_error()
        except GeneratorExit:
            raise
        except BaseException as raised:
            failure = raised
        work = self._work
        if work is not None:
            failure = await work.end(self._rules, failure)
        try:
            if self._rules.is_over(work, failure) and work is not None:
                self._result = work.result
                return True
            await asyncio.sleep(self._rules.pause_after(error))
            return False
        finally:
            del failure, error, work
            self._work = None
            await election._aclose_whole(asyncio.CancelledError)

    async def _drive(self, election: Election) -> None:
        """Until it has ended, or `work` has."""
        def is_decided() -> bool:
            self._rules.look(election)
            return election.is_leader or election.state in ENDED

        await election._until(is_decided)
        if not election.is_leader:
            return
        work = self._work = _Work(self._function, election)

        def is_over() -> bool:
            if work.is_done or not election.is_leader:
                return True
            self._rules.look(election)
            return False

        await election._until(is_over)
