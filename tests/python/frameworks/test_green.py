# SPDX-License-Identifier: Apache-2.0
"""Elections in programs of gevent and eventlet: who waits lets other greenlets run, who computes does not stop the
thread that looks after the lock, and a loss is acted on. The lead is lost by closing the election's descriptor."""

import pytest

from .green import GreenScript

LOST = "the program has closed a descriptor of this election"
FRAMEWORKS = ("gevent", "eventlet")


def _made(request, tmp_path, lock, patched):
    framework = request.param[0] if isinstance(request.param, tuple) else request.param
    script = GreenScript(tmp_path, lock, framework, patched)
    yield script.run
    script.abandon()


@pytest.fixture(params=[(framework, patched) for framework in FRAMEWORKS for patched in ("before", "after", "never")],
                ids="-patched-".join)
def run(request, tmp_path, lock):
    """Runs a program in each of the frameworks, however it is used."""
    yield from _made(request, tmp_path, lock, request.param[1])


@pytest.fixture(params=FRAMEWORKS)
def run_patched(request, tmp_path, lock):
    """Runs a program in each of the frameworks, as it is used most."""
    yield from _made(request, tmp_path, lock, "before")


def test_who_waits_lets_others_run(run):
    out = run("""
first = become(on_lost=None)
standby = leaderlife.Election(LOCK, backend="local", logger=False)
raised(TimeoutError, went_on, standby.become, 0.3)
list(standby.events())
while standby.timeout is not None:  # a new standby looks for a second, then it sleeps
    standby.wait(HANG)
    list(standby.events())
assert not went_on(standby.wait, 0.3)
green.spawn(lambda: (green.sleep(0.3), standby.wakeup()))
raised(leaderlife.InterruptedError, went_on, standby.become)


def wait_with_timeout():
    with green.Timeout(0.3):
        standby.become()


raised(green.Timeout, went_on, wait_with_timeout)
green.spawn(lambda: (green.sleep(0.3), first.close()))
assert went_on(standby.become, HANG).is_leader
green.spawn(lambda: (green.sleep(0.3), standby.close()))
last = went_on(become)
print(last.is_leader)
""")  # `last` still leads at the end of the program
    assert out == "True\n"


def test_the_function_is_called_in_a_greenlet(run):
    """The thread notices the loss while a greenlet computes; then the function may use what greenlets use. The log is
    written by a greenlet, too."""
    out = run("""
import logging
from importlib import import_module

records, threads = [], []
told = import_module(green.__name__ + ".queue").Queue()


class Handler(logging.Handler):
    def emit(self, record):
        records.append(record.levelname)
        threads.append(threading.get_native_id())


logging.getLogger("leaderlife").addHandler(Handler())
leader = become(on_lost=told.put, logger=None)
lose(leader)
assert compute(lambda: leader.state == "lost") and not leader.is_leader and records == []
assert type(told.get(timeout=HANG)) is leaderlife.LostError
assert records == ["ERROR"] and threads == [os.getpid()], (records, threads)
leader.close()
print(leader.state)
""")
    assert out == "closed\n"


def test_the_main_greenlet_gets_the_error(run):
    """While it sleeps, and while another greenlet computes."""
    out = run("""
def busy():
    while True:
        compute(lambda: True)
        green.sleep(0)


for beside in (lambda: None, lambda: green.spawn(busy), lambda: green.spawn(compute, lambda: False, 3)):
    try:
        with become() as leader:
            assert leader._on_lost == "auto"
            beside()
            lose(leader)
            green.sleep(HANG)
    except leaderlife.LostError as error:
        print(leader.state)
""", says="")  # gevent tells of an interrupt in its loop
    assert out == "closed\n" * 3


def test_the_process_ends_while_a_greenlet_computes(run):
    run("""
leader = become(on_lost="exit")
lose(leader)
compute(lambda: False)
""", status=70, says=LOST)


def test_another_greenlet_than_the_main_one(run_patched):
    """It would not be the one that is interrupted, so the process ends."""
    run_patched("""
def work():
    error = raised(leaderlife.ConfigError, lambda: become(on_lost="raise"))
    assert "main greenlet" in str(error), error
    lose(become())
    green.sleep(HANG)


green.spawn(work)
green.sleep(HANG)
""", status=70, says=LOST)


def test_a_thread_beside_the_greenlets(run_patched):
    """What a pool of threads runs: `threading` would start a greenlet there, which nobody would give a turn."""
    run_patched("""
def work():
    lose(become(logger=None))
    leaderlife._waiting.nap(HANG)


if green.__name__ == "gevent":
    green.get_hub().threadpool.apply(work)
else:
    import eventlet.tpool
    eventlet.tpool.execute(work)
""", status=70, says=LOST)


def test_a_function_that_no_greenlet_can_call(run_patched):
    """The work goes on although it is told nothing: the process ends."""
    run_patched("""
import leaderlife._guard

leaderlife._guard.HEED_SECONDS = 0.5
leader = become(on_lost=print)
lose(leader)
compute(lambda: False)
""", status=70, says="no greenlet could be told")


def test_a_function_that_raises_is_heard(run_patched):
    run_patched("""
def on_lost(error):
    raise ZeroDivisionError("of the function")


leader = become(on_lost=on_lost)
lose(leader)
while not leader._runs.acquire(False):
    green.sleep(0.01)
green.sleep(0.1)
leader._runs.release()
leader.close()
""", says="ZeroDivisionError: of the function")


def test_a_logger_that_greenlets_hold(run_patched):
    """The thread does not wait for it."""
    run_patched("""
import logging

handler = logging.StreamHandler()
logging.getLogger("leaderlife").addHandler(handler)
handler.acquire()
leader = become(on_lost="exit", logger=None)
lose(leader)
green.sleep(HANG)
""", status=70, says=LOST)


def test_a_logger_that_raises(run_patched):
    """Nobody looks after the lock then, and the program is told."""
    out = run_patched("""
class Logger:
    def log(self, *_):
        raise ZeroDivisionError


errors = []
leader = leaderlife.Election(LOCK, backend="local", logger=False).become(HANG)
from leaderlife._guard import BackgroundElection
leader._logger = Logger()
leader = BackgroundElection(leader, errors.append)
leader._lines.append((30, "a warning"))
end = time.monotonic() + HANG
while not errors and time.monotonic() < end:
    green.sleep(0.01)
print(type(errors[0].__cause__).__name__)
leader._logger = False
leader.close()
""")
    assert out == "ZeroDivisionError\n"


def test_a_signal_handler_that_closes(run_patched):
    """It runs in the loop's own greenlet, where nothing can wait for the loop."""
    out = run_patched("""
leader = become()
signal.signal(signal.SIGALRM, lambda *_: leader.close())
signal.setitimer(signal.ITIMER_REAL, 0.2)
while leader.state != "closed":
    green.sleep(0.05)
print(become(timeout=HANG).is_leader)
""")
    assert out == "True\n"


def test_a_forked_child(run_patched):
    out = run_patched("""
leader = become()
pid = posix.fork()  # gevent's os.fork() has not returned here, whether there is an election or not
if pid == 0:
    raised(leaderlife.ForkError, leader.process)
    assert not leader.is_leader
    leader.close()
    posix._exit(0)
assert posix.waitpid(pid, 0)[1] == 0
green.sleep(0.2)
leader.process()
print(leader.is_leader)
leader.close()
""")
    assert out == "True\n"


def test_nothing_is_left_behind(run_patched):
    """No descriptor, and no thread; and nothing that a loop would wait for."""
    out = run_patched("""
def left():
    return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))


for round in range(20):
    if round == 2:
        before = left()
    with become() as leader:
        green.sleep(0)
end = time.monotonic() + HANG
while left() != before and time.monotonic() < end:
    green.sleep(0.01)
print(left() == before, (before, left()) if left() != before else "")
""")
    assert out == "True \n"


def test_gevent_ends_beside_a_leader(tmp_path, lock):
    """gevent.wait() returns when no greenlet has anything to do: the election is nothing to wait for."""
    script = GreenScript(tmp_path, lock, "gevent", "before")
    try:
        out = script.run("""
green.killall([each for each in __import__("gc").get_objects() if isinstance(each, green.Greenlet)])
with become() as leader:
    worker = green.spawn(green.sleep, 0.1)
    print(green.wait(timeout=HANG), worker.dead)
""")
        assert out == "True True\n"
    finally:
        script.abandon()
