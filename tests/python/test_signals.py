# SPDX-License-Identifier: Apache-2.0
"""Signals while Python waits: Ctrl-C and what handlers raise come through at
once, and leave the campaign as it was."""

import signal

# A standby that waits, and a signal that comes while it does.
_STANDBY = """
holder, standby = local().become(HANG), local()
standby.start()
until(standby, "standby")
"""


def test_ctrl_c_ends_the_wait_and_not_the_campaign(script):
    script.run(_STANDBY + """
signal.setitimer(signal.ITIMER_REAL, 0.2)
signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
raised(KeyboardInterrupt, standby.become)
assert standby.state == "standby" and standby.is_ready
holder.close()
assert standby.become(HANG).is_leader
""")


def test_a_handler_that_returns_does_not_end_the_wait(script):
    """The third signal lets the standby take over, inside the one call that waits."""
    script.run(_STANDBY + """
count = 0


def handler(*_):
    global count
    count += 1
    if count == 3:
        holder.close()


signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
standby.become(HANG)
signal.setitimer(signal.ITIMER_REAL, 0)
assert standby.is_leader and count >= 3, count
""")


def test_a_handler_that_raises_ends_the_wait(script):
    script.run(_STANDBY + """
class Stop(Exception):
    pass


def handler(*_):
    raise Stop


signal.signal(signal.SIGALRM, handler)
while standby.timeout is not None:  # a new standby looks for a second, then it sleeps
    list(standby.events())
    standby.wait(HANG)
for call in (standby.become, standby.wait):
    list(standby.events())
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    raised(Stop, call)
    assert standby.state == "standby"
holder.close()
assert standby.become(HANG).is_leader
""")


def test_ctrl_c_in_the_short_form_leaves_nothing_behind(script):
    script.run("""
holder = local().become(HANG)
before = sorted(os.listdir("/proc/self/fd"))
signal.setitimer(signal.ITIMER_REAL, 0.2)
signal.signal(signal.SIGALRM, signal.default_int_handler)
raised(KeyboardInterrupt, lambda: leaderlife.become(LOCK, backend="local", logger=False))
assert sorted(os.listdir("/proc/self/fd")) == before
assert holder.is_leader
""")


def test_a_signal_that_is_not_caught_ends_the_process(script):
    process = script.start(_STANDBY + "print('waits', flush=True)\nstandby.become()")
    assert process.stdout.readline() == "waits\n"
    process.send_signal(signal.SIGTERM)
    script.finish(process, status=-signal.SIGTERM)


def test_raise_on_lost_needs_a_signal(script):
    script.run("""
signal.signal(signal.SIGINT, signal.SIG_DFL)
error = raised(leaderlife.ConfigError, lambda: leaderlife.become(LOCK, on_lost="raise", backend="local"))
assert "SIGINT" in str(error) and "default_int_handler" in str(error), error
signal.signal(signal.SIGINT, signal.default_int_handler)
with leaderlife.become(LOCK, on_lost="raise", backend="local", timeout=HANG) as leader:
    assert leader.is_leader
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
""")


def test_raise_on_lost_where_the_signal_is_ignored(script):
    """As in the background jobs of a shell: it stays ignored, but for the loss."""
    script.run("""
signal.signal(signal.SIGINT, signal.SIG_IGN)
with leaderlife.become(LOCK, on_lost="raise", backend="local", timeout=HANG) as leader:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.1)
    assert leader.is_leader
assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
signal.signal(signal.SIGINT, signal.SIG_IGN)
errors = []
other = threading.Thread(target=lambda: errors.append(raised(
    leaderlife.ConfigError, lambda: leaderlife.become(LOCK, on_lost="raise", backend="local"))))
other.start()  # which cannot set handlers
other.join()
assert "main thread" in str(errors[0]), errors
""")
