# SPDX-License-Identifier: Apache-2.0
"""No fake is made outside of `with fake_elections()`, and none leads after it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import leaderlife
import leaderlife.testing
from leaderlife import _owner, capi

HANG = 30
NAMES = [name for name in dir(capi) if not name.startswith("__")]


def functions():
    return [*(getattr(capi, name) for name in NAMES), *vars(_owner.Handle).values()]


@pytest.fixture(autouse=True)
def nothing_stays():
    before = functions()
    yield
    assert functions() == before


def holds(lock):
    """Somebody really holds it: the kernel lists its socket."""
    return lock in Path("/proc/net/unix").read_text(encoding="ascii")


def test_importing_the_package_imports_no_fakes():
    code = "import sys, leaderlife, leaderlife.aio; print(*(name for name in sys.modules if name.startswith('leader')))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "leaderlife.aio" in out.split() and not {"leaderlife.testing", "leaderlife._fake"} & set(out.split())
    assert not hasattr(leaderlife, "fake_elections")


def test_real_ones_go_on_beside_and_after(lock):
    with leaderlife.Election(lock, backend="local", logger=False) as real:
        with leaderlife.testing.fake_elections() as fakes:
            real.become()
            assert holds(lock) and real.backend == "local"
            with leaderlife.become(lock, on_lost=None) as fake:
                assert fake.is_leader
            real.process()
            assert len(fakes.elections) == 1
        assert real.is_leader and holds(lock)
    assert not holds(lock)
    with leaderlife.become(lock, backend="local", on_lost=None) as leader:
        assert holds(lock) and leader.backend == "local"


def test_an_exception_ends_it_too():
    with pytest.raises(ZeroDivisionError), leaderlife.testing.fake_elections(), leaderlife.become("lock", on_lost=None):
        raise ZeroDivisionError


def test_what_is_left_is_closed(program):
    with leaderlife.testing.fake_elections(HANG) as fakes:
        left = leaderlife.become("left", on_lost=None)
        fakes.stand_by("another", lock="waits")
        waits = program(lambda: leaderlife.become("waits", on_lost=None))
        fakes.until("standby", lock="waits")
    assert not left.is_leader and left.state == "closed" and left.token is None
    assert isinstance(waits.join().error, leaderlife.StateError) and "closed" in str(waits.error)
    left.process()
    del left
    waits.error = None


def test_a_program_that_would_exit_at_a_loss_is_left_alone(script):
    """The end of a test is no loss."""
    assert script.run("""
import leaderlife.testing

with leaderlife.testing.fake_elections():
    leader = leaderlife.become(LOCK, on_lost="exit", logger=False)
leader._thread.join(HANG)
print(leader.state)
leader.close()
""") == "closed\n"


def test_exit_at_a_loss(script):
    script.run("""
import leaderlife.testing

with leaderlife.testing.fake_elections() as fakes:
    with leaderlife.become(LOCK, on_lost="exit", logger=False):
        fakes.lose("to exit")
        time.sleep(HANG)
""", status=70, says="leaderlife: to exit")


def test_they_cannot_be_nested():
    with leaderlife.testing.fake_elections():
        with pytest.raises(RuntimeError, match="cannot be nested"), leaderlife.testing.fake_elections():
            pass
        with leaderlife.become("lock", on_lost=None) as leader:
            assert leader.backend == "fake"


def test_a_forked_child_does_not_lead(script):
    assert script.run("""
import leaderlife.testing

with leaderlife.testing.fake_elections() as fakes:
    with leaderlife.become(LOCK, logger=False) as leader:
        child = os.fork()
        if child == 0:
            assert not leader.is_leader
            raised(leaderlife.ForkError, leader.process)
            error = raised(leaderlife.StateError, leaderlife.become, LOCK)
            assert "after the fork" in str(error)
            leader.close()
            with leaderlife.testing.fake_elections():
                with leaderlife.become(LOCK) as own:
                    assert own.is_leader
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        leader.process()
        assert leader.is_leader
print("done")
""") == "done\n"


def test_a_dropped_leader_is_warned_of():
    with leaderlife.testing.fake_elections() as fakes:
        election = leaderlife.Election("lock", logger=False)
        election.become()
        with pytest.warns(ResourceWarning, match="was dropped while it led"):
            del election
        with leaderlife.become("lock", on_lost=None) as leader:
            assert leader.is_leader
        assert len(fakes.elections) == 2


def test_descriptors_are_closed():
    before = os.listdir("/proc/self/fd")
    with leaderlife.testing.fake_elections() as fakes:
        for _ in range(3):
            with leaderlife.become("lock", on_lost=None):
                pass
        assert len(fakes.elections) == 3
    assert os.listdir("/proc/self/fd") == before
