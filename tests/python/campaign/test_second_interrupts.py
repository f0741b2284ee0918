# SPDX-License-Identifier: Apache-2.0
"""Interrupts and failures while a campaign ends: the lock is looked after until `work` has ended, it is given back
after that, and no exception is lost."""

import pytest

from .programs import AIO, THREADS

BYE = """
class Bye(Exception):
    pass


def bye(*_):
    raise Bye("why it ends")


signal.signal(signal.SIGUSR1, bye)
main = threading.main_thread().ident


"""

# Giving back takes a while, as with a slow API server.
SLOW = """
import leaderlife.testing
from leaderlife import _election, _fake

really, begun = _fake.Handle.process, {}


def process(self):
    if self.shown == _fake.RESIGNING and time.monotonic() - begun.setdefault(self, time.monotonic()) < 1:
        self._drain()
    else:
        really(self)


_fake.Handle.process = process


"""


@pytest.fixture
def run(script):
    """Runs a program of threads; returns what it has printed."""
    return lambda code: script.run(THREADS + BYE + code)


def test_the_lock_is_looked_after_until_work_has_ended_whatever_ended_the_campaign(run):
    """Here an exception of a signal handler: the loss is noticed all the same."""
    run("""
def work(term):
    signal.pthread_kill(main, signal.SIGUSR1)
    eventually(lambda: term.wait(0))
    assert term.is_leading
    eventually(lambda: not term.is_leading)


raised(Bye, lambda: campaign(work, rehearse_loss="3"))
""")


def test_no_exception_is_lost(run):
    run("""
def work(term):
    signal.pthread_kill(main, signal.SIGUSR1)
    eventually(lambda: term.wait(0))
    signal.pthread_kill(main, signal.SIGINT)
    time.sleep(0.3)


error = raised(KeyboardInterrupt, lambda: campaign(work))
assert isinstance(error.__context__, Bye), error.__context__
assert is_free()
""")


@pytest.mark.parametrize("disturbance", ["Ctrl-C", "a logger"])
def test_what_comes_while_the_lock_is_given_back_does_not_end_that(run, disturbance):
    run(SLOW + f"""
disturbance = "{disturbance}"
""" + """
with leaderlife.testing.fake_elections() as fakes:
    wait, fired = _election.Election._wait_readable, []

    def disturb(self, end):
        if self.state == "resigning" and not fired:
            fired.append(True)
            if disturbance == "Ctrl-C":
                signal.raise_signal(signal.SIGINT)
            raise Bye
        return wait(self, end)

    _election.Election._wait_readable = disturb
    kind = KeyboardInterrupt if disturbance == "Ctrl-C" else Bye
    raised(kind, lambda: leaderlife.campaign("x", lambda term: 1, logger=False))
    assert fired and {election.state for election in fakes.elections} == {"closed"}, fakes.elections
""")


def test_a_cancelled_campaign_of_asyncio_gives_back_before_it_is_over(script):
    script.run(AIO + SLOW + """
async def main():
    async def work(term):
        return 1

    task = asyncio.ensure_future(leaderlife.aio.campaign("x", work, logger=False))
    await aeventually(lambda: any(election.state == "resigning" for election in fakes.elections))
    task.cancel()
    await araised(asyncio.CancelledError, task)
    assert {election.state for election in fakes.elections} == {"closed"}, fakes.elections


with leaderlife.testing.fake_elections() as fakes:
    run(main())
""", "asyncio")
