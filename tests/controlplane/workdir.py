# SPDX-License-Identifier: Apache-2.0
"""A temporary directory that goes away with the test run, and, where a run was
killed before it could clean up, with the next one."""

import fcntl
import glob
import os
import shutil
import tempfile
import time

_PREFIX = "leaderlife-controlplane-"
_LOCK = "owner.lock"
_YOUNG = 60.0  # seconds; a directory this new may not have been locked yet


class WorkDirectory:
    """`path` until close(). An owner's lock tells a live one from a leftover."""

    def __init__(self):
        _sweep()
        self.path = tempfile.mkdtemp(prefix=_PREFIX)
        self._lock = open(os.path.join(self.path, _LOCK), "w", encoding="ascii")
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def close(self):
        # The lock last: until it is released nobody else removes anything here.
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


def _sweep():
    for path in glob.glob(os.path.join(tempfile.gettempdir(), _PREFIX + "*")):
        try:
            status = os.lstat(path)
            if status.st_uid == os.getuid() and time.time() - status.st_mtime > _YOUNG:
                _remove_abandoned(path)
        except OSError:
            continue  # somebody else has just removed it, or holds it


def _remove_abandoned(path):
    with open(os.path.join(path, _LOCK), "a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(path, ignore_errors=True)
