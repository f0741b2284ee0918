# SPDX-License-Identifier: Apache-2.0
"""Short Python programs in interpreters of their own, in development mode and
with every warning an error: what they write to standard error fails the test."""

import subprocess
import sys
import textwrap

from scenarios.observer import HANG
from scenarios.places import base_environment

_BEGIN = """\
import gc, os, signal, sys, threading, time
import leaderlife

LOCK, ARGUMENTS = sys.argv[1], sys.argv[2:]
HANG = 30


def local(**options):
    return leaderlife.Election(LOCK, backend="local", **options)


def until(election, state):
    end = time.monotonic() + HANG
    while election.state != state:
        assert time.monotonic() < end, f"{election.state}, not {state}"
        election.wait(0.1)


def raised(kind, call, *arguments):
    try:
        call(*arguments)
    except kind as error:
        return error
    raise AssertionError(f"{call} did not raise {kind.__name__}")


"""


class Script:
    """Programs on one lock. In each, that which _BEGIN defines is at hand."""

    def __init__(self, directory, lock, python=sys.executable):
        self._directory = directory
        self._lock = lock
        self._python = python
        self._started = []

    def start(self, code, *arguments, environment=None):
        """A process with pipes; the caller ends it by finish()."""
        path = self._directory / f"program{len(self._started)}.py"
        path.write_text(_BEGIN + textwrap.dedent(code))
        process = subprocess.Popen(
            [self._python, "-X", "dev", "-W", "error", str(path), self._lock, *arguments], text=True,
            env={**base_environment(), **(environment or {})}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        self._started.append(process)
        return process

    def finish(self, process, status=0, says=None):
        """Waits for its end; returns what it has printed. says: a part of what it must write to standard error."""
        out, err = process.communicate(timeout=HANG)
        assert process.returncode == status, f"ended with {process.returncode}\n{out}{err}"
        if says is None:
            assert err == "", f"wrote to standard error:\n{err}"
        else:
            assert says in err
        return out

    def run(self, code, *arguments, environment=None, status=0, says=None):
        return self.finish(self.start(code, *arguments, environment=environment), status, says)

    def abandon(self):
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.communicate()
