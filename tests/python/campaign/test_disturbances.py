# SPDX-License-Identifier: Apache-2.0
"""Campaigns in threads that are disturbed: by Ctrl-C, by forks, and by what raises where it should not."""

import pytest

from .programs import THREADS

@pytest.fixture
def run(script):
    """Runs a program; returns what it has printed."""
    return lambda code, **more: script.run(THREADS + code, **more)


# ---- Ctrl-C ----

def test_ctrl_c_ends_work_first(run):
    run("""
ended = []


def work(term):
    os.kill(os.getpid(), signal.SIGINT)
    assert term.wait(HANG) and term.is_leading
    time.sleep(0.2)
    ended.append(is_free())


raised(KeyboardInterrupt, campaign, work)
assert ended == [False] and is_free() and threading.active_count() == 1
""")


def test_ctrl_c_while_it_stands_by(run):
    run("""
holder = local().become(HANG)
signal.signal(signal.SIGALRM, signal.default_int_handler)
signal.setitimer(signal.ITIMER_REAL, 0.2)
raised(KeyboardInterrupt, campaign, lambda term: None)
assert holder.is_leader and threading.active_count() == 1
""")


def test_a_second_ctrl_c_does_not_wait_and_does_not_give_back(run):
    run("""
go = threading.Event()


def work(term):
    os.kill(os.getpid(), signal.SIGINT)
    term.wait()
    os.kill(os.getpid(), signal.SIGINT)
    go.wait()


made = campaign(work, leaderlife.Campaign)
raised(KeyboardInterrupt, made.run)
assert not go.is_set() and made.is_leader and not is_free()
gc.collect()
assert not is_free()
assert made.stop(0.1) is False
go.set()
assert made.stop() is True and is_free()
""")


def test_ctrl_c_after_a_loss_waits_too(run):
    """The first one that the program gets."""
    run("""
ended = []


def work(term):
    lose()
    term.wait()
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.3)
    ended.append(True)


raised(KeyboardInterrupt, campaign, work)
assert ended
""")


def test_ctrl_c_at_any_time(run):
    """Wherever the signal comes: never two at once, nothing hangs, and in the end the lock is free."""
    out = run("""
import random

working = threading.Lock()
count = 0


def work(term):
    global count
    assert working.acquire(blocking=False), "two at once"
    count += 1
    term.wait(random.random() * 0.004)
    working.release()


def interrupt(_, frame):
    if frame.f_code.co_name not in ("__init__", "__del__", "_remove"):  # what they make or free would be lost
        raise KeyboardInterrupt


signal.signal(signal.SIGALRM, interrupt)
interrupts, end = 0, time.monotonic() + 4
while time.monotonic() < end:
    made = campaign(work, leaderlife.Campaign)
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, random.random() * 0.006 + 1e-6, 0.003)
            made.run()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        interrupts += 1
        signal.setitimer(signal.ITIMER_REAL, 0)  # it may have come just before the other
    assert not made._has_begun or made.stop(HANG) is True
eventually(is_free)
print(count > 20, interrupts > 20, flush=True)
os._exit(0)  # a thread that Ctrl-C has let nobody wait for can begin while the interpreter ends, which crashes CPython
""")
    assert out == "True True\n"


# ---- Forks ----

def test_a_forked_child_has_no_part_in_it(run):
    """Forked by work, or by who drives it."""
    run("""
import warnings

warnings.simplefilter("ignore", DeprecationWarning)  # of fork beside threads, from Python 3.12 on


def fork(term):
    pid = os.fork()
    if pid == 0:
        assert not made.is_leader and not made.is_ready and made.holder is None
        assert term is None or term.wait() and not term.is_leading
        assert made.stop()
        for call in (made.start, made.run):
            assert "after the fork" in str(raised(leaderlife.ForkError, call))
        os._exit(5)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 5


def work(term):
    fork(term)
    fork(None)
    assert term.is_leading and not is_free()
    term.wait()


made = campaign(work, leaderlife.Campaign)
with made:
    eventually(lambda: made.is_leader)
    fork(None)
    assert made.is_leader
assert is_free()
""")


@pytest.mark.parametrize("moment", ["before work", "beside work"])
def test_a_child_that_returns_into_the_campaign(run, moment):
    """A fork in a function that the campaign calls: the child ends with ForkError, and does not wait for work that is
    not there."""
    out = run(f"MOMENT = {moment!r}" + """
import warnings

warnings.simplefilter("ignore", DeprecationWarning)
parent = os.getpid()


def fork(*_):
    forked.append(os.fork())
    if forked[-1] > 0:
        assert os.waitstatus_to_exitcode(os.waitpid(forked[-1], 0)[1]) == 5


def work(term):
    if not tell:
        os.kill(os.getpid(), signal.SIGUSR1)
    eventually(lambda: forked)
    return "parent"


signal.signal(signal.SIGUSR1, fork)
tell, forked = MOMENT == "before work" and fork, []
try:
    result = campaign(work, on_new_leader=tell or None)
except leaderlife.ForkError:
    os._exit(5)
assert os.getpid() == parent
print(result)
""")
    assert out == "parent\n"


# ---- on_new_leader and the logger ----

def test_on_new_leader_is_told_of_each_leader(run):
    run("""
holders = []
holder = local().become(HANG)
with campaign(lambda term: term.wait(), leaderlife.Campaign, on_new_leader=holders.append) as made:
    eventually(lambda: len(holders) == 1)
    holder.close()
    eventually(lambda: made.is_leader)
assert len(holders) == 1 and holders[0].startswith(f"pid {os.getpid()}"), holders  # both are this process
""")


def test_on_new_leader_that_raises_ends_it(run):
    run("""
def tell(holder):
    raise ZeroDivisionError("of on_new_leader")


raised(ZeroDivisionError, lambda: campaign(lambda term: term.wait(), on_new_leader=tell))
assert is_free() and threading.active_count() == 1
""")


def test_a_logger_that_raises_ends_it_after_work(run):
    run("""
class Raises:
    def log(self, level, *_):
        if level >= 30:
            raise ZeroDivisionError("of the logger")


ended = []


def work(term):
    lose()
    term.wait()
    time.sleep(0.5)  # beyond the gap: what tells of that raises too
    ended.append(True)


rules()
raised(ZeroDivisionError, lambda: campaign(work, logger=Raises()))
assert ended == [True] and threading.active_count() == 1
""")
