# SPDX-License-Identifier: Apache-2.0
"""What a cell must show at its end, by rules; the exceptions stand here alone.

A fault passes, and then: after `start`, `follow`, `takeover` and `resume` one of
the two leads and the other stands by, after `resign` the one has resigned and
the other leads. P15 has the rest: what is called invalid, and a namespace that
is absent or ends, ends an election that is no leader's and gives nothing back."""

from dataclasses import dataclass

from .columns import FORBIDDEN, NETWORK, SERVER, TLS

# A lock that must not be rewritten or deleted is one more right that is missing (P1, P7): no end of the election.
_CAN_BE_DONE_WITHOUT = ("lock PUT", "lock DELETE", "lock DELETE, resigning")
# Classes of faults that hit a connection.
_OF_CONNECTIONS = ("broken", "broken in a row", "refused", "HTTP/2", "cut")
# The election goes on by itself, but only once somebody has done this.
_CURES = {("lock DELETE", "invalid"): "collect", ("lock DELETE, resigning", "invalid"): "end the pod"}


@dataclass(frozen=True)
class Expectation:
    """failed: texts that the end of the election must have, or (). notice: a status that a notice must have, or None.
    warned: a watch must have complained in the log. cure: what people must do meanwhile."""
    failed: tuple = ()
    notice: str | None = None
    warned: bool = False
    cure: str = ""


def expect(row, column):
    invalid = bool(column.permanent) and row.is_command
    spared = row.name in _CAN_BE_DONE_WITHOUT or row.situation == "resign"
    return Expectation(
        failed=column.permanent if invalid and not spared else (),
        notice=_notice(row, column),
        warned=row.is_watch and (column.kind == "wrong object" or (
            column.times > 2 and column.says not in (None, FORBIDDEN, NETWORK) and "410" not in column.name)),
        cure=_CURES.get((row.name, "invalid"), "") if invalid else "")


def _notice(row, column):
    """Watches complain in the log, of refusals alone by a notice; of a record's refusal only when it is believed. A
    409 that is no AlreadyExists means that a create has failed, and that another write has lost a race."""
    if not row.is_command:
        return FORBIDDEN if column.says == FORBIDDEN else None
    if column.says == FORBIDDEN and row.resource == "leases":
        return None
    if column.kind in _OF_CONNECTIONS and not row.is_write:
        return None  # curl has repeated it: nothing has failed
    if column.name == "409" and row.verb == "create":
        return SERVER
    return column.says


def may_say(row, column):
    """Statuses that notices may have: the fault's, and that somebody is waited for. Who shares a connection shares
    its fate."""
    more = {NETWORK, TLS} if column.kind in _OF_CONNECTIONS or column.says == NETWORK else set()
    return {_notice(row, column), column.says, "LEADERLIFE_OK", "LEADERLIFE_EBLOCKED"} | more
