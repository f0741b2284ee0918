# SPDX-License-Identifier: Apache-2.0
"""Runs the leaderlife command to its end, or as a process that goes on; whatever it
leaves behind is in a session of its own, and ends with the test."""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

from controlplane.process import _die_with_parent, wait_for
from scenarios.places import base_environment

HANG_S = 120


class Started:
    """A command that goes on. It ends, with its session, when the test does."""

    def __init__(self, words, environment, directory, stdin=None):
        self.out = tempfile.TemporaryFile(dir=directory)
        self.err = tempfile.TemporaryFile(dir=directory)
        self.child = subprocess.Popen(
            words, env=environment, stdin=stdin or subprocess.DEVNULL, stdout=self.out, stderr=self.err,
            cwd=directory, start_new_session=True, preexec_fn=_die_with_parent)

    @property
    def pid(self):
        return self.child.pid

    def stdout(self):
        return self._read(self.out)

    def stderr(self):
        return self._read(self.err)

    @staticmethod
    def _read(file):
        return os.pread(file.fileno(), 1 << 20, 0).decode()

    def running(self):
        return self.child.poll() is None

    def send(self, number):
        self.child.send_signal(number)

    def wait(self, timeout=HANG_S):
        """Its exit status, as a shell would tell it."""
        status = self.child.wait(timeout)
        return status if status >= 0 else 128 - status

    def wait_said(self, text, timeout=60.0):
        """Until that stands on stdout or stderr."""
        def said():
            return text in self.stdout() + self.stderr()
        try:
            wait_for(f"'{text}'", said, timeout)
        except TimeoutError as error:
            raise TimeoutError(f"{error}; stdout: {self.stdout()}; stderr: {self.stderr()}") from None

    def end(self):
        """All of its session."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.child.wait()
        self.out.close()
        self.err.close()


class Command:
    """program: its words, as LEADERLIFE_COMMAND gives them."""

    def __init__(self, program, directory):
        self.program = shlex.split(program)
        self.directory = str(directory)
        self._started = []

    def environment(self, more=None):
        return {**base_environment(), **(more or {})}

    def run(self, *words, environment=None, timeout=HANG_S, **options):
        """To its end: returncode, stdout, stderr."""
        return subprocess.run(
            [*self.program, *map(str, words)], env=self.environment(environment), cwd=self.directory,
            capture_output=True, text=True, timeout=timeout, check=False, **{"stdin": subprocess.DEVNULL, **options})

    def start(self, *words, environment=None, **options):
        return self.start_words([*self.program, *map(str, words)], environment, **options)

    def start_words(self, words, environment=None, **options):
        """Whatever leads to the command."""
        started = Started(words, self.environment(environment), self.directory, **options)
        self._started.append(started)
        return started

    def end(self):
        for started in self._started:
            started.end()
        self._started.clear()


def free(command, lock):
    """Whether somebody else would lead at once."""
    return command.run("run", "-q", "--timeout", "2s", lock, "--", "true").returncode == 0


def tell(command, name):
    """What a script waits for, in the folder in which all of them run."""
    with open(os.path.join(command.directory, name), "x", encoding="ascii"):
        pass


def python(source):
    """The words that run it."""
    return [sys.executable, "-c", textwrap.dedent(source)]


def children_of(pid):
    """But for the watchdog that run has beside its program."""
    with contextlib.suppress(FileNotFoundError), open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split() if name_of(word) != "life-watchdog"]
    return []


def name_of(pid):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    return None


def state_of(pid):
    """The kernel's letter; X: it is gone."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError), \
            open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(")")[2].split()[0]
    return "X"


def is_alive(pid):
    """Neither gone nor a zombie."""
    return state_of(pid) not in "ZX"


def stop(pid):
    """And its children have ended, too."""
    os.kill(pid, signal.SIGSTOP)
    wait_for("its stop", lambda: state_of(pid) == "T" and not any(map(is_alive, children_of(pid))))
