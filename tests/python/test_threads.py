# SPDX-License-Identifier: Apache-2.0
"""Threads on one election: whatever they do together, nothing is corrupted, and
what cannot be done raises."""


def test_threads_that_use_and_close_one_election(script):
    """They end with ClosedError and with nothing else; freed memory would show under MALLOC_PERTURB_."""
    out = script.run("""
sys.setswitchinterval(1e-6)
seen = set()


def use(election):
    try:
        while True:
            election.process()
            for event in election.events():
                event.text
            election.wakeup(), election.state, election.holder, election.token, election.error_text
    except Exception as error:
        seen.add(f"{type(error).__name__}")


rounds, end = 0, time.monotonic() + 3
while time.monotonic() < end:
    election = local(log_level="debug")
    election.start()
    threads = [threading.Thread(target=use, args=(election,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    election.become(HANG)
    election.close()
    for thread in threads:
        thread.join()
    rounds += 1
assert seen == {"ClosedError"}, seen
print(rounds)
""", environment={"MALLOC_PERTURB_": "165"})
    assert int(out) > 10


def test_a_logger_that_closes_the_election(script):
    """It is called between two events, and what comes after it finds no handle."""
    script.run("""
class Logger:
    def log(self, *_):
        election.close()


election = local(logger=Logger(), log_level="debug")
election.start()
try:
    while True:
        election.process()
except leaderlife.ClosedError:
    pass
assert election.state == "closed"
""", environment={"MALLOC_PERTURB_": "165"})


def test_wakeup_ends_the_wait_of_another_thread(script):
    script.run("""
holder, standby = local().become(HANG), local()
standby.start()
until(standby, "standby")
while standby.wait(3):  # until it sleeps
    pass
waited = []
thread = threading.Thread(target=lambda: waited.append(standby.wait(HANG)))
thread.start()
time.sleep(0.2)
standby.wakeup()
thread.join()
assert waited == [True]
standby.wakeup()
standby.process()
assert standby.wait(HANG)  # it is not missed when nobody waits yet, whatever is processed between
while standby.wait(0):
    pass
""")


def test_wakeup_ends_become_in_another_thread(script):
    """Whether it waits already or has not begun to; the campaign goes on."""
    script.run("""
holder, standby = local().become(HANG), local()
for number in range(20):
    ended = []
    thread = threading.Thread(target=lambda: ended.append(raised(leaderlife.InterruptedError, standby.become)))
    thread.start()
    if number % 2:
        until_inside = time.monotonic() + 0.02
        while time.monotonic() < until_inside:
            time.sleep(0.001)
    standby.wakeup()
    thread.join()
    error = ended[0]
    assert isinstance(error, InterruptedError) and isinstance(error, leaderlife.LeaderLifeError)
    assert error.name == "LEADERLIFE_EINTR" and error.retriable and not error.fatal, error
    assert "goes on" in str(error), error
assert standby.state == "standby"
raised(leaderlife.TimeoutError, standby.become, 0.05)  # it counts once
holder.close()
assert standby.become(HANG).is_leader
standby.wakeup()
assert standby.become(HANG).is_leader  # leading goes before
""")


def test_wakeup_before_become_ends_it(script):
    """As from a thread, or a signal handler, that was a moment too early."""
    script.run("""
holder, standby = local().become(HANG), local()
standby.wakeup()
raised(leaderlife.InterruptedError, standby.become)
signal.signal(signal.SIGALRM, lambda *_: standby.wakeup())
signal.raise_signal(signal.SIGALRM)
standby.process()
raised(leaderlife.InterruptedError, standby.become)
signal.setitimer(signal.ITIMER_REAL, 0.1)
raised(leaderlife.InterruptedError, standby.become)  # the handler runs while it waits
raised(leaderlife.TimeoutError, standby.become, 0.05)
""")


def test_each_thread_an_election(script):
    """Independent handles, one lock: they lead one after the other."""
    script.run("""
leading = threading.Lock()
tokens = []


def campaign():
    with local() as election:
        election.become(HANG)
        assert leading.acquire(blocking=False), "two lead"
        tokens.append(int(election.token))
        leading.release()


threads = [threading.Thread(target=campaign) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(tokens) == 8 and tokens == sorted(set(tokens)), tokens
""")


def test_the_callback_may_close(script):
    """close() in the background thread, and beside one in the main thread."""
    script.run("""
leader = leaderlife.become(LOCK, on_lost=print, backend="local")
thread = threading.Thread(target=leader.close)
thread.start()
leader.close()
thread.join()
leader._thread.join()
raised(leaderlife.ClosedError, leader.process)
after = local().become(HANG)
""")
