# SPDX-License-Identifier: Apache-2.0
"""The option rehearse-loss: a program sees what it would see at a real loss, and the lock stays held until the election
is closed."""

import time

import pytest

HANG = 30


def _until(condition, election):
    end = time.monotonic() + HANG
    while not condition():
        assert time.monotonic() < end, election
        election.wait(0.1)


def test_become_raises_in_the_block(script):
    assert script.run("""
try:
    with leaderlife.become(LOCK, backend="local", logger=False, rehearse_loss="3", on_lost="raise") as leader:
        time.sleep(HANG)
except leaderlife.LostError as error:
    print(error.name, leader.state, "rehearsal: " in error.text and "rehearse-loss" in error.text)
with leaderlife.become(LOCK, backend="local", timeout=HANG):
    print("free")
""") == "LEADERLIFE_ELOST closed True\nfree\n"


def test_the_lock_stays_held_until_the_end_of_the_block(leaderlife, lock):
    with leaderlife.become(lock, backend="local", logger=False, rehearse_loss="1", on_lost=None) as leader:
        _until(lambda: leader.state == "lost", leader)
        assert not leader.is_leader and not leader.is_ready and leader.token is None
        with pytest.raises(leaderlife.LostError, match="rehearsal: "):
            leader.raise_if_ended()
        with leaderlife.Election(lock, backend="local") as other:
            with pytest.raises(leaderlife.TimeoutError):
                other.become(timeout=0.5)
            leader.close()
            other.become(timeout=HANG)


def test_it_is_warned_of(leaderlife, lock, caplog):
    with leaderlife.become(lock, backend="local", rehearse_loss="60", on_lost=None) as leader:
        list(leader.events())
        assert leader.timeout is not None and leader.timeout <= 60
        warned = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warned == [f"lock '{lock}': rehearsal: this election of lock '{lock}' ends by itself in 60 s, as if it were "
                      "lost, because of the option rehearse-loss: never use it in production"]


def test_asyncio_cancels_the_work(script):
    assert script.run("""
import asyncio
import leaderlife.aio


async def work(token):
    try:
        await asyncio.sleep(HANG)
    except asyncio.CancelledError:
        print("cancelled")
        raise


async def main():
    async with leaderlife.aio.Election(LOCK, backend="local", logger=False, rehearse_loss="3") as election:
        await election.become()
        try:
            await election.while_leading(work)
        except leaderlife.LostError as error:
            print("lost" if "rehearsal: " in error.text else error)


asyncio.run(main())
with leaderlife.become(LOCK, backend="local", timeout=HANG):
    print("free")
""") == "cancelled\nlost\nfree\n"


@pytest.mark.parametrize("value", ["0", "86401", "5s", "1.5", "-1"])
def test_wrong_values(leaderlife, lock, value):
    with pytest.raises(leaderlife.ConfigError, match="a whole number of seconds, from 1 to 86400"):
        leaderlife.Election(lock, rehearse_loss=value)
