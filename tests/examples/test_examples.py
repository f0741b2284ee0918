# SPDX-License-Identifier: Apache-2.0
"""The examples in C do what their first lines say, on the embedded lock."""

import os
import queue
import re
import secrets
import signal
import subprocess
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = Path(os.environ.get("LEADERLIFE_BUILD", ROOT / "build")) / "release" / "examples"
HANG_S = 60
NOT_INHERITED = ("KUBE", "POD_", "LEADERLIFE_")


class Candidate:
    """A running example; what it says comes line by line."""

    def __init__(self, name, *arguments):
        environment = {key: value for key, value in os.environ.items() if not key.startswith(NOT_INHERITED)}
        self.child = subprocess.Popen([EXAMPLES / name, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True, env=environment)
        self.lines = queue.Queue()
        self.said = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.child.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def hear(self, pattern):
        """The next line that matches."""
        while True:
            try:
                line = self.lines.get(timeout=HANG_S)
            except queue.Empty:
                line = None
            assert line is not None, f"never said {pattern!r}; said {self.said}"
            self.said.append(line)
            if re.fullmatch(f"{self.child.pid}: {pattern}", line):
                return line

    def say(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()

    def end(self):
        return self.child.wait(timeout=HANG_S)


@pytest.fixture
def start():
    assert EXAMPLES.exists(), f"{EXAMPLES} is missing: run script/build"
    started = []

    def start_one(*arguments):
        started.append(Candidate(*arguments))
        return started[-1]

    yield start_one
    for one in started:
        one.child.kill()
        one.child.wait()
        one.child.stdin.close()


@pytest.fixture
def lock():
    return "example-" + secrets.token_hex(6)


@pytest.mark.parametrize("name", ["blocking", "poll", "epoll"])
def test_wrong_use_and_wrong_names_are_refused(start, name):
    assert start(name).end() == 2
    refused = start(name, "Not A Name")
    assert refused.end() == 1
    assert "invalid lock name" in refused.lines.get(timeout=HANG_S) + (refused.lines.get(timeout=HANG_S) or "")


def test_blocking_leads_until_it_is_killed_and_the_next_one_takes_over(start, lock):
    first, second = start("blocking", lock), None
    first.hear("became leader, token [0-9]+")
    second = start("blocking", lock)
    second.hear("waiting")
    first.child.kill()
    second.hear("became leader, token [0-9]+")


def test_blocking_gives_back_at_sigterm(start, lock):
    first = start("blocking", lock)
    first.hear("became leader, .*")
    second = start("blocking", lock)
    second.hear("waiting")
    first.child.send_signal(signal.SIGTERM)
    assert first.end() == 0
    first.hear("no longer leader")
    second.hear("became leader, .*")
    second.child.send_signal(signal.SIGINT)
    assert second.end() == 0


def test_poll_works_while_it_leads_and_resigns_at_the_end_of_its_input(start, lock):
    first = start("poll", lock)
    first.hear("leader")
    second = start("poll", lock)
    second.hear("standby")
    for _ in range(3):
        first.say("work")
        second.say("work")
        first.hear("done")
        second.hear("refused")
    first.child.stdin.close()
    assert first.end() == 0
    first.hear("resigned")
    second.hear("leader")
    second.say("work")
    second.hear("done")


def test_epoll_takes_signals_and_the_election_in_one_loop(start, lock):
    first = start("epoll", lock)
    first.hear("leader")
    second, third = start("epoll", lock), start("epoll", lock)
    second.hear("standby")
    third.hear("standby")
    third.child.send_signal(signal.SIGTERM)  # one that only waits
    assert third.end() == 0
    first.child.send_signal(signal.SIGTERM)
    assert first.end() == 0
    first.hear("closed")
    second.hear("leader")


def test_all_examples_contend_for_one_lock(start, lock):
    first = start("poll", lock)
    first.hear("leader")
    others = [start("epoll", lock), start("poll", lock)]
    for other in others:
        other.hear("standby")
    first.child.kill()
    assert first.end() == -signal.SIGKILL
    leaders = 0
    for other in others:
        try:
            while "leader" not in (other.lines.get(timeout=2) or ""):
                pass
            leaders += 1
        except queue.Empty:
            pass
    assert leaders == 1
