# SPDX-License-Identifier: Apache-2.0
"""The leaderlife command with the shim in it. What it leaves behind is known by its
environment, which names the page."""

import itertools
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from controlplane.process import wait_for

from .driver import HANG_S
from .embedded import name_of_lock

_numbers = itertools.count(1)


def hold(lock):
    """A socket that holds it, as a leader does."""
    holder = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    holder.bind("\0" + name_of_lock(lock))
    holder.listen(64)
    return holder


def alive_with(page):
    """Processes that have the page, those aside that are only left to be reaped."""
    wanted, found = f"LEADERLIFE_TORTURE_PAGE={page.path}".encode(), []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            pass
    return found


class Story:
    """One command; judge(result) says what was wrong. A subclass has words(lock), and may have more."""

    def __init__(self, program, shim, page, directory):
        self.page, self.program, self.directory = page, program, str(directory)
        self._environment = {"PATH": os.defpath, "LD_PRELOAD": shim, "LEADERLIFE_TORTURE_PAGE": page.path}
        self.usual = None  # what it gives where nothing fails

    def words(self, lock):
        raise NotImplementedError

    def judge(self, lock, child, out, err):
        raise NotImplementedError

    def before(self, lock):
        """What is there when it starts."""

    def during(self, lock, child):
        """What befalls it while it runs."""

    def after(self, lock):
        """Takes away what was there."""

    def play(self, strike):
        lock = f"torture-{os.getpid()}-{next(_numbers)}"
        self.before(lock)
        self.page.begin(strike)
        child = subprocess.Popen([self.program, *self.words(lock)], env=self._environment, cwd=self.directory,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            self.during(lock, child)
            out, err = child.communicate(timeout=HANG_S)
            wait_for("the end of all that it has started", lambda: not alive_with(self.page), HANG_S)
        except (subprocess.TimeoutExpired, TimeoutError) as error:
            return f"hangs: {error}"
        finally:
            self.page.stop()
            for pid in alive_with(self.page):
                os.kill(pid, signal.SIGKILL)
            child.communicate()
            self.after(lock)
        if self.usual is None:
            self.usual = child.returncode, out
        trouble = self.judge(lock, child, out, err)
        said = f"exit status {child.returncode}, stdout {out[-300:]!r}, stderr {err[-600:]!r}"
        return f"{trouble}; {said}" if trouble else ""


def wait_until(condition, child):
    """Until it is so, or the child has ended; its end is noticed by its pipe, so nothing is reaped here."""
    end = time.monotonic() + HANG_S
    while not condition() and child.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
