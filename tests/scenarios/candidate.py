# SPDX-License-Identifier: Apache-2.0
"""One candidate process: its pipes, its commands and what it has said."""

import json
import os
import signal
import subprocess
import threading

from controlplane.process import _die_with_parent as die_with_parent

from .observer import HANG, Violation, now_ms


class Handle:
    """What is known of one election handle of a process."""

    def __init__(self, id):
        self.id = id
        self.lock = None
        self.state = None
        self.last = None  # the last state event
        self.token = None
        self.notices = []


class Candidate:
    """`name` is what the scenario calls it. After a restart it is a new one."""

    def __init__(self, name, command, environment, directory, observer):
        self.name = name
        self.observer = observer
        self.handles = {}
        self.replies = []
        self._sent = 0  # commands, each of which has one reply
        self.frozen = False
        self.ended = None  # why it is right that it has ended
        self.replaced = False  # by exec: no candidate any more, but still the leader
        self._unreadable = None
        self._end_of_output = False
        self._stderr_path = os.path.join(directory, f"{name}.{len(observer.processes)}.stderr")
        with open(self._stderr_path, "wb") as stderr:
            self.child = subprocess.Popen(
                command, env=environment, cwd=directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=stderr, start_new_session=True, preexec_fn=die_with_parent)
        with observer.changed:
            observer.processes.append(self)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __str__(self):
        return f"{self.name} (pid {self.child.pid})"

    @property
    def alive(self):
        return self.ended is None

    def handle(self, id="main"):
        return self.handles.setdefault(id, Handle(id))

    @property
    def state(self):
        return self.handle().state

    # Talking

    def _read(self):
        for text in self.child.stdout:
            try:
                line = json.loads(text)
            except ValueError:
                self._unreadable = text
                break
            self.observer.take(self, line)
        with self.observer.changed:
            self._end_of_output = True
            self.observer.changed.notify_all()

    def send(self, do, id="main", **fields):
        """Sends a command; returns what reply() needs."""
        if do == "new":
            self.handles[id] = Handle(id)
            self.handles[id].lock = fields["lock"]
        with self.observer.changed:  # not by the replies: some may not have come yet
            expected, self._sent = self._sent, self._sent + 1
        self.child.stdin.write(json.dumps({"do": do, "id": id, **fields}).encode() + b"\n")
        self.child.stdin.flush()
        return expected

    def reply(self, expected, timeout=HANG):
        """The reply to the command whose send() returned `expected`."""
        def come():
            replies = [reply for reply in self.replies if reply["reply"] != "process"]
            return replies[expected] if len(replies) > expected else None
        return self.observer.wait(f"{self}'s reply", come, timeout)

    def ask(self, do, id="main", **fields):
        return self.reply(self.send(do, id, **fields))

    def do(self, do, id="main", expect="LEADERLIFE_OK", **fields):
        """ask(), and the status must be the expected one."""
        reply = self.ask(do, id, **fields)
        assert reply["status"] == expect, \
            f"{self}: {do} gave {reply['status']} ({reply['error_text']}), not {expect}"
        return reply

    def is_ready(self, id="main"):
        return self.do("state", id)["is_ready"]

    # Ending

    def kill(self):
        at = now_ms()
        self.ended = "killed"
        os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()
        self._close_terms(at)

    def _close_terms(self, at):
        """Once all is read that it has said: its last words may be that it leads."""
        self._reader.join(10)
        self.observer.close_terms(self, at)

    def freeze(self):
        self.frozen = True
        os.killpg(self.child.pid, signal.SIGSTOP)

    def thaw(self):
        os.killpg(self.child.pid, signal.SIGCONT)
        self.frozen = False

    def end(self):
        """Ends its input, at which it must go, with 0 and without a word."""
        if self.replaced and self.ended is None:
            self.kill()
        if self.ended is None:
            if self.frozen:
                self.thaw()
            at = now_ms()
            self.ended = "told to end"
            self.child.stdin.close()
            try:
                self.child.wait(HANG)
            except subprocess.TimeoutExpired:
                self.kill()
                raise Violation(f"{self} did not end when its input did") from None
            self._close_terms(at)
            self._finish()
            assert self.child.returncode == 0, f"{self} ended with {self.child.returncode}\n{self.stderr()}"
        else:
            self._finish()
        assert not self.stderr(), f"{self} wrote to standard error:\n{self.stderr()}"

    def abandon(self):
        """Ends it whatever the state of things, after a failure."""
        if self.child.poll() is None:
            self.ended = self.ended or "abandoned"
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()
        self._finish()

    def _finish(self):
        self._reader.join(10)
        self.child.stdout.close()
        if not self.child.stdin.closed:
            try:
                self.child.stdin.close()
            except BrokenPipeError:
                pass

    def stderr(self):
        with open(self._stderr_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def check(self):
        """Raises when it has ended and nobody told it to."""
        if self._unreadable is not None:
            raise Violation(f"{self} wrote a line that is no JSON: {self._unreadable!r}")
        if self._end_of_output and self.ended is None:
            self.child.wait(5)
            raise Violation(f"{self} ended by itself with {self.child.returncode}\n{self.stderr()}")
