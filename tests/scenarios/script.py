# SPDX-License-Identifier: Apache-2.0
"""Short programs in interpreters of their own: what they write to standard error
fails the test."""

import re
import subprocess
import textwrap

from .observer import HANG
from .places import base_environment


# What asyncio says in development mode of a step that took long, as any does on a busy machine.
TOOK_LONG = re.compile(r"^Executing <.*> took [0-9.]+ seconds\n", re.MULTILINE)


class Script:
    """Programs on one lock, which is their first argument. command: the interpreter; begin: what stands before each."""

    preexec = None  # called in the child before its program

    def __init__(self, directory, lock, command, suffix, begin, environment=None):
        self.lock = lock
        self._directory, self._suffix, self._begin = directory, suffix, begin
        self._command, self._environment = list(command), {**base_environment(), **(environment or {})}
        self._started = []

    def start(self, code, *arguments, environment=None):
        """A process with pipes; the caller ends it by finish()."""
        path = self._directory / f"program{len(self._started)}{self._suffix}"
        path.write_text(self._begin + textwrap.dedent(code))
        process = subprocess.Popen(
            [*self._command, str(path), self.lock, *arguments], text=True,
            env={**self._environment, **(environment or {})},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=self.preexec)
        self._started.append(process)
        return process

    def finish(self, process, status=0, says=None, patience=1):
        """Waits for its end; returns what it has printed. says: a part of what it must write to standard error."""
        out, err = process.communicate(timeout=HANG * patience)
        assert process.returncode == status, f"ended with {process.returncode}\n{out}{err}"
        err = TOOK_LONG.sub("", err)
        if says is None:
            assert err == "", f"wrote to standard error:\n{err}"
        else:
            assert says in err, err
        return out

    def run(self, code, *arguments, environment=None, status=0, says=None, patience=1):
        return self.finish(self.start(code, *arguments, environment=environment), status, says, patience)

    def abandon(self):
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.communicate()
