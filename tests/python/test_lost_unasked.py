# SPDX-License-Identifier: Apache-2.0
"""become() as it is without on_lost: its lock is looked after, and a loss is acted on wherever the program runs. The
lead is lost here by closing the election's descriptor."""

import signal

import pytest

_BEGIN = """
def become(**more):
    return leaderlife.become(LOCK, **{"backend": "local", "logger": False, "timeout": HANG, **more})


def lose(leader):
    os.close(leader.fileno())


"""
LOST = "the program has closed a descriptor of this election"


@pytest.fixture
def run(script):
    return lambda code, **more: script.run(_BEGIN + code, **more)


def test_the_block_ends_with_the_error(run):
    """Nothing more is said: the error says it."""
    out = run("""
try:
    with become() as leader:
        lose(leader)
        time.sleep(HANG)
except leaderlife.LostError as error:
    print(leader.state, threading.active_count(), signal.getsignal(signal.SIGINT) is signal.default_int_handler)
""")
    assert out == "closed 1 True\n"


@pytest.mark.parametrize("way", ["auto", "raise"])
def test_a_block_that_takes_the_interrupt_for_ctrl_c_ends_with_the_error_too(run, way):
    out = run(f"""
try:
    with become(on_lost="{way}") as leader:
        lose(leader)
        try:
            time.sleep(HANG)
        except KeyboardInterrupt:
            pass
except leaderlife.LostError:
    print("lost")
""")
    assert out == "lost\n"


def test_a_logger_that_waits_does_not_hold_up_the_loss(run):
    """It waits over a line before the loss, as with a full pipe."""
    out = run("""
waits = threading.Event()


class Logger:
    def log(self, level, template, *values):
        if threading.current_thread() is not threading.main_thread():
            waits.set()
            time.sleep(1000)


try:
    with become(logger=Logger(), rehearse_loss="4") as leader:
        leader._lines.append((30, "as the C library says"))
        assert waits.wait(HANG) and leader.is_leader
        time.sleep(HANG)
except leaderlife.LostError:
    print("lost")
""")
    assert out == "lost\n"


def test_without_a_block_a_line_says_why(script):
    process = script.start(_BEGIN + "leader = become()\nlose(leader)\ntime.sleep(HANG)")
    out, err = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT, (out, err)
    line, trace = err.split("\n", 1)
    assert line.startswith("leaderlife: leadership of ") and LOST in line and "KeyboardInterrupt" in line, err
    assert trace.endswith("KeyboardInterrupt\n"), err


def test_the_log_says_why(run):
    run("""
import logging

logging.basicConfig(format="%(levelname)s %(name)s %(message)s")
try:
    leader = become(logger=None)
    lose(leader)
    time.sleep(HANG)
except KeyboardInterrupt:
    leader.close()
""", says="ERROR leaderlife lock '")


# Where the main thread cannot be interrupted for sure, the process ends.
ENDS = {
    "another-thread": """
def work():
    lose(become())
    time.sleep(HANG)


thread = threading.Thread(target=work)
thread.start()
thread.join()
""",
    "a-coroutine": """
import asyncio


async def main():
    lose(become())
    await asyncio.sleep(HANG)


signal.signal(signal.SIGINT, signal.default_int_handler)
asyncio.run(main())
""",
    "a-handler-of-the-programs-own": """
signal.signal(signal.SIGINT, lambda *_: None)
lose(become())
time.sleep(HANG)
""",
    "a-handler-that-came-later": """
import leaderlife._guard

leaderlife._guard.HEED_SECONDS = 10 * HANG
leader = become()
signal.signal(signal.SIGINT, lambda *_: None)
lose(leader)
time.sleep(HANG)
""",
    "no-handler": """
signal.signal(signal.SIGINT, signal.SIG_DFL)
lose(become())
time.sleep(HANG)
""",
    "a-blocked-signal": """
import leaderlife._guard

leaderlife._guard.HEED_SECONDS = 0.5
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
lose(become())
time.sleep(HANG)
""",
    "an-interrupt-that-is-swallowed": """
import leaderlife._guard

leaderlife._guard.HEED_SECONDS = 0.5
with become() as leader:
    try:
        lose(leader)
        time.sleep(HANG)
    except:
        time.sleep(HANG)
""",
}


@pytest.mark.parametrize("code", ENDS.values(), ids=ENDS)
def test_the_process_ends(run, code):
    assert run(code, status=70, says=LOST) == ""


def test_nobody_who_reads_standard_error(script):
    """The process ends all the same."""
    script.run(_BEGIN + """
reader, writer = os.pipe()
os.set_blocking(writer, False)
try:
    while True:
        os.write(writer, b"x" * 4096)
except BlockingIOError:
    os.set_blocking(writer, True)
os.dup2(writer, 2)
lose(become(on_lost="exit", logger=None))
time.sleep(HANG)
""", status=70)


def test_a_program_that_heeds_is_not_ended(run):
    out = run("""
import leaderlife._guard

leaderlife._guard.HEED_SECONDS = 0.5
try:
    with become() as leader:
        lose(leader)
        time.sleep(HANG)
except leaderlife.LostError:
    time.sleep(1)
with become() as leader:
    print(leader.is_leader)
""")
    assert out == "True\n"


def test_a_loop_of_asyncio_inside_the_block(run):
    """asyncio.run() handles SIGINT: it cancels the main task, and the block ends with the error."""
    out = run("""
import asyncio


async def main():
    try:
        lose(leader)
        await asyncio.sleep(HANG)
    except asyncio.CancelledError:
        print("cancelled")
        raise


try:
    with become() as leader:
        asyncio.run(main())
except leaderlife.LostError:
    print("lost")
""")
    assert out == "cancelled\nlost\n" or "3.10." in out


def test_an_ignored_signal_stays_ignored(run):
    out = run("""
signal.signal(signal.SIGINT, signal.SIG_IGN)
try:
    with become() as leader:
        os.kill(os.getpid(), signal.SIGINT)
        lose(leader)
        time.sleep(HANG)
except leaderlife.LostError:
    print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)
""")
    assert out == "True\n"


def test_what_is_removed_under_the_leader_is_noticed_without_a_call(run):
    """And with on_lost=None it is not: nobody looks after the lock, and there is no thread."""
    out = run("""
leader = become(on_lost=None)
assert threading.active_count() == 1
lose(leader)
time.sleep(2)
assert leader.state == "leader"
raised(leaderlife.LostError, lambda: (leader.process(), leader.raise_if_ended()))
leader.close()
told = threading.Event()
leader = become(on_lost=lambda error: told.set())
lose(leader)
assert told.wait(HANG)
leader.close()
""")
    assert out == ""


def test_a_logger_that_raises_in_the_thread(run):
    """From then on nobody looks after the lock, so the program is told."""
    out = run("""
class Logger:
    def log(self, *_):
        if threading.current_thread() is not threading.main_thread():
            raise ZeroDivisionError


told = threading.Event()
leader = become(on_lost=lambda error: (print(type(error.__cause__).__name__), told.set()), logger=Logger())
leader._lines.append((30, "a warning, as of a lock that was put back"))
assert told.wait(HANG)
leader.close()
""")
    assert out == "ZeroDivisionError\n"


def test_a_thread_that_is_refused(run):
    """The error says so, and the lock is free."""
    out = run("""
import resource

holder = become()  # so that the standby below needs no thread more than it has
holder.close()
if os.geteuid() == 0:
    os.setgid(54321)
    os.setuid(54321)
soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
resource.setrlimit(resource.RLIMIT_NPROC, (1, hard))
error = raised(leaderlife.ResourceError, become)
assert "cannot be started" in str(error) and "on_lost=None" in str(error), error
with become(on_lost=None) as leader:
    print(leader.is_leader, signal.getsignal(signal.SIGINT) is signal.default_int_handler)
""")
    assert out == "True True\n"


@pytest.mark.parametrize("wrong", ["'stop'", "3", "''"])
def test_what_is_none_of_these(run, wrong):
    run(f"""
error = raised(TypeError, lambda: become(on_lost={wrong}))
assert "'auto', a function, 'raise', 'exit' or None" in str(error), error
""")
