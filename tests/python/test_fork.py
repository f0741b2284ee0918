# SPDX-License-Identifier: Apache-2.0
"""A forked child: its copy of an election is good for nothing, says so, and
whatever becomes of it the parent's lead is untouched."""

import pytest

_PARENT = """
import warnings
import multiprocessing

warnings.simplefilter("ignore", DeprecationWarning)  # of fork beside threads, from Python 3.12 on


def in_child(act):
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        act()
        return True
    assert os.waitpid(pid, 0)[1] == 0
    return False


def undisturbed(leader):
    '''It leads, and still has the lock: another stands by until it closes.'''
    other = local()
    other.start()
    until(other, "standby")
    for _ in range(20):
        leader.process()
        other.wait(0.01)
    assert leader.is_leader and leader.token and not other.is_leader
    leader.close()
    assert other.become(HANG).is_leader
    other.close()
"""

_EVERY_USE = """
def every_use():
    for call in (leader.start, leader.process, leader.resign, leader.wakeup, leader.begin_close, leader.fileno,
                 lambda: leader.wait(0), lambda: leader.become(0), lambda: leader.set_option("guard", "auto")):
        error = raised(leaderlife.ForkError, call)
        assert error.name == "LEADERLIFE_EFORKED" and not error.retriable, error
        assert str(error) == leaderlife.errors.FORKED and "election.close()" in str(error), (call, error)
    assert (leader.is_leader, leader.is_ready, leader.token, leader.holder) == (False, False, None, None)
    repr(leader), leader.timeout, leader.error_text, leader.option("guard"), leader.counter("wakeups"), leader.term
"""

# id: what the child does. It then ends as a Python program does, or at once.
CHILDREN = {
    "uses": "every_use()",
    "closes": "every_use(); leader.close(); raised(leaderlife.ClosedError, leader.process)",
    "drops": "globals().pop('leader'); gc.collect()",
    "runs-the-with-to-its-end": "leader.__exit__(None, None, None)",
    "does-nothing": "None",
    "ends-at-once": "os._exit(0)",
}


@pytest.mark.parametrize("kind", ["local().become(HANG)", "leaderlife.become(LOCK, on_lost=print, backend='local')",
                                  "leaderlife.become(LOCK, backend='local')"],
                         ids=["plain", "in the background", "as it is"])
@pytest.mark.parametrize("child", CHILDREN.values(), ids=CHILDREN)
def test_fork(script, kind, child):
    script.run(_PARENT + _EVERY_USE + f"""
leader = {kind}
if not in_child(lambda: ({child.replace('; ', ', ')})):
    undisturbed(leader)
""")


def test_fork_while_the_background_thread_works(script):
    """Its lock is then held by a thread that the child does not have: nobody would ever give it back."""
    script.run(_PARENT + _EVERY_USE + """
leader = leaderlife.become(LOCK, on_lost=print, backend="local")
held, release = threading.Event(), threading.Event()


def hold():
    with leader._turn:
        held.set()
        release.wait()


thread = threading.Thread(target=hold)
thread.start()
held.wait()


def child():
    signal.alarm(HANG)
    every_use()
    leader.close()
    os._exit(0)


in_child(child)
release.set()
thread.join()
undisturbed(leader)
""")


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_multiprocessing(script, method):
    """Children make elections of their own, under every start method, and stand by."""
    out = script.run(_PARENT + f"""
def child(queue):
    own = local()
    own.start()
    until(own, "standby")
    queue.put((own.holder, own.is_leader))
    own.close()


if __name__ == "__main__":
    context = multiprocessing.get_context("{method}")
    with local().become(HANG) as leader:
        queue = context.SimpleQueue()
        process = context.Process(target=child, args=(queue,))
        process.start()
        holder, leads = queue.get()
        process.join()
        assert process.exitcode == 0 and not leads and leader.is_leader
        assert holder.startswith(f"pid {{os.getpid()}} ("), holder
        print("stood by")
""")
    assert out == "stood by\n"


def test_what_belongs_to_a_process_is_not_pickled(script):
    script.run("""
import copy, pickle

leader = local().become(HANG)
for call in (pickle.dumps, copy.deepcopy):
    raised(TypeError, call, leader)
twin = copy.copy(leader)
del leader
gc.collect()
assert twin.is_leader  # the handle goes with the last who has it, once
twin.close()
""")


def test_workers_that_are_forked_from_one_master(script):
    """As gunicorn does: one of the workers leads, and after its end the next."""
    script.run(_PARENT + """
master = local()  # made before the fork, and never started
readers = {}
for _ in range(3):
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        raised(leaderlife.ForkError, master.start)
        own = local().become()
        os.write(theirs, b"leads")
        signal.pause()
    os.close(theirs)
    readers[ours] = pid
import select

try:
    for _ in range(3):
        ready, _, _ = select.select(list(readers), [], [], HANG)
        assert len(ready) == 1, "nobody leads, or more than one"
        assert os.read(ready[0], 9) == b"leads"
        pid = readers.pop(ready[0])
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
finally:
    for pid in readers.values():
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
assert master.become(HANG).is_leader
""")


def test_a_daemon_that_was_elected_too_early(script):
    """By daemon(3) after become: the leader has ended, its lock has not, and a standby is told by whom it is kept."""
    script.run("""
import ctypes

ours, theirs = os.pipe()
leader = os.fork()
if leader == 0:
    led = local().become(HANG)
    assert ctypes.CDLL(None).daemon(1, 1) == 0  # its parent has ended
    os.write(theirs, b"%d" % os.getpid())
    signal.alarm(3 * HANG)
    signal.pause()
os.close(theirs)
standby = local()
standby.start()
daemon = int(os.read(ours, 20))
os.waitpid(leader, 0)
told = []
end = time.monotonic() + HANG
while not told and time.monotonic() < end:
    standby.wait(0.1)
    told += [event for event in standby.events() if event.kind == "notice"]
holder = standby.holder
os.kill(daemon, signal.SIGKILL)
assert standby.become(HANG).is_leader
told += [event for event in standby.events() if event.kind == "notice"]
assert [event.error.name for event in told] == ["LEADERLIFE_EBUSY"], told
assert holder == f"pid {leader} (gone; a child of it still holds the lock)", holder
assert f"pid {leader} (gone) took it" in told[0].text and f"pid {daemon} (" in told[0].text, told[0].text
standby.close()
""")


def test_another_election_of_the_same_process(script):
    """It would wait for itself for ever, and says so."""
    script.run("""
with local().become(HANG), local() as other:
    error = raised(leaderlife.TimeoutError, other.become, 0.5)
    told = [event for event in other.events() if event.kind == "notice"]
    assert [event.error.name for event in told] == ["LEADERLIFE_EBUSY"], (told, error)
    assert "another election of this very process leads" in told[0].text
    assert other.holder.startswith(f"pid {os.getpid()} (") and other.detail("scope").startswith(f"user {os.geteuid()}")
""")


def test_a_lock_that_a_child_keeps_is_told_in_pythons_words(script):
    script.run(_PARENT + """
leader = local().become(HANG)
ours, theirs = os.pipe()
pid = os.fork()
if pid == 0:
    signal.alarm(3 * HANG)
    os.read(ours, 1)
    os._exit(0)
try:
    leader.begin_close()
    told = [event.text for event in leader.events() if event.kind == "notice"]
    leader.close()
finally:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
assert len(told) == 1 and told[0].endswith("let children exec or call election.close()"), told
""")
