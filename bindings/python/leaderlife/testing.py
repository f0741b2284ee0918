# SPDX-License-Identifier: Apache-2.0
"""Elections that a test decides: no lock, no server, no other process, no sleep.

    import leaderlife.testing

    with leaderlife.testing.fake_elections() as fakes:
        with leaderlife.become("my-operator") as leader:    # leads at once: nobody else is there
            fakes.lose("another pod leads")
            leader.process()                                # learns of it, as it would of a real loss
            assert not leader.is_leader

Inside of the `with` every election of this process is a fake, whatever makes it: become(), Election, leaderlife.aio and
all that is built on them run unchanged. Nothing else makes one, so none is left in a program that runs.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from . import _fake, capi
from ._arguments import deadline, left

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ._options import State

__all__ = ["FakeElection", "FakeElections", "fake_elections"]

HANG_SECONDS = 10.0


class FakeElection:
    """One election as the program under test sees it."""

    def __init__(self, handle: "_fake.Handle") -> None:
        self._handle = handle

    def __repr__(self) -> str:
        return f"<leaderlife.testing.FakeElection {self.lock!r}: {self.state}>"

    @property
    def lock(self) -> str:
        """The name of its lock."""
        return self._handle.lock

    @property
    def state(self) -> "State":
        """As leaderlife.Election.state: "closed" is what the program has closed."""
        return capi.state_name(self._handle.shown)  # type: ignore[return-value]


class FakeElections:
    """The elections of one `with fake_elections()`, and who leads which lock. Every lock is free at first, so whoever
    takes part leads, and of several the first.

    Any thread may call these; the program learns of a change by its descriptor, in its next process(), as of a real
    one. Where `lock` is left out, all locks are meant.
    """

    def __init__(self, world: "_fake.World", timeout: float) -> None:
        self._world, self._timeout = world, timeout

    @property
    def elections(self) -> "list[FakeElection]":
        """All that the program has made until now, oldest first."""
        with _fake.turn:
            return [FakeElection(handle) for handle in self._world.handles]

    def stand_by(self, holder: str = "another", lock: "str | None" = None) -> None:
        """Another process leads: whoever takes part, now and from now on, stands by. ValueError if the program leads:
        it must lose() that first, as it would have to in life."""
        with _fake.turn:
            leads = [handle.lock for handle in self._world.handles
                     if handle.holds and handle.lost is None and lock in (None, handle.lock)]
            if leads:
                raise ValueError(f"the program holds '{leads[0]}': lose() it, or stand_by() before it takes part")
            self._set_other(holder, lock)

    def lead(self, lock: "str | None" = None) -> None:
        """The other process has ended: whoever has stood by longest leads, or whoever takes part next."""
        with _fake.turn:
            self._set_other(None, lock)

    def lose(self, text: str = "a test says so", lock: "str | None" = None, holder: str = "another") -> None:
        """The program loses what it leads, with an error of that text, and `holder` leads until lead(). Waits until the
        program leads; AssertionError if it does not within the timeout of fake_elections() (at once in the thread of
        an asyncio loop, for it would not go on meanwhile)."""
        if not isinstance(text, str):
            raise TypeError(f"text must be str, not {type(text).__name__}")
        with _fake.turn:
            for handle in self._wait(lambda handle: handle.shown == _fake.LEADER and handle.lost is None, lock,
                                     "leader"):
                handle.lost = text
                self._world.others[handle.lock] = holder
            self._world.settle()

    def until(self, state: "State", lock: "str | None" = None) -> FakeElection:
        """Waits until the program sees an election of it in that state, and returns that; AssertionError if there is
        none within the timeout (at once in the thread of an asyncio loop)."""
        with _fake.turn:
            return FakeElection(self._wait(lambda handle: capi.state_name(handle.shown) == state, lock, state)[0])

    def _set_other(self, holder: "str | None", lock: "str | None") -> None:
        if lock is not None:
            self._world.others[lock] = holder
        else:
            self._world.other = holder
            self._world.others.clear()
        self._world.settle()

    def _wait(self, is_so: "Callable[[_fake.Handle], bool]", lock: "str | None", state: str) -> "list[_fake.Handle]":
        end = deadline(0.0 if _loop_runs() else self._timeout)
        while True:
            found = [handle for handle in self._world.handles if lock in (None, handle.lock) and is_so(handle)]
            if found:
                return found
            if left(end) <= 0:
                raise AssertionError(f"no election{f' of {lock!r}' if lock else ''} is '{state}' (there are: "
                                     f"{', '.join(map(repr, self.elections)) or 'none'})")
            self._world.changed.wait(left(end))


def _loop_runs() -> bool:
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and asyncio._get_running_loop() is not None


@contextmanager
def fake_elections(timeout: float = HANG_SECONDS) -> "Iterator[FakeElections]":
    """Inside of the `with` every election that this process makes is a fake, which the FakeElections decide. At its end
    those that are left are closed. `timeout`: for how many seconds lose() and until() wait at most."""
    deadline(timeout)
    world = _fake.begin()
    try:
        yield FakeElections(world, timeout)
    finally:
        _fake.end(world)
