# SPDX-License-Identifier: Apache-2.0
"""Programs that close descriptors which they did not open, by os.closerange(). The lock is free with that, so the lead
ends at the next call or within a second, and nobody else's descriptor is touched."""

import pytest

from .descriptors import BEGIN, another_leads, let_go


def test_a_leader(script):
    """Another process leads, while this one says that it has lost."""
    first = script.start(BEGIN + """
leader = local().become(HANG)
close_descriptors()
pipes = open_many()
print("closed", flush=True)
sys.stdin.readline()
leader.process()
assert not leader.is_leader and leader.state == "lost" and not leader.is_ready and leader.token is None
events = [event for event in leader.events() if event.state == "lost" and event.kind == "state"]
assert len(events) == 1 and says_closed(events[0].error)
says_closed(raised(leaderlife.LostError, leader.become))
says_closed(raised(leaderlife.LostError, leader.fileno))
assert leader.timeout is None or leader.timeout == 0
assert leader.wait(HANG)
leader.wakeup()
print("lost", flush=True)
sys.stdin.readline()
leader.close()
assert leader.state == "closed"
del leader
gc.collect()
assert are_untouched(pipes)
""")
    assert first.stdout.readline() == "closed\n", script.finish(first)
    second = another_leads(script)
    first.stdin.write("look\n")
    first.stdin.flush()
    assert first.stdout.readline() == "lost\n", script.finish(first)
    assert second.poll() is None
    let_go(script, second)
    let_go(script, first)


@pytest.mark.parametrize("call",
                         ["leader.fileno()", "leader.close()", "leader.resign()", "leader.__exit__(None, None, None)",
                          "leader.prepare_exec()", "gc.collect()"])
def test_whatever_is_called_next(script, call):
    """And then it is freed, with others' files under its numbers."""
    script.run(BEGIN + f"""
leader = local().become(HANG)
close_descriptors()
pipes = open_many()
try:
    {call}
except leaderlife.LostError as error:
    says_closed(error)
    del error
assert not leader.is_leader or {call == "gc.collect()"}
import warnings
warnings.simplefilter("ignore", ResourceWarning)  # of a leader that is dropped unclosed
del leader
gc.collect()
assert are_untouched(pipes)
local().become(HANG).close()
""")


def test_a_standby_that_waits(script):
    """Nothing is readable any more, and yet it ends."""
    holder = another_leads(script)
    script.run(BEGIN + """
for call in (lambda election: election.become(), lambda election: (election.wait(), election.raise_if_ended())):
    standby = local()
    standby.start()
    until(standby, "standby")
    while standby.wait(3):  # until it sleeps: in its first second it looks again and again
        pass
    thread = threading.Timer(0.1, close_descriptors)
    thread.start()
    error = raised(leaderlife.ResourceError, call, standby)
    thread.join()
    assert says_closed(error, leaderlife.ResourceError) and error.name == "LEADERLIFE_ESYSTEM"
    assert standby.state == "failed" and not standby.is_ready
    standby.close()
""")
    let_go(script, holder)


def test_made_before_and_started_after(script):
    script.run(BEGIN + """
for call in ("start", "become"):
    election = local()
    close_descriptors()
    says_closed(raised(leaderlife.ResourceError, getattr(election, call)), leaderlife.ResourceError)
    election.close()
after = local().become(HANG)
""")


@pytest.mark.parametrize("again", [False, True], ids=["closed", "taken-again"])
def test_the_block_ends_with_the_error(script, again):
    """The thread that looks after the lock is not told by anything, and finds it out; its join is bounded."""
    out = script.run(BEGIN + f"""
pipes = []
try:
    with leaderlife.become(LOCK, on_lost="raise", backend="local", logger=False) as leader:
        close_descriptors()
        if {again}:
            open_many(pipes)
        time.sleep(HANG)
except leaderlife.LostError as error:
    assert says_closed(error) and are_untouched(pipes)
    print(leader.state, threading.active_count())
""")
    assert out == "closed 1\n"


def test_the_function_is_called(script):
    out = script.run(BEGIN + """
told = threading.Event()
errors = []
leader = leaderlife.become(LOCK, on_lost=lambda error: (errors.append(error), told.set()), backend="local",
                           logger=False)
close_descriptors()
assert told.wait(HANG) and says_closed(errors[0]) and leader.state == "lost" and not leader.is_leader
leader.close()
print(threading.active_count())
""")
    assert out == "1\n"


def test_the_process_ends(script):
    script.run(BEGIN + """
with leaderlife.become(LOCK, on_lost="exit", backend="local"):
    close_descriptors()
    time.sleep(HANG)
""", status=70, says="the program has closed the lock's descriptor")


def test_a_function_that_does_not_return_does_not_keep_the_block(script):
    out = script.run(BEGIN + """
entered = threading.Event()
leader = leaderlife.become(LOCK, on_lost=lambda error: (entered.set(), threading.Event().wait()), backend="local",
                           logger=False)
close_descriptors()
assert entered.wait(HANG)
leader.close(0.1)
print(leader.state)
""")
    assert out == "closed\n"


def test_a_logger_that_does_not_return_keeps_nobody(script):
    """The program is told of the loss all the same, and can close."""
    out = script.run(BEGIN + """
entered, told = threading.Event(), threading.Event()


class Logger:
    def log(self, *_):
        if threading.current_thread() is not threading.main_thread():
            entered.set()
            threading.Event().wait()


leader = leaderlife.become(LOCK, on_lost=lambda error: told.set(), backend="local", logger=Logger(), log_level="debug")
close_descriptors()
assert entered.wait(HANG) and told.wait(HANG)
leader.close(0.1)
print(leader.state)
""")
    assert out == "closed\n"


def test_a_logger_that_does_not_return_does_not_keep_the_process(script):
    script.run(BEGIN + """
class Logger:
    def log(self, *_):
        if threading.current_thread() is not threading.main_thread():
            threading.Event().wait()


leader = leaderlife.become(LOCK, on_lost="exit", backend="local", logger=Logger(), log_level="debug")
close_descriptors()
time.sleep(HANG)
""", status=70, says="the program has closed the lock's descriptor")
