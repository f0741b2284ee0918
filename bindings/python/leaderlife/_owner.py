# SPDX-License-Identifier: Apache-2.0
"""What owns an election of the C library, until nobody uses it any more."""

import sys

from . import capi
from ._events import WARNING, Event, send_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from logging import Logger
    from typing import Literal, NoReturn


class Handle:
    """The C handle. It is freed with the last reference to it. So a call that is under way in another thread, or that
    a logger has interrupted to close the election, keeps its handle."""

    __slots__ = ("this", "lock", "logger", "closed", "unread")  # "this": the name that capi looks for

    def __init__(self, lock: str, logger: "Logger | Literal[False] | None") -> None:
        self.lock = lock
        self.logger: "Logger | Literal[False] | None" = logger
        self.closed = False  # by the program, however that went
        self.unread: "capi.EventHandle | None" = None  # an event that was popped, and could not be read
        self.this: "capi.ElectionHandle" = capi.election_new(lock)

    _free = staticmethod(capi.Election_free)  # at the interpreter's end `capi` may have gone before
    _free_event = staticmethod(capi.Event_free)
    _is_leader = staticmethod(capi.Election_is_leader)
    _is_finalizing = staticmethod(sys.is_finalizing)

    def take_event(self) -> "Event | None":
        """The oldest event. An exception, as for want of memory, leaves it to the next call."""
        event, self.unread = self.unread, None
        if event is None:
            event = capi.Election_pop_event(self)
        if event is None:
            return None
        try:
            read = Event(event)
        except BaseException:
            self.unread = event
            raise
        capi.Event_free(event)
        return read

    def __del__(self) -> None:
        if getattr(self, "this", None) is None:
            return  # it was never made
        try:
            if not self.closed and self._is_leader(self) and not self._is_finalizing():
                self._tell_dropped()
        finally:
            if self.unread is not None:
                self._free_event(self.unread)
            self._free(self)

    def _tell_dropped(self) -> None:
        import warnings

        text = (f"lock '{self.lock}': the election was dropped while it led, so nobody looks after the lock any more, "
                "and on Kubernetes it is held until the pod ends: keep the election, and close() it, or use `with`")
        try:
            send_line(self.logger, WARNING, text)
        finally:
            warnings.warn(text, ResourceWarning, source=self, stacklevel=2)

    def __reduce__(self) -> "NoReturn":
        raise TypeError("an election belongs to its process and cannot be copied or pickled: make one there")
