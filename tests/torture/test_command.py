# SPDX-License-Identifier: Apache-2.0
"""The command: whatever fails once, its program runs with the lock held or not at
all, its exit status is one of those that it documents, and what it says is true. The
truth is the kernel's list of sockets, which neither command nor shim writes."""

import json
from pathlib import Path

import pytest

from controlplane.process import free_port, wait_for

from .command import HANG_S, Story, hold, wait_until
from .embedded import is_held, name_of_lock

NO, TROUBLE, NOT_RUNNABLE, OF_PROGRAM, TERMINATED = 1, 125, 126, 7, 128 + 15


class Run(Story):
    """The program writes whether the lock is held, and ends by itself or by a SIGTERM."""
    told = False
    options = ()

    def words(self, lock):
        wait = "sleep 1000 & trap 'kill $!; exit 7' TERM; echo up >>" + lock + "; wait" if self.told else "exit 7"
        look = f"grep -q '@{name_of_lock(lock)}$' /proc/net/unix && echo held >>{lock} || echo free >>{lock}"
        return ["run", "--backend", "local", *self.options, lock, "--", "sh", "-c", f"{look}; {wait}"]

    def _written(self, lock):
        path = Path(self.directory) / lock
        return path.read_text(encoding="ascii").split() if path.exists() else []

    def during(self, lock, child):
        if self.told:
            wait_until(lambda: "up" in self._written(lock), child)
            if child.poll() is None:
                child.terminate()

    def judge(self, lock, child, out, err):
        written = [word for word in self._written(lock) if word != "up"]
        if "free" in written:
            return "the program ran without the lock"
        if len(written) > 1:
            return "the program ran twice"
        if child.returncode == OF_PROGRAM and written != ["held"]:
            return "the program's status without the program"
        if child.returncode not in (OF_PROGRAM, TROUBLE, NOT_RUNNABLE):
            return "another status than those"
        if child.returncode != OF_PROGRAM and "leaderlife" not in err:
            return "not a word about the cause"
        try:
            wait_for("a free lock", lambda: not is_held(lock), HANG_S)
        except TimeoutError:
            return "the lock is not free"
        return ""


class RunTold(Run):
    told = True

    def words(self, lock):
        self.options = ("--health", f"127.0.0.1:{free_port()}", "--ready-file", lock + ".ready", "--on-standby", "true")
        return super().words(lock)


class RunClose(Run):
    options = ("--close",)


class StatusOfNobody(Story):
    def words(self, lock):
        return ["status", "--backend", "local", "-o", "json", lock]

    def judge(self, lock, child, out, err):
        if child.returncode not in (NO, TROUBLE):
            return "nobody leads"
        return "" if child.returncode == NO or err else "not a word about the cause"


class StatusOfLeader(StatusOfNobody):
    def before(self, lock):
        self._holder = hold(lock)

    def after(self, lock):
        self._holder.close()

    def judge(self, lock, child, out, err):
        if child.returncode not in (0, TROUBLE):
            return "somebody leads"
        if child.returncode == 0 and json.loads(out)["holder"] is None:
            return "no holder is shown"
        return "" if child.returncode == 0 or err else "not a word about the cause"


class Doctor(Story):
    def words(self, lock):
        return ["doctor", "--backend", "local", lock]

    def judge(self, lock, child, out, err):
        if child.returncode not in (0, NO, TROUBLE):
            return "another status than those"
        return "" if out or err else "not a word"


class Rbac(Story):
    """All of it or an error: half of a Role would be applied."""

    def words(self, lock):
        return ["rbac", "--events", "--node-policy", "fenced", "my-lock"]

    def judge(self, lock, child, out, err):
        if (child.returncode, out) == self.usual:
            return ""
        return "" if child.returncode == TROUBLE and err else "half of the output, or no word about the cause"


@pytest.mark.parametrize("story, most", [(Run, 110), (RunTold, 130), (RunClose, 30), (StatusOfNobody, 40),
                                         (StatusOfLeader, 52), (Doctor, 38), (Rbac, 9)])
def test_command(torture, built, shim, open_page, tmp_path, story, most):
    players = [story(built("bin/leaderlife"), shim, open_page("leaderlife", "libleaderlife"), tmp_path)
               for _ in range(2)]
    torture(f"command, {story.__name__}", players, most)
