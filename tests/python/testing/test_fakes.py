# SPDX-License-Identifier: Apache-2.0
"""leaderlife.testing: a test decides who leads, and the package's own code sees it as it sees a real election."""

import asyncio
import threading
from pathlib import Path

import pytest

import leaderlife
import leaderlife.aio
from leaderlife import capi

HANG = 30


def states(election):
    return [event.state for event in election.events() if event.kind == "state"]


def quiet(lock="lock", **options):
    return leaderlife.Election(lock, logger=False, **options)


def standing(lock="lock"):
    election = quiet(lock)
    election.start()
    election.process()
    return election


# ---- Who leads ----

def test_a_free_lock_is_led_at_once(fakes):
    with leaderlife.become("lock", on_lost=None) as leader:
        assert leader.is_leader and leader.is_ready and leader.token.isdigit() and leader.term == 1
        assert leader.holder.endswith("(fake)") and leader.backend == "fake" and leader.guard == "kernel"
        assert states(leader) == ["starting", "standby", "leader"]
    assert [(election.lock, election.state) for election in fakes.elections] == [("lock", "closed")]


def test_a_loss_is_learned_of_by_process(fakes):
    with quiet() as leader:
        leader.become()
        fakes.lose("another pod leads", holder="pod-b")
        assert leader.is_leader and leader.wait(HANG)
        assert not leader.is_leader and not leader.is_ready and leader.token is None and leader.state == "lost"
        with pytest.raises(leaderlife.LostError, match="^another pod leads$") as raised:
            leader.raise_if_ended()
        assert raised.value.name == "LEADERLIFE_ELOST" and leader.error_text == "another pod leads"
        lost = [event for event in leader.events() if event.state == "lost"]
        assert [(event.kind, event.text, event.holder) for event in lost] == [
            ("state", "another pod leads", "pod-b"), ("holder", "", "pod-b")]


def test_it_stands_by_until_the_other_has_ended(fakes):
    fakes.stand_by("pod-b")
    election = standing()
    assert (election.state, election.holder, election.is_ready, election.token) == ("standby", "pod-b", True, None)
    with pytest.raises(leaderlife.TimeoutError, match="pod-b leads; the campaign goes on"):
        election.become(timeout=0)
    fakes.lead()
    assert not election.is_leader
    election.become(timeout=HANG)
    assert states(election) == ["starting", "standby", "leader"]
    election.close()


def test_after_a_loss_another_leads_until_lead(fakes):
    leader = standing()
    leader.become()
    fakes.lose()
    leader.process()
    again = standing()
    assert again.state == "standby" and again.holder == "another"
    fakes.lead()
    again.become(timeout=HANG)
    again.close()
    leader.close()


def test_two_never_lead_one_lock(fakes):
    first, second = quiet(), quiet()
    first.become()
    second.start()
    second.process()
    assert second.state == "standby" and second.holder == first.holder
    fakes.lose()
    fakes.lead()
    second.process()
    assert second.is_leader is (not first.is_leader)
    first.process()
    second.process()
    assert second.is_leader and not first.is_leader
    second.close()
    first.close()


def test_locks_are_apart(fakes):
    fakes.stand_by("pod-b", lock="b")
    a, b = standing("a"), standing("b")
    assert a.is_leader and b.state == "standby"
    fakes.lose("of a", lock="a")
    fakes.lead(lock="b")
    a.process()
    b.process()
    assert a.state == "lost" and b.is_leader
    with pytest.raises(ValueError, match="the program holds 'b': lose\\(\\) it"):
        fakes.stand_by()
    b.close()
    a.close()


def test_closing_gives_the_lock_to_the_one_that_has_waited_longest(fakes):  # noqa: ARG001
    first, second, third = standing(), standing(), standing()
    first.begin_close()
    assert first.state == "resigning" and not first.is_leader
    second.process()
    assert second.state == "standby"
    first.process()
    assert first.state == "closed"
    for election in third, second:
        election.process()
    assert second.is_leader and not third.is_leader
    for election in first, second, third:
        election.close()


def test_tokens_grow(fakes):
    tokens = []
    for _ in range(3):
        with leaderlife.become("lock", on_lost=None) as leader:
            tokens.append(leader.token)
    assert leaderlife.token_compare(tokens[0], tokens[1]) < 0 and leaderlife.token_compare(tokens[1], tokens[2]) < 0
    assert len(fakes.elections) == 3


def test_an_observer_sees_the_leader(fakes):
    fakes.stand_by("pod-b")
    with quiet(mode="observe") as observer:
        observer.start()
        observer.process()
        assert (observer.holder, observer.is_ready, observer.token) == ("pod-b", False, None)
        with leaderlife.Election("lock", logger=False) as leader:
            leader.start()
            fakes.lead()
            leader.become(timeout=HANG)
            observer.process()
            assert (observer.holder, observer.token) == (leader.holder, leader.token)
            assert not observer.is_leader


# ---- As the real ones ----

@pytest.mark.parametrize("fake", [False, True], ids=["real", "fake"])
def test_the_same_program_sees_the_same(lock, fake):
    import leaderlife.testing

    def play():
        first, second = quiet(lock, backend="local"), quiet(lock, backend="local")
        first.become()
        second.start()
        while second.state != "standby":
            second.wait(HANG)
        first.resign()
        while first.state != "resigned":
            first.wait(HANG)
        second.become(timeout=HANG)
        seen = states(first), states(second)
        with pytest.raises(leaderlife.StateError, match="one life"):
            first.start()
        with pytest.raises(leaderlife.StateError, match="before the start"):
            first.set_option("namespace", "n")
        for election in first, second:
            election.close()
        return seen

    if fake:
        with leaderlife.testing.fake_elections():
            seen = play()
    else:
        seen = play()
    assert seen == (["starting", "standby", "leader", "resigning", "resigned"],
                    ["starting", "standby", "leader"])


def test_names_and_options_are_checked(fakes):  # noqa: ARG001
    with pytest.raises(leaderlife.ConfigError, match="invalid lock name"):
        leaderlife.become("Not A Name")
    with pytest.raises(leaderlife.ConfigError, match="did you mean 'namespace'"):
        leaderlife.become("lock", namespac="n")
    with quiet(namespace="n") as election:
        assert election.option("namespace") == "n" and election.option("guard") == "auto"


def test_it_is_logged(fakes, caplog):
    caplog.set_level("INFO", "leaderlife")
    with leaderlife.become("lock", on_lost=None) as leader:
        fakes.lose("of a test")
        leader.process()
    said = [record.getMessage() for record in caplog.records]
    assert said[-2:] == ["lock 'lock': of a test", "lock 'lock': another leads"]
    assert said[0].startswith("lock 'lock': this process leads, with token")


def test_no_lock_is_taken(fakes, lock):
    with leaderlife.become(lock, backend="local", on_lost=None):
        assert lock not in Path("/proc/net/unix").read_text(encoding="ascii")
    assert fakes.elections


def test_every_function_of_a_handle_has_a_fake(fakes):  # noqa: ARG001
    from leaderlife import _fake

    for name in dir(capi):
        owner, _, method = name.partition("_")
        if owner == "Election":
            assert callable(getattr(_fake.Handle, method)), name
        elif owner == "Event":
            with quiet() as election:
                assert method in _fake.Event(election._handle.this, 1)._values, name


# ---- Threads ----

def test_become_waits_in_a_thread(fakes, program):
    fakes.stand_by("pod-b")

    def work():
        with leaderlife.become("lock", on_lost=None) as leader:
            return leader.token

    running = program(work)
    assert fakes.until("standby").state == "standby"
    fakes.lead()
    fakes.until("closed")
    assert running.join().result.isdigit()


def test_wakeup_ends_become(fakes, program):
    fakes.stand_by()
    election = quiet()
    running = program(election.become)
    fakes.until("standby")
    election.wakeup()
    assert isinstance(running.join().error, leaderlife.InterruptedError)
    election.close()


def test_a_function_is_told_of_the_loss(fakes):
    told = []
    learned = threading.Event()
    with leaderlife.become("lock", on_lost=lambda error: (told.append(error), learned.set())) as leader:
        fakes.lose("to a function")
        assert learned.wait(HANG) and not leader.is_leader
    assert [(type(error), str(error)) for error in told] == [(leaderlife.LostError, "to a function")]


def test_the_block_is_interrupted(fakes):
    with pytest.raises(leaderlife.LostError, match="in the middle"), leaderlife.become("lock", on_lost="raise"):
        fakes.lose("in the middle")
        threading.Event().wait(HANG)
    assert fakes.elections[0].state == "closed"


def test_lose_waits_for_the_lead_and_says_so(leaderlife, program):
    import leaderlife.testing

    with leaderlife.testing.fake_elections(0.05) as fakes:
        with pytest.raises(AssertionError, match=r"no election of 'lock' is 'leader' \(there are: none\)"):
            fakes.lose(lock="lock")
        fakes.stand_by()
        election = standing()
        with pytest.raises(AssertionError, match="no election is 'leader'.*'lock': standby"):
            fakes.lose()
        election.close()
        fakes.lead()
    with leaderlife.testing.fake_elections(HANG) as fakes:
        losing = program(fakes.lose)
        with quiet() as election:
            election.become()
            losing.join()
            election.process()
            assert election.state == "lost"


# ---- asyncio ----

def test_work_is_cancelled(fakes):
    seen = []

    async def work(token):
        seen.append(token.isdigit())
        fakes.lose("to asyncio")
        try:
            await asyncio.sleep(HANG)
        finally:
            seen.append("cancelled")

    async def main():
        async with leaderlife.aio.Election("lock", logger=False) as election:
            await election.become()
            with pytest.raises(leaderlife.LostError, match="to asyncio"):
                await election.while_leading(work)

    asyncio.run(main())
    assert seen == [True, "cancelled"] and fakes.elections[0].state == "closed"


def test_in_a_loop_nothing_waits_for_the_loop(fakes):
    async def main():
        fakes.stand_by()
        async with leaderlife.aio.Election("lock", logger=False) as election:
            with pytest.raises(AssertionError, match="no election is 'leader'"):
                fakes.lose()
            async for event in election:
                if event.state == "standby":
                    break
            fakes.lead()
            await election.become(HANG)
            await election.aresign()
            assert election.state == "resigned"

    asyncio.run(main())
