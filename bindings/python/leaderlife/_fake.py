# SPDX-License-Identifier: Apache-2.0
"""Fake handles for leaderlife.testing. While they are installed, each function of `capi` that gets one calls the method
of that name here; every other handle goes to the C library as ever. The Python code of the package is the real one."""

import itertools
import os
import threading

from . import _election, _owner, capi, errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

NEW, STARTING, STANDBY, LEADER, RESIGNING, RESIGNED, LOST, FAILED, CLOSED = range(9)
CANDIDATES = (STARTING, STANDBY, LEADER)
ENDED = (RESIGNED, LOST, FAILED, CLOSED)
_KIND_STATE, _KIND_HOLDER, _INFO, _GUARD_KERNEL = 1, 2, 3, 1
_tokens = itertools.count(1)  # of all fakes of this process, so that no store has seen one before
# Guards all that is here. Reentrant, for signal handlers and finalizers; and a `with` of its own, because in that of a
# Condition a KeyboardInterrupt may leave it locked.
turn = threading.RLock()


class World:
    """Who leads which lock. Any thread may change it, in its turn, and an election learns of that in its next
    process(). `changed` is notified at every step."""

    def __init__(self) -> None:
        self.pid: int = os.getpid()
        self.changed: threading.Condition = threading.Condition(turn)
        self.handles: "list[Handle]" = []
        self.other: "str | None" = None  # who else leads the locks that are not in `others`
        self.others: "dict[str, str | None]" = {}
        self.terms: "dict[str, int]" = {}

    def other_of(self, lock: str) -> "str | None":
        return self.others.get(lock, self.other)

    def leader_of(self, lock: str) -> "Handle | None":
        """Who holds the lock, also where its program has not learned of that yet, or is giving it back."""
        return next((handle for handle in self.handles if handle.lock == lock and handle.holds), None)

    def settle(self) -> None:
        """Gives each lock that is free to the one that has waited for it longest; wakes everybody."""
        for handle in self.handles:
            if handle.stands() and self.other_of(handle.lock) is None and self.leader_of(handle.lock) is None:
                handle.holds = True
        for handle in self.handles:
            handle.ring()
        self.changed.notify_all()


class Event:
    """One event. Its functions: those of `capi` that begin with Event_."""

    def __init__(self, handle: "Handle", kind: int, status: int = 0, text: str = "") -> None:
        self._values = {"kind": kind, "state": handle.shown, "status": status, "text": text, "level": _INFO,
                        "holder": handle.told_holder, "token": handle.token() if handle.is_leader() else None,
                        "free": None}

    def call(self, name: str) -> object:
        return self._values[name]


class Handle:
    """One election. `real` is a handle of the C library that is never started: it checks names and options, and knows
    a forked child. The methods below `# As capi` are the functions of `capi` that begin with Election_."""

    def __init__(self, world: World, real: "capi.ElectionHandle", lock: str) -> None:
        self.world: World = world
        self.real: "capi.ElectionHandle" = real
        self.lock: str = lock
        self.shown: int = NEW  # the state that the program sees
        self.holds: bool = False  # the lock is its own
        self.lost: "str | None" = None  # the text of a loss that the program has not learned of yet
        self.told_holder: "str | None" = None
        self.is_freed: bool = False
        self._closes = False
        self._end_text = ""
        self._token, self._term = "", 0
        self._events: "list[Event]" = []
        self._descriptor = os.eventfd(1, os.EFD_CLOEXEC | os.EFD_NONBLOCK)  # readable before the first process()

    def call(self, name: str, *arguments: object) -> object:
        with turn:
            return getattr(self, name)(*arguments)

    def stands(self) -> bool:
        """It waits for the lock."""
        return self.shown in (STARTING, STANDBY) and not self.holds and not self.is_freed and not self._observes()

    def ring(self) -> None:
        if not self.is_freed:
            os.eventfd_write(self._descriptor, 1)

    def end(self) -> None:
        """For the end of all fakes: it is closed, whatever it was."""
        if not self.is_freed and self.shown != CLOSED:
            self._leave(CLOSED)

    def _observes(self) -> bool:
        return _real["Election_get"](self.real, "mode") == "observe"

    def _enter(self, state: int, status: int = 0, text: str = "") -> None:
        self.shown = state
        self._events.append(Event(self, _KIND_STATE, status, text))

    def _leave(self, state: int, status: int = 0, text: str = "") -> None:
        """Ends it. The lock, if it was its own, is free."""
        self.holds, self.lost = False, None
        self._enter(state, status, text)
        self.world.settle()

    def _refuse(self, text: str) -> "errors.LeaderLifeError":
        return errors.StateError(text, errors.ESTATE)

    def _learn_holder(self) -> bool:
        leader = self.world.leader_of(self.lock)
        leads = leader is not None and leader.shown == LEADER or self.holds and self.shown in CANDIDATES
        holder = f"pid {os.getpid()} (fake)" if leads else self.world.other_of(self.lock)
        changed, self.told_holder = holder != self.told_holder, holder
        return changed

    def _lead(self) -> None:
        self._token = str(next(_tokens))
        self._term = self.world.terms[self.lock] = self.world.terms.get(self.lock, 0) + 1
        self._enter(LEADER)

    def _give_back(self, state: int) -> None:
        if self.shown == LEADER:
            self._enter(RESIGNING)  # until the next process(), as on Kubernetes
            self.world.settle()
        elif self.shown in (STARTING, STANDBY):
            self._leave(state)

    # As capi

    def set_option(self, name: str, value: str) -> None:
        if self.shown != NEW:
            raise self._refuse(f"option '{name}' must be set before the start")
        _real["Election_set_option"](self.real, name, value)

    def get(self, name: str) -> object:
        return _real["Election_get"](self.real, name)

    def start(self) -> None:
        if self.shown != NEW:
            raise self._refuse("a handle has one life: make a new one to take part again")
        self._enter(STARTING)
        self.world.settle()

    def process(self) -> None:
        if self.shown == NEW:
            raise self._refuse("the election has not been started")
        self._drain()
        self.holds = self.holds and self.lost is None  # until now, so that nobody else could lead before
        holder_changed = self._learn_holder()
        if self.shown == STARTING:
            self._enter(STANDBY)
        if self.shown == RESIGNING:
            self._leave(CLOSED if self._closes else RESIGNED)
        elif self.lost is not None:
            self._end_text = self.lost
            self._leave(LOST, errors.ELOST, self.lost)
        elif self.shown == STANDBY and self.holds:
            self._lead()
        if holder_changed and self.shown in (*CANDIDATES, LOST):
            self._events.append(Event(self, _KIND_HOLDER))
        if self._events:
            self.ring()
        self.world.changed.notify_all()

    def resign(self) -> None:
        if self.shown == NEW:
            raise self._refuse("the election has not been started")
        self._give_back(RESIGNED)

    def close(self) -> None:
        self._closes = True
        self._give_back(CLOSED)
        if self.shown == RESIGNING:
            self.ring()
        else:
            self.end()

    def free(self) -> None:
        if self.is_freed:
            return
        self.is_freed, self.holds = True, False
        os.close(self._descriptor)
        _real["Election_free"](self.real)
        self.world.settle()

    def prepare_exec(self) -> None:
        raise self._refuse("a fake election cannot go on in another program")

    def fd(self) -> int:
        return self._descriptor

    def timeout_ms(self) -> int:
        return 0 if self._events else -1

    def wakeup(self) -> None:
        self.ring()

    def state(self) -> int:
        return self.shown

    def is_leader(self) -> int:
        return int(self.shown == LEADER)

    def is_ready(self) -> int:
        return int(self.shown in CANDIDATES and not self._observes())

    def holder(self) -> "str | None":
        return self.told_holder if self.shown in CANDIDATES else None

    def token(self) -> "str | None":
        leader = self._seen_leader()
        return None if leader is None else leader._token

    def term(self) -> int:
        leader = self._seen_leader()
        return 0 if leader is None else leader._term

    def guard(self) -> int:
        return _GUARD_KERNEL if self.shown == LEADER else 0

    def backend(self) -> "str | None":
        return None if self.shown == NEW else "fake"

    def error_text(self) -> object:
        return self._end_text or _real["Election_error_text"](self.real)

    def detail(self, name: str) -> object:
        return _real["Election_detail"](self.real, name)

    def counter(self, name: str) -> object:
        return _real["Election_counter"](self.real, name)

    def pop_event(self) -> "Event | None":
        return self._events.pop(0) if self._events else None

    # Of these

    def _seen_leader(self) -> "Handle | None":
        """Whose token it shows: its own, or as an observer the leader's."""
        if self.shown == LEADER:
            return self
        leader = self.world.leader_of(self.lock) if self.shown == STANDBY and self._observes() else None
        return leader if leader is not None and leader.shown == LEADER else None

    def _drain(self) -> None:
        try:
            os.eventfd_read(self._descriptor)
        except BlockingIOError:
            pass


# In the place of the C library's functions

_real: "dict[str, Callable[..., object]]" = {}  # the C library's own functions, while they are replaced
_finalizers: "dict[str, object]" = {}  # and those that _owner.Handle keeps
_world: "World | None" = None  # in which elections are made now
_alive: "set[Handle]" = set()


def _election_new(lock: str) -> object:
    world = _world
    if world is None:
        return _real["election_new"](lock)
    if world.pid != os.getpid():
        raise errors.StateError("fake elections belong to the process that has begun them: begin others in this one, "
                                "after the fork", errors.ESTATE)
    handle = Handle(world, _real["election_new"](lock), lock)  # type: ignore[arg-type]
    with turn:
        _alive.add(handle)
        world.handles.append(handle)
    return handle


def _stand_in(name: str, real: "Callable[..., object]") -> "Callable[..., object]":
    method = name.partition("_")[2]

    def call(this: object, *arguments: object) -> object:
        fake = this if isinstance(this, (Handle, Event)) else getattr(this, "this", None)
        if isinstance(fake, Event):
            return fake.call(method)
        if not isinstance(fake, Handle):
            return real(this, *arguments)
        if fake.world.pid != os.getpid():
            return real(fake.real, *arguments)
        made = fake.call(method, *arguments)
        if method == "free":
            _forget(fake)
        return made

    return call


def begin() -> World:
    """Elections are fakes from now on."""
    global _world
    with turn:
        if _world is not None and _world.pid == os.getpid():
            raise RuntimeError("fake elections are in use already: they cannot be nested")
        if not _real:
            _install()
        _world = World()
        return _world


def end(world: World) -> None:
    """No more of them, and those that are left are closed."""
    global _world
    if world.pid != os.getpid():
        return
    with turn:
        for handle in world.handles:
            handle.end()
        _world = None
    for election in list(_election._leaders):
        if isinstance(getattr(election._handle, "this", None), Handle):
            _election._leaders.discard(election)
    with turn:
        _uninstall()


def _install() -> None:
    names = [name for name in dir(capi) if name.startswith(("Election_", "Event_"))]
    _real.update({name: getattr(capi, name) for name in names}, election_new=capi.election_new)
    replaced = {real: _stand_in(name, real) for name, real in _real.items() if name != "election_new"}
    for name in names:
        setattr(capi, name, replaced[_real[name]])
    setattr(capi, "election_new", _election_new)
    for name, kept in list(vars(_owner.Handle).items()):
        if isinstance(kept, staticmethod) and kept.__func__ in replaced:
            _finalizers[name] = kept
            setattr(_owner.Handle, name, staticmethod(replaced[kept.__func__]))


def _forget(handle: Handle) -> None:
    with turn:
        _alive.discard(handle)
        _uninstall()


def _uninstall() -> None:
    """Once nothing refers to a fake any more."""
    if _alive or _world is not None:
        return
    for name, real in _real.items():
        setattr(capi, name, real)
    for name, kept in _finalizers.items():
        setattr(_owner.Handle, name, kept)
    _real.clear()
    _finalizers.clear()
