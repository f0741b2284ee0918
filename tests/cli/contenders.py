# SPDX-License-Identifier: Apache-2.0
"""Runs of `leaderlife run` that contend for one lock and are killed. Their programs hold a POSIX
lock on a file, which ends before the kernel lets go of any socket of a dying
process (a lock by flock(2) may end after it): two programs at once would show,
and so would a free lock while a program runs."""

import contextlib
import fcntl
import os
import random
import signal
import sys
import threading
import time

from controlplane.process import wait_for

from .command import is_alive

LAUNCH = """\
import fcntl, os, sys, time
work = os.open(os.environ["WORK"], os.O_RDWR)
os.dup2(work, 0)
os.close(work)  # now: closing any descriptor of the file ends the lock
try:
    fcntl.lockf(0, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    open(os.environ["FAULTS"], "a").write("two\\n")
if sys.argv[1] != "sh":
    with open(os.environ["CURRENT"], "w") as file:
        file.write(f"{os.getpid()} {os.getppid()}\\n")
if sys.argv[1] != "python":
    os.execvp(sys.argv[1], sys.argv[1:])
time.sleep(1000)
"""
SHELL = 'sleep 1000 & one=$!; sleep 1000 & echo "$$ $PPID $one $!" >"$CURRENT"; wait'
PROGRAMS = {name: [sys.executable, "-c", LAUNCH, *words] for name, words in {
    "sleep": ["sleep", "1000"], "shell": ["sh", "-c", SHELL], "python": ["python"]}.items()}


class Contenders:
    """mode: [] or ["--exec"], perhaps with --close; program: one of PROGRAMS. Settings name another place to elect
    in."""

    def __init__(self, command, lock, directory, mode, program, environment=None, settings=()):
        self.command, self.lock, self.in_place = command, lock, "--exec" in mode
        self.words = ["run", "-q", *mode, *settings, lock, "--", *PROGRAMS[program]]
        self.work, self.faults, self.current = (str(directory / name) for name in ("work", "faults", "current"))
        for path in (self.work, self.faults, self.current):
            open(path, "w", encoding="ascii").close()
        self.environment = {**(environment or {}), "WORK": self.work, "FAULTS": self.faults, "CURRENT": self.current}
        self.wrappers = []

    def fill(self, count=3):
        """So many wrappers run."""
        self.wrappers = [wrapper for wrapper in self.wrappers if wrapper.running()]
        while len(self.wrappers) < count:
            self.wrappers.append(self.command.start(*self.words, environment=self.environment))

    def present(self):
        """(program's pid, wrapper's pid, children's pids) once one runs."""
        def read():
            with open(self.current, encoding="ascii") as file:
                text = file.read()
            words = [int(word) for word in text.split()]
            return words if text.endswith("\n") and is_alive(words[0]) else None
        program, parent, *children = wait_for("a program", read, timeout=60)
        return program, program if self.in_place else parent, children

    def kill_one(self, target, child_time=0.1):
        """One death: of the "wrapper", its "program", "both" (a wrapper that is second may be fast enough to give the
        lock back), or "both at once" (it is not). Its program's end is waited for, and what the program left behind is
        ended, but not before it has been seen to keep the lock."""
        program, wrapper, children = self.present()
        os.truncate(self.current, 0)
        victims = {"wrapper": [wrapper], "program": [program], "both": random.sample([wrapper, program], 2),
                   "both at once": [program, wrapper]}[target]
        if target == "both at once":
            os.kill(wrapper, signal.SIGSTOP)
        for pid in dict.fromkeys(victims):
            os.kill(pid, signal.SIGKILL)
        for killed in self.wrappers:  # its program may be seen dead before it is, and then fill() would count it
            if killed.pid in victims:
                killed.wait()
        wait_for("the program's end", lambda: not is_alive(program), timeout=60)
        orphaned = [pid for pid in children if is_alive(pid)] if wrapper in victims else []
        if orphaned:
            time.sleep(child_time)
            with open(self.current, encoding="ascii") as file:
                assert file.read() == "", "another one began while children of the last program held the lock"
            for pid in orphaned:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def leave_one(self):
        """No wrapper but the leader's."""
        _, leader, _ = self.present()
        for wrapper in self.wrappers:
            if wrapper.pid != leader:
                wrapper.send(signal.SIGKILL)
                wrapper.wait()

    def seen_faults(self):
        with open(self.faults, encoding="ascii") as file:
            return file.read().split()


class LockProbe:
    """Takes the embedded lock's name again and again, as soon as it is free, and then looks whether a program still
    runs."""

    def __init__(self, contenders):
        self.contenders = contenders
        self.looks = 0
        self.faults = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def _watch(self):
        import select
        import socket
        name = f"\0leaderlife/{os.geteuid()}/{self.contenders.lock}"
        while not self._ended.is_set():
            with socket.socket(socket.AF_UNIX) as waiting, socket.socket(socket.AF_UNIX) as mine:
                with contextlib.suppress(OSError):
                    waiting.connect(name)
                    poll = select.poll()
                    poll.register(waiting, select.POLLRDHUP)
                    while not poll.poll(100) and not self._ended.is_set():
                        pass
                with contextlib.suppress(OSError):
                    mine.bind(name)
                    self._look()
            time.sleep(random.uniform(0, 0.02))

    def _look(self):
        with open(self.contenders.work, "r+b") as work:
            try:
                fcntl.lockf(work, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self.faults.append("the lock was free while a program ran")
        # Closing the file has ended our lock on it, before the name is given back.
        self.looks += 1
