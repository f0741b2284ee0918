# SPDX-License-Identifier: Apache-2.0
"""A driver, which plays its story in a fork for each line: driver.c, or the same in another language."""

import itertools
import os
import subprocess

HANG_S = 60
_numbers = itertools.count(1)


class Driver:
    """words: the driver's command, before its arguments; backend: the first of those; options: those of candidates a
    and b; lock: the same for all plays, else each has one of its own."""

    def __init__(self, words, shim, page, backend, options, environment=None, lock=None):
        a, b = ([f"{name}={value}" for name, value in one.items()] for one in options)
        self.page, self._lock = page, lock
        self._child = subprocess.Popen(
            [*words, backend, str(HANG_S), *a, "--", *b], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={"PATH": os.defpath, "LD_PRELOAD": shim, "LEADERLIFE_TORTURE_PAGE": page.path, **(environment or {})})

    def play(self, strike=None):
        """"" where all is well, else what was wrong."""
        self.page.begin(strike)
        self._child.stdin.write((self._lock or f"torture-{os.getpid()}-{next(_numbers)}") + "\n")
        self._child.stdin.flush()
        said = []
        for line in self._child.stdout:
            if line.startswith("ended "):
                break
            said.append(line.strip())
        else:
            return "the driver has ended"
        self.page.stop()
        status = int(line.split()[1])
        if status == 0 and not said:
            return ""
        how = f"exit status {os.waitstatus_to_exitcode(status)}" + (" (hangs)" if status == 14 else "")
        return "; ".join([*said, how])

    def close(self):
        self._child.stdin.close()
        self._child.stdout.close()
        self._child.wait()


class OnServer:
    """A driver with pods of its own; in the end its lock and its record must have been given back."""

    def __init__(self, driver, pods):
        self.page, self._driver, self._pods = driver.page, driver, pods

    def play(self, strike):
        trouble = self._driver.play(strike)
        left = self._pods.left()
        return trouble or (f"left on the server: {left}" if left else "")
