# SPDX-License-Identifier: Apache-2.0
"""Servers that run Python otherwise than Python itself does: what is not possible in them is refused at the call, with
the way out. Imported where a thread is about to look after a lock."""

import os
import sys

from . import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def check_threads() -> None:
    """ConfigError where a thread that is begun now would not run, or not in the processes that serve."""
    uwsgi: "Any" = sys.modules.get("uwsgi")  # only uWSGI itself puts it there
    if uwsgi is None:
        return
    if not getattr(uwsgi, "has_threads", True):
        raise errors.ConfigError("uWSGI runs no Python threads, so nobody would look after the lock: start it with "
                                 "--enable-threads, or drive a leaderlife.Election by process()", errors.EVALUE)
    if _is_master(uwsgi):
        raise errors.ConfigError("this is uWSGI's master: the workers that it forks would keep the lock and never "
                                 "lead. Begin in each worker: in a function with @uwsgidecorators.postfork, or start "
                                 "uWSGI with --lazy-apps", errors.EVALUE)


def _is_master(uwsgi: "Any") -> bool:
    """masterpid() is 0 where there is no master."""
    masterpid = getattr(uwsgi, "masterpid", None)
    return masterpid is not None and masterpid() == os.getpid()
