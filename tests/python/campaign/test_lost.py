# SPDX-License-Identifier: Apache-2.0
"""Campaigns that lose the lead on a real control plane, and lead again: never before the end of `work`."""

import queue
import threading

import pytest

from controlplane.process import wait_for
from scenarios.observer import HANG

BEGIN = """
import asyncio
import logging

import leaderlife.aio

logging.getLogger("asyncio").setLevel(logging.ERROR)  # on a busy machine it warns of what took long


class Logger:
    def log(self, level, template, *values):
        if "takes no part" in values[0]:
            print(values[0], flush=True)


def options():
    return {"logger": Logger(), "x_service_account_dir": ARGUMENTS[1]}


def say(*words):
    print(*words, flush=True)


count = 0


def begins(term):
    global count
    count += 1
    say("leads", term.token, term.number)
    return count


def threads():
    def work(term):
        if begins(term) == 2:
            return "result"
        assert term.wait(HANG) and not term.is_leading
        say("told")
        sys.stdin.readline()
        say("ended")

    return leaderlife.campaign("lock", work, **options())


def aio():
    async def work(term):
        if begins(term) == 2:
            return "result"
        try:
            await asyncio.sleep(HANG)
        except asyncio.CancelledError:
            assert not term.is_leading
            say("told")
            await asyncio.to_thread(sys.stdin.readline)
            say("ended")
            raise

    return asyncio.run(leaderlife.aio.campaign("lock", work, **options()))


say(globals()[ARGUMENTS[0]]())
"""


class Told:
    """A program that runs, and the lines that it says."""

    def __init__(self, script, kind, files):
        self._script, self._lines = script, queue.Queue()
        self.process = script.start(BEGIN, kind, files.directory, environment=files.in_cluster_environment())
        self._reader = threading.Thread(target=lambda: [self._lines.put(line) for line in self.process.stdout])
        self._reader.start()

    def line(self, begin):
        """The next one, which must begin so."""
        try:
            line = self._lines.get(timeout=HANG)
        except queue.Empty:
            self.process.kill()
            raise AssertionError(f"it says nothing more: {self.process.stderr.read()}") from None
        assert line.startswith(begin), line
        return line[len(begin):].strip()

    def is_silent(self, seconds):
        try:
            self._lines.put(self._lines.get(timeout=seconds))
        except queue.Empty:
            return True
        return False

    def go_on(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def finish(self):
        assert self.process.wait(HANG) == 0 and self.process.stderr.read() == ""
        self._reader.join()


@pytest.fixture
def start(script):
    made = []

    def begin(kind, files):
        made.append(Told(script, kind, files))
        return made[-1]
    yield begin
    for told in made:
        told.process.kill()
        told._reader.join()


def give_record_to(candidates, pod):
    candidates.admin.patch(candidates.space.record_path, {
        "metadata": {"annotations": {"leaderlife.dev/holder-uid": pod.uid, "leaderlife.dev/holder-nonce": "x"}},
        "spec": {"holderIdentity": pod.name}})


@pytest.mark.parametrize("kind", ["threads", "aio"])
def test_the_next_term_waits_for_the_end_of_work(candidates, start, kind):
    """Another pod is given the record, and ends: the lock is free for this process, whose work has not ended."""
    files, other = candidates.files("a"), candidates.files("b")
    told = start(kind, files)
    token, number = told.line("leads ").split()
    give_record_to(candidates, other.pod)
    told.line("told")
    other.pod.delete(grace=0)
    assert told.is_silent(4)  # longer than the pause
    told.go_on()
    told.line("ended")
    assert "takes no part for 1 s" in told.line("lock 'lock': ")
    later, next_number = told.line("leads ").split()
    assert int(later) > int(token) and int(next_number) > int(number)
    told.line("result")
    told.finish()
    assert candidates.space.lock_object() is None  # given back


@pytest.mark.parametrize("kind", ["threads", "aio"])
def test_a_process_whose_pod_is_gone_tries_on_and_never_works(candidates, start, kind):
    """It will be ended by its kubelet; where that takes time it harms nobody, and ends nothing by itself."""
    files = candidates.files("a")
    told = start(kind, files)
    told.line("leads ")
    files.pod.delete(grace=0)
    told.line("told")
    told.go_on()
    told.line("ended")
    for seconds in (1, 2, 4):
        assert f"takes no part for {seconds} s" in told.line("lock 'lock': ")
    assert told.process.poll() is None


@pytest.mark.parametrize("kind", ["threads", "aio"])
def test_who_has_lost_gives_back_what_is_its_own(candidates, start, kind):
    """The lock was given to another pod. The record, which names this one, would let all wait for its end."""
    files, other = candidates.files("a"), candidates.files("b")
    told = start(kind, files)
    told.line("leads ")
    told.go_on()  # its work ends at once
    candidates.admin.patch(candidates.space.lock_path,
                           {"metadata": {"ownerReferences": [other.pod.owner_reference()]}})
    told.line("told")
    told.line("ended")
    wait_for("the record to be emptied",
             lambda: candidates.space.record_object()["spec"]["holderIdentity"] == "", HANG)
    assert "takes no part for 1 s" in told.line("lock 'lock': ")
