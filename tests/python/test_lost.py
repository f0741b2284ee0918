# SPDX-License-Identifier: Apache-2.0
"""Leadership that is really lost (P9: the leader's pod is deleted by force), on
a real control plane, and how a Python program learns of it."""

import pytest

_LEADER = """
def elected(**more):
    more.setdefault("logger", False)
    return leaderlife.become("lock", timeout=HANG, x_service_account_dir=ARGUMENTS[0], **more)


def tell():
    print("leads", flush=True)


def became(**more):
    leader = elected(**more)
    tell()
    return leader


"""


@pytest.fixture
def loses(candidates, script):
    """Runs a program that becomes the leader, deletes its pod by force, and returns what it has printed then."""
    def run(code, status=0, says=None):
        files = candidates.files()
        process = script.start(_LEADER + code, files.directory, environment=files.in_cluster_environment())
        assert process.stdout.readline() == "leads\n", script.finish(process)
        files.pod.delete(grace=0)
        return script.finish(process, status, says)
    return run


def test_callback(loses):
    out = loses("""
told = threading.Event()


def on_lost(error):
    print(type(error).__name__, error.fatal, leader.is_leader, leader.state, threading.current_thread().name, error)
    told.set()


leader = became(on_lost=on_lost)
assert told.wait(HANG)
leader.close()
""")
    assert out.startswith("LostError True False lost leaderlife lock ")


def test_a_callback_that_raises_is_heard(loses):
    loses("""
def on_lost(error):
    raise ZeroDivisionError("of the callback")


leader = became(on_lost=on_lost)
leader._thread.join(HANG)
""", says="ZeroDivisionError: of the callback")


def test_raise(loses):
    """It ends a sleep, and the block with LostError, which tells of no KeyboardInterrupt."""
    out = loses("""
try:
    with elected(on_lost="raise") as leader:
        tell()  # a loss before the block would be a KeyboardInterrupt outside of it
        time.sleep(HANG)
except leaderlife.LostError as error:
    print(error.name, error.__suppress_context__, leader.state)
""")
    assert out == "LEADERLIFE_ELOST True closed\n"


def test_raise_in_a_background_job(loses):
    """Where SIGINT is ignored, it acts on the loss alone."""
    out = loses("""
signal.signal(signal.SIGINT, signal.SIG_IGN)
try:
    with elected(on_lost="raise"):
        tell()
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(HANG)
except leaderlife.LostError as error:
    print(error.name, signal.getsignal(signal.SIGINT) is signal.SIG_IGN)
""")
    assert out == "LEADERLIFE_ELOST True\n"


def test_a_leader_knows_how_many_containers_its_pod_has(candidates, script):
    """Who closes at SIGTERM must be the one that works."""
    files = candidates.files()
    script.run(_LEADER + """
assert leaderlife.Election("lock").detail("pod-containers") is None
with became() as leader:
    assert leader.detail("pod-containers") == "1", leader.detail("pod-containers")
""", files.directory, environment=files.in_cluster_environment())


def test_ctrl_c_of_a_leader_that_has_not_lost(candidates, script):
    files = candidates.files()
    script.run(_LEADER + """
try:
    with became(on_lost="raise"):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(HANG)
except KeyboardInterrupt:
    print("Ctrl-C")
""", files.directory, environment=files.in_cluster_environment())
    assert candidates.space.lock_object() is None  # given back


def test_exit(loses):
    out = loses("""
import atexit

atexit.register(print, "not reached")
with became(on_lost="exit"):
    time.sleep(HANG)
""", status=70, says="leaderlife: ")
    assert out == ""


def test_raise_when_the_signal_has_been_taken_away(loses):
    """It cannot be told any more, so the process ends."""
    loses("""
with elected(on_lost="raise"):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tell()
    time.sleep(HANG)
""", status=70, says="leaderlife: ")


def test_without_on_lost(loses):
    out = loses("""
leader = became(on_lost=None)
until(leader, "lost")
event = [event for event in leader.events() if event.kind == "state"][-1]
error = raised(leaderlife.LostError, leader.raise_if_ended)
assert error is not raised(leaderlife.LostError, leader.raise_if_ended)
raised(leaderlife.LostError, leader.become)
print(event.state, event.error.name, str(event.error) == str(error) == leader.error_text)
leader.close()
""")
    assert out == "lost LEADERLIFE_ELOST True\n"


def test_the_default_logger_tells_of_the_loss(loses):
    loses("""
leader = became(logger=None, on_lost=None)
until(leader, "lost")
leader.close()
""", says="lock 'lock': pod a with UID ")


def test_close_beside_prepare_exec(candidates, script, proxy):
    """The one C call that waits lets other threads run: they are told EBUSY, and free nothing under it."""
    files = candidates.files(proxy=proxy)
    process = script.start(_LEADER + """
import select

leader = became(on_lost=None)
while not select.select([sys.stdin], [], [], 0)[0]:
    leader.wait(0.05)


def prepare():
    while True:
        try:
            return leader.prepare_exec()
        except leaderlife.StateError as error:  # it has met the main thread in process()
            assert error.name == "LEADERLIFE_EBUSY", error


thread = threading.Thread(target=prepare)
thread.start()
end = time.monotonic() + HANG
while time.monotonic() < end:
    time.sleep(0.2)
    try:
        leader.process()
    except leaderlife.StateError as error:
        assert error.name == "LEADERLIFE_EBUSY", error
        break
error = raised(leaderlife.StateError, leader.close)
assert error.name == "LEADERLIFE_EBUSY", error
print("busy", flush=True)
thread.join()
raised(leaderlife.ClosedError, leader.process)
""", files.directory, environment={**files.in_cluster_environment(), "MALLOC_PERTURB_": "165"})
    assert process.stdout.readline() == "leads\n", script.finish(process)
    held = proxy.hold(method="GET", path="/configmaps/lock$")
    candidates.admin.delete(candidates.space.lock_path)
    proxy.wait_held(held)
    process.stdin.write("go\n")
    process.stdin.flush()
    assert process.stdout.readline() == "busy\n", script.finish(process)
    proxy.release(held)
    script.finish(process)


def test_exec_that_fails_leaves_its_own_error(candidates, script):
    """After prepare_exec only freeing is left, and the end of the block does that without a word of its own."""
    files = candidates.files()
    out = script.run(_LEADER + """
def attempt():
    with became(on_lost=print) as leader:
        leader.prepare_exec()
        os.execv("/nonexistent", ["nonexistent"])


raised(FileNotFoundError, attempt)
print(threading.active_count())
""", files.directory, environment=files.in_cluster_environment())
    assert out == "leads\n1\n"
