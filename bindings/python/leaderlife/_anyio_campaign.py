# SPDX-License-Identifier: Apache-2.0
"""The campaign behind leaderlife.anyio.campaign(): the caller's task runs `work`."""

from typing import Generic, TypeVar

import anyio

from . import _campaign_rules as rules
from . import errors
from ._election import ENDED
from .anyio import Election

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")


class Campaign(Generic[T]):
    """One call of leaderlife.anyio.campaign()."""

    def __init__(self, told: rules.Rules, function: "Callable[[rules.Term], Awaitable[T]]") -> None:
        self._rules, self._function = told, function
        self._work: "rules.Work[rules.Term, T] | None" = None
        self._failure: "BaseException | None" = None  # what has ended the campaign, other than `work`

    async def run(self) -> T:
        while not await self._take_part():
            pass
        return self._work.result  # type: ignore[union-attr,return-value]

    async def _take_part(self) -> bool:
        """One election, and the pause before the next one: True if there is none."""
        self._work = self._failure = None
        election = self._rules.new_election(Election)
        has_begun = False
        try:
            async with election:
                has_begun = True
                return await self._drive(election)
        except errors.LeaderLifeError as error:
            if has_begun:
                raise
            pause = self._rules.pause_after(error)
        await anyio.sleep(pause)
        return False

    async def _drive(self, election: Election) -> bool:
        """The election is kept through the pause: one that has lost still gives back what is its own, so that others
        need not wait for this pod's end."""
        def is_decided() -> bool:
            self._rules.look(election)
            return election.is_leader or election.state in ENDED

        try:
            await election._until(is_decided)
            if election.is_leader:
                self._work = rules.Work(rules.Term(election))
                await self._lead(election, self._work)
        except BaseException as raised:
            self._failure = raised
        failure, self._failure = self._failure, None
        try:
            if self._rules.is_over(self._work, failure):
                return True
        finally:
            del failure
        await anyio.sleep(self._rules.pause_after(election._end_error()))
        return False

    async def _lead(self, election: Election, work: "rules.Work[rules.Term, T]") -> None:
        """Runs the program's function to its end, beside a task that watches the lead."""
        working, telling = anyio.CancelScope(), anyio.CancelScope(shield=True)
        async with anyio.create_task_group() as group:
            group.start_soon(self._watch, election, working, telling)
            try:
                with working:
                    if work.term.is_leading:
                        work.result = await rules.awaitable(self._function(work.term))
            except BaseException as error:
                work.error = error
            finally:
                work.led_to_the_end = work.term.is_leading
            telling.cancel()
            group.cancel_scope.cancel()

    async def _watch(self, election: Election, working: anyio.CancelScope, telling: anyio.CancelScope) -> None:
        """Has `work` cancelled when the lead is lost, and tells of it as long as it has not ended then. Raises nothing
        but its cancellation: a task group would wrap it."""
        def is_over() -> bool:
            if election.is_leader:
                self._rules.look(election)
            return not election.is_leader

        try:
            await election._until(is_over)
        except (Exception, KeyboardInterrupt) as raised:
            self._failure = raised
        finally:
            working.cancel()
            hold_up = rules.HoldUp()
            with telling:
                while True:
                    await anyio.sleep(hold_up.left())
                    try:
                        self._rules.say_held_up(hold_up.told(), election.is_leader)
                    except Exception as raised:  # of the logger
                        self._failure = self._failure or raised
