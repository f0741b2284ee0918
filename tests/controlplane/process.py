# SPDX-License-Identifier: Apache-2.0
"""Child processes that cannot be left behind: each has its own process group,
dies with the thread that started it, logs to a file, and is stopped by its pid."""

import ctypes
import fcntl
import os
import random
import signal
import socket
import subprocess
import tempfile
import time

PR_SET_PDEATHSIG = 1
# Loaded before any fork: the child may only call, not load.
_LIBC = ctypes.CDLL(None, use_errno=True)
# Kernels hand out 32768-60999 for outgoing connections. A port below that range
# is still free when a server is started again on it.
PORTS = (15000, 32000)


class ProcessError(Exception):
    """A process did not start or did not become ready; carries its log's end."""


_reserved = []  # open files whose locks keep other suites, which run at the same time, from our ports


def _reserve(port):
    """Until this process ends."""
    folder = os.path.join(tempfile.gettempdir(), f"leaderlife-ports-{os.getuid()}")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    file = open(os.path.join(folder, str(port)), "w", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return False
    _reserved.append(file)
    return True


def free_port():
    """A TCP port of 127.0.0.1 that nobody listens on, or will."""
    for _ in range(200):
        port = random.SystemRandom().randrange(*PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if _reserve(port):
            return port
    raise ProcessError("no free port found")


def wait_for(what, condition, timeout=30.0, interval=0.02):
    """Calls condition until it gives something true, and returns that."""
    deadline = time.monotonic() + timeout
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {timeout:g} s still waiting for {what}")
        time.sleep(interval)


def _die_with_parent():
    _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """One component. start() and stop() may alternate; the log file goes on."""

    def __init__(self, name, command, directory, environment=None):
        self.name = name
        self.command = [str(part) for part in command]
        self.directory = directory
        self.log_path = os.path.join(directory, f"{name}.log")
        self.environment = {"PATH": os.environ.get("PATH", ""), "HOME": directory,
                            "TMPDIR": directory, **(environment or {})}
        self.child = None

    @property
    def pid(self):
        return self.child.pid if self.child else None

    def running(self):
        return self.child is not None and self.child.poll() is None

    def start(self, stdout=None):
        """Starts it. Call this from a thread that lives on: the kernel kills the
        child when the starting thread ends. stdout=PIPE gives child.stdout."""
        if self.running():
            raise ProcessError(f"{self.name} is already running")
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen(
                self.command, cwd=self.directory, env=self.environment,
                stdin=subprocess.DEVNULL, stdout=stdout or log, stderr=log,
                start_new_session=True, preexec_fn=_die_with_parent)

    def stop(self, number=signal.SIGKILL, timeout=20.0):
        """Ends it, at once by default; it need not be running."""
        if self.child is None:
            return
        self._signal_group(number)
        self._signal_group(signal.SIGCONT)
        try:
            self.child.wait(timeout)
        except subprocess.TimeoutExpired:
            self._signal_group(signal.SIGKILL)
            self.child.wait()
        if self.child.stdout:
            self.child.stdout.close()
        self.child = None

    def pause(self):
        """SIGSTOP: it stalls, its connections stay open."""
        self._signal_group(signal.SIGSTOP)

    def resume(self):
        self._signal_group(signal.SIGCONT)

    def _signal_group(self, number):
        # Not after the child was waited for: its pid may be somebody else's.
        if self.running():
            os.killpg(self.child.pid, number)

    def log_tail(self, size=3000):
        with open(self.log_path, "rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - size))
            return log.read().decode(errors="replace")

    def wait_until(self, what, condition, timeout=180.0):
        """wait_for, but fails at once with the log when the process has ended."""
        def check():
            if not self.running():
                raise ProcessError(f"{self.name} has ended\n{self.log_tail()}")
            return condition()
        try:
            return wait_for(f"{self.name}: {what}", check, timeout)
        except TimeoutError as error:
            raise ProcessError(f"{error}\n{self.log_tail()}") from None
