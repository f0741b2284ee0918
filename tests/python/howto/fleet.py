# SPDX-License-Identifier: Apache-2.0
"""The replicas of one program on this machine: started, found, frozen, killed, restarted, and all of them ended."""

import contextlib
import itertools
import json
import os
import re
import secrets
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

from controlplane.process import Process, free_port, wait_for
from scenarios.places import base_environment

from . import judge
from .frameworks import lay_out

HANG_S = 120
ROOT = Path(__file__).resolve().parents[3]
WITHOUT = Path(__file__).parent / "without"


class Fleet:
    """Replicas of a framework's example. elects: with leaderlife, or with what stands in its place and elects nobody.
    places: a Places. lock: for another name than one of its own. replicas: those that should be running."""

    def __init__(self, framework, places, directory, elects=True, lock=None):
        self.framework, self.places, self.directory, self.elects = framework, places, directory, elects
        self._mark = "howto-" + secrets.token_hex(6)
        self.lock = lock or self._mark
        directory.mkdir()
        self.file = directory / "ticks.db"
        if not elects:
            judge.unfenced(self.file)
        self.replicas = []
        self._processes = []
        self._numbers = itertools.count(1)
        self._services = {}

    def __enter__(self):
        try:
            if self.framework.broker:
                port = str(free_port())
                self._run("redis", ["redis-server", "--bind", "127.0.0.1", "--port", port, "--save", ""])
                self._services = {"BROKER": f"redis://127.0.0.1:{port}/0"}
            if self.framework.worker is not None:
                self._run("worker", [*self.framework.worker.split(), "--pool", "solo"])
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        for process in self._processes:
            process.stop()
        for pid in self._left_behind():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _left_behind(self):
        """Children whose parent was killed: they have our mark in their environment."""
        for entry in os.listdir("/proc"):
            with contextlib.suppress(OSError):
                if entry.isdigit() and self._mark.encode() in Path("/proc", entry, "environ").read_bytes():
                    yield int(entry)

    def _environment(self, directory):
        package = self.places.package if self.elects else WITHOUT
        return {**base_environment(), "PYTHONPATH": f"{package}:{directory}", "TICKS": str(self.file),
                "TICK_SECONDS": str(self.framework.seconds), "HOME": str(directory), "HOWTO": self._mark,
                "DAGSTER_HOME": str(self.directory), "DAGSTER_DISABLE_TELEMETRY": "1", "PYTHONUNBUFFERED": "1",
                "PATH": f"{self.places.programs}:{self.places.command.parent}:{os.environ['PATH']}", **self._services}

    def _run(self, name, words, **environment):
        directory = self.directory / name
        lay_out(self.framework, self.lock, ROOT, directory)
        process = Process(name, words, directory, {**self._environment(directory), **environment})
        process.start()
        self._processes.append(process)
        return process

    def start(self):
        """One more replica."""
        number = next(self._numbers)
        words = self.framework.command(self.lock, free_port(), self.elects)
        self.replicas.append(self._run(f"replica-{number}", words, **self._given(number)))
        return self.replicas[-1]

    def _given(self, number):
        """More of a replica's environment. Without leaderlife what `leaderlife run` would tell."""
        if self.elects or not self.framework.runs:
            return {}
        return {"LEADERLIFE_LOCK": self.lock, "LEADERLIFE_TOKEN": str(number)}

    def fill_up(self, count):
        """So that so many run."""
        self.replicas = [replica for replica in self.replicas if replica.running()]
        while len(self.replicas) < count:
            self.start()

    # Who leads

    def leader(self):
        """(pid of the process that leads, its replica), as soon as one does."""
        pid = wait_for("a leader", self._holder, HANG_S)
        return pid, next(replica for replica in self.replicas if replica.pid == os.getsid(pid))

    def _holder(self):
        told = subprocess.run([self.places.command, "status", "-o", "json", self.lock], env=base_environment(),
                              capture_output=True, text=True, check=False)  # 1: nobody leads
        holder = json.loads(told.stdout)["holder"]
        return holder and int(re.match(r"pid (\d+) \(", holder["name"])[1])

    def freeze(self, replica):
        """Between two ticks: one that is frozen in the midst keeps the file from all others, as no store on a server
        would."""
        def between_ticks():
            replica.pause()
            with contextlib.closing(sqlite3.connect(self.file, timeout=0.2)) as file:
                try:
                    file.execute("BEGIN IMMEDIATE")
                    return True
                except sqlite3.OperationalError:
                    replica.resume()
                    return False
        wait_for("a moment between two ticks", between_ticks, HANG_S)

    # What they have done

    def ticks(self):
        return judge.ticks(self.file)

    def wait_count(self, count):
        """Until there are so many ticks, whoever has made them."""
        self._wait(f"{count} ticks", lambda: len(self.ticks()) >= count)

    def terms(self):
        return judge.judge(self.ticks(), one_pid=self.framework.ticks_itself)

    def wait_ticks(self, count):
        """Until the newest term has so many ticks more than now; its token."""
        before = self.terms()

        def enough():
            terms = self.terms()
            if not terms:
                return None
            known = before[-1].count if before and terms[-1].token == before[-1].token else 0
            return terms[-1].token if terms[-1].count >= known + count else None
        return self._wait(f"{count} ticks", enough)

    def wait_next(self, token):
        """Until another than that token has ticked; seconds from its last tick to the first of the next."""
        return self._wait(f"a tick after those of token {token}", lambda: judge.gap(self.terms(), token))

    def doubled_within(self, seconds):
        """What the judge says as soon as it finds two at a time; None after so many seconds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self.terms()
            except judge.Doubled as error:
                return str(error)
            time.sleep(0.05)
        return None

    def _wait(self, what, condition):
        try:
            return wait_for(f"{self.framework.name}: {what}", condition, HANG_S)
        except TimeoutError as error:
            raise AssertionError(f"{error}\n{self.logs()}") from None

    def logs(self, size=3000):
        return "\n".join(f"--- {process.name}\n{process.log_tail(size)}" for process in self._processes)

    def said(self, text):
        """The processes that have said it, each as often as it has."""
        return [process.name for process in self._processes
                for _ in range(Path(process.log_path).read_text(encoding="utf-8", errors="replace").count(text))]

    def wait_said(self, text, count=1):
        self._wait(f"'{text}', {count} times", lambda: len(self.said(text)) >= count)
