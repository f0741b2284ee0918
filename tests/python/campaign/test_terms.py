# SPDX-License-Identifier: Apache-2.0
"""Campaigns in threads, on the embedded lock: when `work` begins and ends, and what becomes of what it returns and
raises. The lock is given back after its end and not before."""

import pytest

from .programs import THREADS

@pytest.fixture
def run(script):
    """Runs a program; returns what it has printed."""
    return lambda code, **more: script.run(THREADS + code, **more)


# ---- What work returns and raises ----

def test_what_work_returns_is_returned_and_the_lock_is_given_back(run):
    run("""
seen = []


def work(term):
    seen.append(term)
    assert term.is_leading and term.lock == LOCK and term.number == 0 and not is_free()
    assert threading.current_thread() is not threading.main_thread()
    return int(term.token)


tokens = [campaign(work) for _ in range(2)]
assert tokens[0] < tokens[1], tokens
assert is_free() and not seen[0].is_leading and seen[0].token == str(tokens[0])
assert threading.active_count() == 1
""")


def test_what_work_raises_is_raised_after_the_lock_is_given_back(run):
    run("""
def work(term):
    raise ZeroDivisionError("of work")


error = raised(ZeroDivisionError, campaign, work)
assert error.__traceback__.tb_next and is_free()
""")


def test_work_that_ends_the_program(run):
    run("""
import atexit

atexit.register(lambda: print(is_free()))
campaign(lambda term: sys.exit(7))
""", status=7)


# ---- Loss ----

def test_after_a_loss_the_next_term_waits_for_the_end_of_work(run):
    """Another process leads meanwhile: that it was lost is real."""
    run("""
rules()
terms, working = [], threading.Lock()


def work(term):
    assert working.acquire(blocking=False), "two at once"
    terms.append(term)
    if len(terms) == 1:
        lose()
        assert term.wait(HANG) and not term.is_leading
        assert is_free()
        time.sleep(0.5)  # longer than the pause
        assert not made.is_leader and not made.is_ready
    working.release()
    return len(terms)


made = campaign(work, leaderlife.Campaign)
assert made.run() == 2
assert terms[0].token != terms[1].token
""")


def test_what_work_returns_after_a_loss_is_no_result(run):
    run("""
rules()
count = 0


def work(term):
    global count
    count += 1
    if count == 1:
        lose()
        term.wait()
    return count


assert campaign(work) == 2
""")


def test_what_work_raises_after_a_loss_is_told_and_the_next_term_comes(run):
    run("""
rules()
logger = Logger()
count = 0


def work(term):
    global count
    count += 1
    if count == 1:
        lose()
        term.wait()
        raise ZeroDivisionError("of work")
    return "second"


assert campaign(work, logger=logger) == "second"
told, = logger.says("ZeroDivisionError: of work")
assert "Traceback" in told and "after the lead was lost" in told and LOCK in told, told
assert logger.says("takes no part for 0.05 s, and then tries again")
""")


def test_work_that_ends_the_program_after_a_loss(run):
    """It may say so: what is no Exception is never taken for a term's end."""
    run("""
def work(term):
    lose()
    term.wait()
    sys.exit(7)


campaign(work)
""", status=7)


def test_work_that_does_not_end_is_told_of_again_and_again(run):
    """And nothing is worked meanwhile."""
    run("""
rules()
logger = Logger()
count = 0


def work(term):
    global count
    count += 1
    if count == 1:
        lose()
        eventually(lambda: len(logger.says("has not")) >= 3)
    return count


assert campaign(work, logger=logger) == 2
told = logger.says("work was told to end")
assert len(told) == 3 and "this process takes no part until it has" in told[0], told
""")


def test_work_that_is_late_does_not_begin_without_the_lead(run):
    """The thread was started while this process led, and comes to run when it does no longer."""
    run("""
rules()
from leaderlife import _campaign_thread

begin, late = _campaign_thread.Work._run, []


def run_late(self):
    if not late:
        late.append(self)
        lose()
        eventually(lambda: not self.term.is_leading and self.is_done)
    begin(self)


_campaign_thread.Work._run = run_late


def work(term):
    assert term.is_leading
    return late[0].term.token != term.token


assert campaign(work) is True
""")


def test_work_looks_itself_whether_this_process_leads(run):
    """Also where nobody has told it yet."""
    out = run("""
from leaderlife import _campaign_thread

election = local().become(HANG)
work = _campaign_thread.Work(lambda term: print("works"), election, lambda: None)
election.close()
work._run()
assert work.is_done and not work.led_to_the_end
""")
    assert out == ""
