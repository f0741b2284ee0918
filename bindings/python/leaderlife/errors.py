# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, as exceptions: one class for each kind of cause. The text
names the cause and the cure, and never holds a secret."""

import builtins

from . import capi


class LeaderLifeError(Exception):
    """Base class of all errors of leaderlife.

    code       the status of the C library, a negative number
    name       its name, "LEADERLIFE_E…"; None for a number that this version does not know
    retriable  the same call may succeed later
    fatal      the election that gave it cannot go on
    """

    def __init__(self, text: str, code: int = 0) -> None:
        super().__init__(text, code)
        self.text = text
        self.code = code

    def __str__(self) -> str:
        return self.text

    @property
    def name(self) -> "str | None":
        """"LEADERLIFE_ELOST" and so on; None for a number that this version does not know."""
        return capi.status_name(self.code)

    @property
    def retriable(self) -> bool:
        """The same call may succeed later."""
        return bool(capi.status_is_retriable(self.code))

    @property
    def fatal(self) -> bool:
        """The election that gave it cannot go on."""
        return bool(capi.status_is_fatal(self.code))


class ConfigError(LeaderLifeError, ValueError):
    """A name, an option, a file or the pod's identity is missing, malformed or contradictory."""


class AuthError(LeaderLifeError, PermissionError):
    """The server does not accept the credentials, or a right is missing."""


class ServerError(LeaderLifeError, ConnectionError):
    """No connection, no TLS, an overloaded or failing server, or one that is no Kubernetes API server."""


class BlockedError(LeaderLifeError):
    """Something of somebody else's is in the way: an object, a quota, a policy."""


class LostError(LeaderLifeError):
    """Leadership was lost: others may lead already."""


class TimeoutError(LeaderLifeError, builtins.TimeoutError):
    """The time that was given has passed. An Election's campaign goes on; leaderlife.become() has ended it."""


class InterruptedError(LeaderLifeError, builtins.InterruptedError):
    """wakeup() has ended become(). The campaign goes on: call it again."""


class StateError(LeaderLifeError, RuntimeError):
    """Not possible in the election's present state, or another thread is in the middle of a call."""


class ClosedError(StateError):
    """The election has been closed."""


class ForkError(StateError):
    """The election belongs to the parent process: make one in the child, after the fork."""


class ResourceError(LeaderLifeError, OSError):
    """The operating system has refused something, or memory is short."""

    def __str__(self) -> str:
        return self.text


_CLASSES = {
    "EINVAL": StateError, "ESTATE": StateError, "EBUSY": StateError, "EFORKED": ForkError, "EOPTION": ConfigError,
    "EVALUE": ConfigError, "ENAME": ConfigError, "ENOMEM": ResourceError, "ESYSTEM": ResourceError,
    "ETIMEDOUT": TimeoutError, "EINTR": InterruptedError, "ENOTSUP": ConfigError, "ECONFIG": ConfigError,
    "EIDENTITY": ConfigError, "EAUTH": AuthError, "EFORBIDDEN": AuthError, "ENAMESPACE": ConfigError,
    "EREJECTED": BlockedError, "ENETWORK": ServerError, "ETLS": ServerError, "ESERVER": ServerError,
    "EPROTOCOL": ServerError, "EQUOTA": BlockedError, "EBLOCKED": BlockedError, "ELOST": LostError,
}


def error_for(code: int, text: str = "") -> LeaderLifeError:
    """The exception for a status; of a newer library's, the base class."""
    if code == EFORKED:
        text = FORKED
    name = capi.status_name(code) or ""
    kind = _CLASSES.get(name.partition("_")[2], LeaderLifeError)
    return kind(text or capi.strerror(code), code)


AFTER_FORK = ("make one in this process, after the fork (in gunicorn's post_worker_init, uWSGI's @postfork, celery's "
              "worker_process_init)")
FORKED = f"the election belongs to the parent process: {AFTER_FORK}; election.close() ends the copy of the parent's"

# Those that this package raises or looks at by itself.
ESTATE, EBUSY, EFORKED, EVALUE, ESYSTEM, ETIMEDOUT, EINTR, ELOST = -2, -3, -4, -6, -9, -10, -11, -25
