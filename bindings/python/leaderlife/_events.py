# SPDX-License-Identifier: Apache-2.0
"""Events of the C library as Python objects, and what a log says of them."""

import sys

from . import capi, errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from logging import Logger
    from typing import Literal

    from ._options import Kind, State

_KINDS: "dict[int, Kind]" = {1: "state", 2: "holder", 3: "notice", 4: "log", 5: "finding"}
ERROR, WARNING, INFO = 40, 30, 20  # those of logging
_LEVELS = {1: ERROR, 2: WARNING, 3: INFO, 4: 10}


class Event:
    """Something that happened.

    kind    "state", "holder", "notice" (a person should know), "log", "finding", or "unknown": of a newer
            library, ignore it
    state   the election's state then
    error   what a notice or an end is about, as an exception that is not raised; None
    text    for people, in English; ""
    level   as in logging: 40 error, 30 warning, 20 info, 10 debug
    holder  who led then; None
    token   this process's token then; None unless it led
    """

    __slots__ = ("kind", "state", "error", "text", "level", "holder", "token")
    kind: "Kind"
    state: "State"
    error: "errors.LeaderLifeError | None"
    text: str
    level: int
    holder: "str | None"
    token: "str | None"

    def __init__(self, event: "capi.EventHandle") -> None:
        status = capi.Event_status(event)
        self.kind = _KINDS.get(capi.Event_kind(event), "unknown")
        self.state = state_name(capi.Event_state(event))
        self.text = capi.Event_text(event).replace("leaderlife_election_free()", "election.close()")
        self.error = errors.error_for(status, self.text) if status else None
        self.level = _LEVELS.get(capi.Event_level(event), 10)
        self.holder = capi.Event_holder(event)
        self.token = capi.Event_token(event)

    def __repr__(self) -> str:
        return f"<leaderlife.Event {self.kind}: {self.text or self.holder if self.kind != 'state' else self.state}>"


def state_name(number: int) -> "State":
    return capi.state_name(number) or f"state {number}"  # type: ignore[return-value]  # of a newer library


def send_line(logger: "Logger | Literal[False] | None", level: int, text: str) -> None:
    """One line. What a logger of the program's own raises comes through; the default logger was not asked for, so it
    raises nothing."""
    if logger is None:
        _send_unasked(level, text)
    elif logger is not False:
        logger.log(level, "%s", text)


def _send_unasked(level: int, text: str) -> None:
    # Importing logging is slow. Where nobody has imported it nobody has configured it, and it shows only warnings.
    if level < WARNING and "logging" not in sys.modules:
        return
    try:
        import logging

        logger = logging.getLogger("leaderlife")
        try:
            logger.log(level, "%s", text)
        except Exception:  # of a filter or a handler: told as logging itself tells it
            logging.Handler().handleError(logger.makeRecord(logger.name, level, __file__, 0, text, (), None))
    except Exception:
        pass  # logging cannot even be imported (the end of the interpreter), or standard error is closed


def log_line(event: "Event") -> "tuple[int, str] | None":
    """What a log says of it: level and text; None: nothing."""
    if event.kind in ("log", "notice"):
        return event.level, event.text
    if event.kind == "state" and event.state == "lost":
        return ERROR, str(event.error)
    if event.kind != "holder":  # of the other states the C library itself tells, from log_level="info" on
        return None
    if event.state == "leader":
        return INFO, f"this process leads, with token {event.token}"
    return INFO, f"{event.holder} leads" if event.holder else "nobody leads"
