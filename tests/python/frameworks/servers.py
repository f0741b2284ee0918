# SPDX-License-Identifier: Apache-2.0
"""Servers of several processes that run what docs/python/frameworks.md shows, and what they have told meanwhile."""

import os
import re
import signal
import time
from pathlib import Path

from controlplane.fixtures import require
from controlplane.process import Process, free_port, wait_for
from scenarios.places import base_environment

ROOT = Path(__file__).resolve().parents[3]
APPS = Path(__file__).resolve().parent / "apps"
PAGE = ROOT / "docs" / "python" / "frameworks.md"
PACKAGE = Path(os.environ.get("LEADERLIFE_BUILD", ROOT / "build")).resolve() / "python" / "python"
LOCKS = ("my-lock", "my-beat")  # as the page calls them
WORKERS = 3
FULL = bool(os.environ.get("LEADERLIFE_FULL"))
HANG_S = 60


def long_form(test):
    """A test that is run with --full alone."""
    return test if FULL else None


def python():
    """A Python that has the frameworks."""
    found = os.environ.get("LEADERLIFE_FRAMEWORKS_PYTHON", "")
    if not os.access(found, os.X_OK):
        require("python_frameworks",
                "LEADERLIFE_FRAMEWORKS_PYTHON names no Python with script/requirements-frameworks.txt")
    if not list(PACKAGE.glob("leaderlife/capi*.so")):
        require("python_frameworks", f"there is no package in {PACKAGE}: build it with -DLEADERLIFE_PYTHON=ON")
    return found


def program(name):
    """The path of a framework's program."""
    return str(Path(python()).parent / name)


def blocks(page=PAGE):
    """The page's blocks of Python by section and file: {("uWSGI", "app.py"): code}."""
    found, section = {}, ""
    for part in re.finditer(r"^## ([^\n]*)$|^```python\n# (\S+)\n(.*?)^```$", page.read_text(encoding="utf-8"),
                            re.DOTALL | re.MULTILINE):
        if part[1]:
            section = part[1]
        else:
            found[section, part[2]] = part[3]
    return found


def rows(page=PAGE):
    """The page's table: the cells of each row, by the first."""
    cells = [re.split(r" *\| *", line)[1:-1] for line in page.read_text(encoding="utf-8").splitlines()
             if line.startswith("| ")]
    return {row[0]: row for row in cells[1:]}


class Lines:
    """What the processes have told, in order."""

    def __init__(self, path):
        self.path = path

    def read(self):
        """(time in ns, pid, token or None, word, rest) each."""
        if not self.path.exists():
            return []
        lines = []
        for line in self.path.read_text(encoding="utf-8").splitlines():
            at, pid, token, word, *rest = line.split(" ", 4)
            lines.append((int(at), int(pid), None if token == "-" else int(token), word, *rest))
        return lines

    def of_work(self):
        return [line for line in self.read() if line[2] is not None]

    def check(self):
        """Never two at a time: lines are written one after the other, so a token that is older than one that was
        written before is that of a second leader."""
        lines = self.of_work()
        owner, newest = {}, 0
        for _, pid, token, word, *_ in lines:
            assert token >= newest, f"two worked at a time: {[line[1:4] for line in lines]}"
            assert owner.setdefault(token, pid) == pid, f"two processes with one token: {owner}, {pid}"
            assert word == "begins" or token == newest, "work that never began"
            newest = token
        return lines

    def leader(self, without=()):
        """(pid, token, time of its first line) of the process that works in the newest term; None."""
        lines = self.check()
        if not lines or lines[-1][3] != "steps" or lines[-1][1] in without or not _lives(lines[-1][1]):
            return None
        token = lines[-1][2]
        return lines[-1][1], token, next(line[0] for line in lines if line[2] == token)

    def wait_leader(self, without=()):
        return wait_for(f"a leader but {without}", lambda: self.leader(without), HANG_S)

    def who_know(self, leader):
        """The processes that stand by and know who leads."""
        return {line[1] for line in self.read() if line[3] == "logs" and line[1] != leader and _lives(line[1])
                and re.search(rf": pid {leader} \(.*\) leads$", line[4])}

    def wait_all(self, count=WORKERS, without=()):
        """Until one leads and all others know; returns (pid, token) of the leader, and the others."""
        def found():
            leader = self.leader(without)
            others = self.who_know(leader[0]) if leader else ()
            return len(others) == count - 1 and (leader, others)
        try:
            return wait_for("all take part", found, HANG_S)
        except TimeoutError as error:
            raise AssertionError(f"{error}; last told: {self.read()[-20:]}") from None

    def ended_in_order(self, pid):
        return any(line[1] == pid and line[3] == "ends" for line in self.read())

    def said(self, pattern):
        return [line for line in self.read() if len(line) > 4 and re.search(pattern, line[4])]


def _lives(pid):
    """Not a zombie either."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Server(Process):
    """A server in a folder with the page's files. All its processes are one group, which ends with the test."""

    def __init__(self, folder, command, section, lock, files=None, environment=None, changes=None, name="server"):
        folder.mkdir(exist_ok=True)
        self.folder, self.port = folder, free_port()
        self.lines = Lines(folder / "lines")
        for (of, file), code in blocks().items():
            if of == section:
                for old, new in {**{known: lock for known in LOCKS}, **(changes or {})}.items():
                    code = code.replace(old, new)
                (folder / file).write_text(code, encoding="utf-8")
        for file, code in (files or {}).items():
            (folder / file).write_text(code.replace("my-lock", lock), encoding="utf-8")
        super().__init__(name, [str(word).replace("PORT", str(self.port)) for word in command], str(folder), {
            **base_environment(), "PYTHONPATH": f"{PACKAGE}:{APPS}:{folder}", "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1", "TEST_LINES": str(self.lines.path), "TMPDIR": str(folder), **(environment or {})})

    def send(self, number):
        self.child.send_signal(number)

    def stop(self, number=signal.SIGKILL, timeout=20.0):
        """With those that a killed master has left."""
        group = self.pid
        super().stop(number, timeout)
        if group is not None:
            try:
                os.killpg(group, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def end_in_order(self, number=signal.SIGTERM):
        """The leader's work ends before its process does."""
        leader = self.lines.wait_leader()[0]
        self.send(number)
        self.child.wait(HANG_S)
        assert self.lines.ended_in_order(leader), f"{leader} has ended without an end of its work\n{self.log_tail()}"
        self.lines.check()

    def log(self):
        return Path(self.log_path).read_text(encoding="utf-8", errors="replace")


def kill_leader(server, count=WORKERS):
    """kill -9, of a leader that all others wait for. Returns the gap in milliseconds."""
    leader, _ = server.lines.wait_all(count)
    began = time.monotonic_ns()
    os.kill(leader[0], signal.SIGKILL)
    following = server.lines.wait_leader(without={leader[0]})
    assert following[1] > leader[1]
    return (following[2] - began) / 1e6


def changed_by(server, change, count=WORKERS):
    """The leader, and all that took part, are gone after the change; others take part."""
    leader, others = server.lines.wait_all(count)
    change()
    return server.lines.wait_all(count, without={leader[0], *others})
