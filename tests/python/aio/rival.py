# SPDX-License-Identifier: Apache-2.0
"""Another process that leads. A test starts it, waits until it leads, and ends it."""

import subprocess
import sys

PROGRAM = """
import sys
import leaderlife

with leaderlife.become(sys.argv[1], backend="local") as leader:
    print(leader.token, flush=True)
    sys.stdin.read()
"""


class Rival:
    """Leads from its making on. It ends with us, for it reads our pipe."""

    def __init__(self, lock):
        self._child = subprocess.Popen([sys.executable, "-c", PROGRAM, lock], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE)
        self.token = self._child.stdout.readline().decode().strip()
        assert self.token, "the rival does not lead"

    @property
    def holder(self):
        return f"pid {self._child.pid} "

    def kill(self):
        """As kill -9 does."""
        self._child.kill()
        self.end()

    def end(self):
        """It gives back."""
        self._child.stdin.close()
        self._child.wait()
        self._child.stdout.close()
