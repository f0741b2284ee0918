# SPDX-License-Identifier: Apache-2.0
"""Campaigns in threads that are stopped, that run in the background, and that are refused."""

import pytest

from .programs import THREADS

@pytest.fixture
def run(script):
    """Runs a program; returns what it has printed."""
    return lambda code, **more: script.run(THREADS + code, **more)


# ---- stop() ----

STOPS = {
    "a signal handler": """
signal.signal(signal.SIGALRM, lambda *_: print(made.stop()))
def work(term):
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    return ends(term)
made.run()
""",
    "work": """
def work(term):
    print(made.stop())
    return ends(term)
made.run()
""",
    "on_new_leader": """
def work(term):
    return ends(term)
tell = lambda holder: print(made.stop())
made.run()
""",
    "another thread": """
def work(term):
    threading.Thread(target=made.stop).start()
    return ends(term)
made.run()
print(False)
""",
    "before the start": """
def work(term):
    raise AssertionError
print(made.stop())
assert made.run() is None
print(False)
""",
}


@pytest.mark.parametrize("who", STOPS)
def test_stop_by(run, who):
    out = run("""
def ends(term):
    assert term.wait(HANG) and term.is_leading and not is_free()
    return "ended"

tell = None
made = campaign(lambda term: work(term), leaderlife.Campaign, on_new_leader=lambda holder: tell and tell(holder))
""" + STOPS[who].replace("made.run()\n", "assert made.run() in ('ended', None)\n") + """
assert made.stop() and is_free() and not made.is_leader
""")
    assert out.split()[-1] == "False"  # it did not wait where it could not


def test_stop_while_it_stands_by_and_while_it_rests(run):
    run("""
holder = local().become(HANG)
with campaign(lambda term: 1 / 0, leaderlife.Campaign) as made:
    eventually(lambda: made.is_ready and made.holder)
    assert made.holder.startswith(f"pid {os.getpid()}") and not made.is_leader
assert not made.is_ready and made.holder is None
holder.close()

rules(FIRST_PAUSE=1000.0)


def work(term):
    lose()
    term.wait()


logger = Logger()
made = campaign(work, leaderlife.Campaign, logger=logger)
made.start()
eventually(lambda: logger.says("takes no part for 1000 s"))
assert made.stop()
""")


def test_stop_gives_up_waiting_but_not_what_it_waits_for(run):
    run("""
go = threading.Event()
made = campaign(lambda term: go.wait(), leaderlife.Campaign)
made.start()
eventually(lambda: made.is_leader)
assert made.stop(0.1) is False and made.stop(0) is False
assert made.is_leader and not is_free()
go.set()
assert made.stop() is True and is_free()
""")


def test_work_that_raises_when_it_is_told_to_end(run):
    run("""
def work(term):
    term.wait()
    raise ZeroDivisionError("at the end")


logger = Logger()
made = campaign(work, leaderlife.Campaign, logger=logger)
made.start()
eventually(lambda: made.is_leader)
assert "at the end" in str(raised(ZeroDivisionError, made.stop)) and is_free()
assert logger.says("the campaign has ended: Traceback")
""")


# ---- In the background ----

def test_with_starts_and_stops_and_gives_back(run):
    run("""
def work(term):
    while not term.wait(0.01):
        pass
    ended.append(is_free())


ended = []
made = campaign(work, leaderlife.Campaign)
assert not made.is_leader and not made.is_ready and made.holder is None
with made as same:
    eventually(lambda: made.is_leader)
    assert same is made and made.is_ready and made.holder.startswith(f"pid {os.getpid()}")
assert ended == [False] and is_free() and not made.is_leader and not made.is_ready
assert "one life" in str(raised(leaderlife.StateError, made.start))
assert "one life" in str(raised(leaderlife.StateError, made.run))


def body():
    with campaign(work, leaderlife.Campaign):
        raise KeyError("of the body")


raised(KeyError, body)
assert is_free() and threading.active_count() == 1
""")


def test_the_end_of_the_interpreter_stops_it(run):
    """Silently, and after the end of work."""
    out = run("""
def work(term):
    term.wait()
    print("ended", is_free())


made = campaign(work, leaderlife.Campaign, logger=None)
made.start()
eventually(lambda: made.is_leader)
""")
    assert out == "ended False\n"


def test_a_second_end_of_work_in_the_background_is_no_error(run):
    run("""
made = campaign(lambda term: 3, leaderlife.Campaign)
made.start()
eventually(lambda: made._has_begun and not made._running.locked())
assert made.stop() and made.stop(0) and is_free()
""")


# ---- What is refused, and what is given up ----

def test_what_is_refused_at_once(run):
    run("""
async def coroutine(term):
    pass


def refused(kind, text, work=print, **options):
    for make in (leaderlife.Campaign, leaderlife.campaign):
        assert text in str(raised(kind, lambda: campaign(work, make, **options)))


refused(leaderlife.ConfigError, "observe", mode="observe")
refused(leaderlife.ConfigError, "gard", gard="auto")
refused(leaderlife.ConfigError, "odd", guard="odd")
refused(TypeError, "leaderlife.aio.campaign", coroutine)
assert "leaderlife.aio.campaign" in str(raised(TypeError, campaign, lambda term: coroutine(term))) and is_free()
refused(TypeError, "work must be", 3)
refused(TypeError, "on_new_leader", on_new_leader="me")
refused(TypeError, "logger", logger="me")
raised(leaderlife.ConfigError, lambda: leaderlife.campaign("Not A Name", print))
""")


def test_what_is_wrong_from_the_beginning_is_raised(run):
    run("""
wrong = {"backend": "kubernetes", "kubeconfig": "/nonexistent"}
error = raised(leaderlife.ConfigError, lambda: campaign(print, **wrong))
assert "/nonexistent" in str(error)
logger = Logger()
made = campaign(print, leaderlife.Campaign, logger=logger, **wrong)
made.start()
eventually(lambda: logger.says("the campaign has ended"))
raised(leaderlife.ConfigError, made.stop)
assert not logger.says("Traceback")


def body():
    logger.clear()
    with campaign(print, leaderlife.Campaign, logger=logger, **wrong):
        eventually(lambda: logger.says("the campaign has ended"))


raised(leaderlife.ConfigError, body)
assert threading.active_count() == 1
""")
