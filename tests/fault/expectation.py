# SPDX-License-Identifier: Apache-2.0
"""What a cell must show at its end, by rules; the exceptions stand here alone.

A fault passes, and then: after `start`, `follow`, `takeover` and `resume` one of
the two leads and the other stands by, after `resign` the one has resigned and
the other leads. P15 has the rest: what is called invalid, and a namespace that
is absent or ends, ends an election that is no leader's and gives nothing back."""

from dataclasses import dataclass

from .fault_columns import FORBIDDEN, NETWORK, PROTOCOL, SERVER, TLS

# A lock that must not be rewritten or deleted is one more right that is missing (P1, P7), if it lasts: no end.
_CAN_BE_DONE_WITHOUT = ("lock PUT", "lock DELETE", "lock DELETE, resigning")
# Classes of faults that hit a connection.
_OF_CONNECTIONS = ("broken", "broken in a row", "refused", "HTTP/2", "cut")


@dataclass(frozen=True)
class Expectation:
    """failed: texts that the end of the election must have, or (). notice: a status that a notice must have, or None.
    warned: a watch must have complained in the log."""
    failed: tuple = ()
    notice: str | None = None
    warned: bool = False


def expect(row, column):
    invalid = bool(column.permanent) and row.is_command
    spared = row.name in _CAN_BE_DONE_WITHOUT or row.situation == "resign"
    return Expectation(
        failed=column.permanent if invalid and not spared else (),
        notice=_notice(row, column),
        warned=row.is_watch and (column.kind == "wrong object" or (
            column.times > 2 and column.says not in (None, FORBIDDEN, NETWORK) and "410" not in column.name)))


def _notice(row, column):
    """Watches complain in the log; of refusals they and the record's requests speak only when they are believed. A
    409 that is no AlreadyExists means that a create has failed, and that another write has lost a race."""
    if not row.is_command:
        return None
    if column.says == FORBIDDEN and row.resource == "leases":
        return None
    if column.kind in _OF_CONNECTIONS and not row.is_write:
        return None  # curl has repeated it: nothing has failed
    if column.kind == "cut" and column.says == SERVER:
        return None  # over HTTP/2 libcurl 7.88 sometimes drops the status; test_refusals.py holds what is said of it
    if column.name == "409" and row.verb == "create":
        return SERVER
    return column.says


def may_say(row, column):
    """Statuses that notices may have: the fault's, and that somebody is waited for. Who shares a connection shares
    its fate; and where time is made short, a slow machine lets other requests run out of it."""
    short = "x-request-timeout-ms" in column.options
    more = {NETWORK, TLS} if column.kind in _OF_CONNECTIONS or column.says == NETWORK or short else set()
    if column.name == "RST_STREAM HTTP_1_1_REQUIRED":
        # libcurl 7.88 ends the connection, and has been seen to take a neighbour's cut answer for whole
        more.add(PROTOCOL)
    return {_notice(row, column), column.says, "LEADERLIFE_OK", "LEADERLIFE_EBLOCKED"} | more
