# SPDX-License-Identifier: Apache-2.0
"""A program that is measured: its process, and the words that it says. Each has its own process group, dies with the
thread that started it, and is stopped by its pid."""

import os
import re
import signal
import subprocess
import threading
import time

from controlplane.process import _die_with_parent as die_with_parent

HANG_S = 180.0  # nothing is measured against it; it ends a run that hangs


def now_ms():
    """On the clock of the programs."""
    return time.monotonic() * 1e3


class Program:
    """words: {word: pattern} of a program that does not say them with a time itself; then the time is ours."""

    def __init__(self, name, command, environment, directory, words=None):
        self.name, self._words = name, words
        self._changed = threading.Condition()
        self._said = []  # (word, ms)
        self._ended = False
        self.log_path = os.path.join(directory, f"{name}.{id(self)}.log")
        self.began = now_ms()
        with open(self.log_path, "wb") as log:
            self.child = subprocess.Popen(
                [str(part) for part in command], env=environment, cwd=directory, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT if words else log, start_new_session=True,
                preexec_fn=die_with_parent)
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def pid(self):
        return self.child.pid

    def _read(self):
        with open(self.log_path, "ab") as log:
            for raw in self.child.stdout:
                at = now_ms()
                log.write(raw)
                log.flush()
                self._take(raw.decode(errors="replace"), at)
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _take(self, line, at):
        timed = re.fullmatch(r"(\w+) (\d+\.\d+)\n", line)
        found = [(timed[1], float(timed[2]))] if timed else [
            (word, at) for word, pattern in (self._words or {}).items() if re.search(pattern, line)]
        with self._changed:
            self._said += found
            self._changed.notify_all()

    def said(self, word, since=0.0):
        """When, first after that time; or None."""
        with self._changed:
            return next((at for what, at in self._said if what == word and at >= since), None)

    def wait(self, word, since=0.0, timeout=None):
        """When it has said that; it may still have to."""
        end = time.monotonic() + (timeout or HANG_S)
        with self._changed:
            while (at := self.said(word, since)) is None:
                left = end - time.monotonic()
                if left <= 0 or self._ended:
                    raise RuntimeError(f"{self.name} has not said {word}, but {self._said}: {self.log_tail()}")
                self._changed.wait(left)
            return at

    def log_tail(self):
        with open(self.log_path, "rb") as log:
            return log.read()[-2000:].decode(errors="replace")

    def kill(self):
        """As a crash; with all that it has started. Returns when that began."""
        at = now_ms()
        self.signal(signal.SIGKILL)
        self.child.wait()
        return at

    def signal(self, number):
        if self.child.poll() is None:
            os.killpg(self.child.pid, number)

    def terminate(self):
        """By SIGTERM, of that process alone. Returns when."""
        at = now_ms()
        self.child.send_signal(signal.SIGTERM)
        return at

    def stop(self):
        self.signal(signal.SIGCONT)
        self.kill()


def first(programs, word, since, timeout=HANG_S):
    """(program, when) of the first that says the word after that time."""
    end = time.monotonic() + timeout
    while True:
        found = [(at, program) for program in programs if (at := program.said(word, since)) is not None]
        if found:
            at, program = min(found, key=lambda each: each[0])
            return program, at
        if time.monotonic() > end:
            raise RuntimeError(f"nobody has said {word}: {programs[0].log_tail()}")
        time.sleep(0.001)
