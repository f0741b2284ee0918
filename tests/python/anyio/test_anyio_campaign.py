# SPDX-License-Identifier: Apache-2.0
"""anyio.campaign(): `work` runs only where this process leads, one at a time, and its end is awaited, whoever cancels.
The embedded lock cannot be lost, so losses are made up."""

import contextlib
import functools

import anyio
import leaderlife
import leaderlife.anyio
import pytest
from leaderlife import _anyio_campaign, _campaign_rules


class Logger:
    def __init__(self):
        self.lines = []

    def log(self, level, form, text):
        self.lines.append(text)

    def says(self, part):
        return [line for line in self.lines if part in line]


@pytest.fixture
def elections(monkeypatch):
    """Those that the campaigns make, the newest last. The pauses between them are short."""
    made, new_election = [], _campaign_rules.Rules.new_election
    monkeypatch.setattr(_campaign_rules, "FIRST_PAUSE", 0.01)

    def recorded(self, kind):
        election = new_election(self, kind)
        if kind is leaderlife.anyio.Election:
            made.append(election)
        return election

    monkeypatch.setattr(_campaign_rules.Rules, "new_election", recorded)
    return made


@pytest.fixture
def campaign(lock, elections):
    """leaderlife.anyio.campaign() for the test's lock."""
    def begin(work, **options):
        return leaderlife.anyio.campaign(lock, work, **{"backend": "local", "logger": False, **options})
    return begin


def test_what_work_returns_is_returned_and_the_lock_is_given_back(run, lock, campaign, is_free):
    async def work(term):
        seen.append(term)
        assert term.is_leading and term.lock == lock and not await anyio.to_thread.run_sync(is_free)
        return int(term.token)

    seen = []
    tokens = [run(lambda: campaign(work)) for _ in range(2)]
    assert tokens[0] < tokens[1] and is_free() and not seen[0].is_leading


def test_what_work_raises_is_raised_after_the_lock_is_given_back(run, campaign, is_free):
    async def work(term):
        raise ZeroDivisionError("of work")

    with pytest.raises(ZeroDivisionError, match="of work"):
        run(lambda: campaign(work))
    assert is_free()


def test_an_error_of_ours_that_work_raises_is_no_reason_to_try_again(run, campaign, elections, is_free):
    async def work(term):
        raise leaderlife.ServerError("of work", -20)

    with pytest.raises(leaderlife.ServerError, match="of work"):
        run(lambda: campaign(work))
    assert is_free() and len(elections) == 1


def test_work_that_is_no_async_function(run, campaign, is_free):
    with pytest.raises(TypeError):
        run(lambda: campaign(lambda term: 3))
    with pytest.raises(TypeError, match="work must be a function of the term"):
        run(lambda: campaign(3))
    assert is_free()


def test_after_a_loss_the_next_term_waits_for_the_end_of_work(run, campaign, elections, lose):
    seen = []

    async def work(term):
        seen.append(("begins", term.token))
        if len(elections) > 1:
            return "next"
        lose(elections[-1])
        try:
            await anyio.sleep(60)
        finally:
            assert not term.is_leading
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.2)  # longer than the pause
            seen.append(("ends", term.token))

    assert run(lambda: campaign(work)) == "next"
    assert [what for what, _ in seen] == ["begins", "ends", "begins"]
    assert leaderlife.token_compare(seen[0][1], seen[2][1]) < 0


def test_what_work_returns_and_raises_after_a_loss_is_no_result(run, campaign, elections, lose):
    logger = Logger()

    async def work(term):
        number = len(elections)
        if number == 3:
            return "third"
        lose(elections[-1])
        try:
            await anyio.sleep(60)
        except anyio.get_cancelled_exc_class():
            if number == 1:
                return "late"  # its own affair
            raise ZeroDivisionError("late") from None

    assert run(lambda: campaign(work, logger=logger)) == "third"
    told, = logger.says("ZeroDivisionError: late")
    assert "after the lead was lost" in told


def test_work_that_ignores_its_cancellation_is_told_of(run, campaign, elections, lose, monkeypatch):
    monkeypatch.setattr(_campaign_rules, "FIRST_GAP", 0.01)
    logger = Logger()

    async def work(term):
        if len(elections) > 1:
            return "next"
        lose(elections[-1])
        with anyio.CancelScope(shield=True):
            while len(logger.says("work was told to end")) < 3:
                await anyio.sleep(0.01)

    assert run(lambda: campaign(work, logger=logger)) == "next"
    told = logger.says("work was told to end")
    assert len(told) == 3 and "this process takes no part until it has" in told[0]


def test_work_that_ignores_the_end_of_the_campaign_is_told_of(run, campaign, is_free, monkeypatch):
    monkeypatch.setattr(_campaign_rules, "FIRST_GAP", 0.01)
    logger = Logger()

    async def play():
        async def work(term):
            limit.cancel()
            with anyio.CancelScope(shield=True), anyio.move_on_after(30):
                while not logger.says("the lock is not given back until it has"):
                    await anyio.sleep(0.01)

        with anyio.CancelScope() as limit:
            await campaign(work, logger=logger)
        assert limit.cancelled_caught and logger.says("the lock is not given back") and is_free()

    run(play)


def test_work_does_not_begin_without_the_lead(run, campaign, elections, lose, monkeypatch):
    """It was lost after it was decided that it should begin."""
    lead = _anyio_campaign.Campaign._lead

    async def late(self, election, work):
        if len(elections) == 1:
            lose(election)
        await lead(self, election, work)

    monkeypatch.setattr(_anyio_campaign.Campaign, "_lead", late)

    began = []

    async def work(term):
        began.append(term.is_leading)
        return len(elections)

    assert run(lambda: campaign(work)) == 2 and began == [True]


def test_two_never_work_at_once(run, campaign):
    """Whether work returns, raises or is cancelled: the next one leads after its end. (After a loss others may lead
    while it ends: `work` must hurry then, and fence its writes.)"""
    working, tokens, cancelled = [], [], []

    async def work(scope, term):
        assert working == [] and term.is_leading
        working.append(term.token)
        tokens.append(int(term.token))
        try:
            if len(tokens) % 3 == 0:
                raise ZeroDivisionError
            if len(tokens) % 3 == 1:
                scope.cancel()
            await anyio.sleep(0.002)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.01)
            assert term.is_leading
            working.remove(term.token)

    async def elect():
        with contextlib.suppress(ZeroDivisionError), anyio.CancelScope() as scope:
            await campaign(functools.partial(work, scope))
        cancelled.append(scope.cancelled_caught)

    async def play():
        async with anyio.create_task_group() as group:
            for _ in range(12):
                group.start_soon(elect)

    run(play)
    assert len(tokens) == 12 and tokens == sorted(tokens) and sum(cancelled) == 4


def test_cancelling_it_cancels_work_and_gives_back_after_its_end(run, campaign, is_free):
    ended = []

    async def play():
        async def work(term):
            try:
                limit.cancel()
                await anyio.sleep(60)
            finally:
                with anyio.CancelScope(shield=True):
                    await anyio.sleep(0.05)
                    ended.append(term.is_leading and not await anyio.to_thread.run_sync(is_free))

        with anyio.CancelScope() as limit:
            await campaign(work)
        assert limit.cancelled_caught and ended == [True] and is_free()

    run(play)


def test_work_that_ends_badly_when_the_campaign_is_cancelled(run, campaign, is_free):
    """The cancellation is not lost, nor is what it raised."""
    logger = Logger()

    async def play():
        async def work(term):
            try:
                limit.cancel()
                await anyio.sleep(60)
            finally:
                raise ZeroDivisionError("at the end")

        with anyio.CancelScope() as limit:
            await campaign(work, logger=logger)
        assert limit.cancelled_caught and logger.says("ZeroDivisionError: at the end") and is_free()

    run(play)


def test_cancelling_it_while_it_stands_by_and_while_it_rests(run, campaign, elections, rival, lose, monkeypatch):
    monkeypatch.setattr(_campaign_rules, "FIRST_PAUSE", 1000.0)
    holders, logger = [], Logger()

    async def work(term):
        lose(elections[-1])
        await anyio.sleep(60)

    async def play():
        def on_new_leader(holder):
            holders.append(holder)
            limit.cancel()

        with anyio.CancelScope() as limit:
            await campaign(work, on_new_leader=on_new_leader)
        assert limit.cancelled_caught and len(holders) == 1 and holders[0].startswith(rival.holder)
        rival.kill()
        async with anyio.create_task_group() as group:
            @group.start_soon
            async def elect():
                await campaign(work, logger=logger)
            while not logger.says("takes no part for 1000 s"):
                await anyio.sleep(0.01)
            group.cancel_scope.cancel()

    run(play)


def test_what_on_new_leader_raises_ends_work_and_the_campaign(run, campaign, elections, is_free):
    ended = []

    async def work(term):
        elections[-1].wakeup()
        try:
            await anyio.sleep(60)
        finally:
            ended.append(term)

    def refuse(holder):
        raise ZeroDivisionError("of on_new_leader")

    with pytest.raises(ZeroDivisionError, match="of on_new_leader"):
        run(lambda: campaign(work, on_new_leader=refuse))
    assert is_free() and len(ended) <= 1


def test_a_new_holder_is_told_of_while_work_goes_on(run, campaign, elections):
    holders = []

    async def work(term):
        told = object.__new__(leaderlife.Event)
        told.kind, told.state, told.error, told.holder, told.token = "holder", "leader", None, "somebody", term.token
        elections[-1]._keep(told)
        elections[-1].wakeup()
        while "somebody" not in holders:
            await anyio.sleep(0.01)

    run(lambda: campaign(work, on_new_leader=holders.append))


def test_a_logger_that_raises_while_work_goes_on(run, campaign, elections, is_free):
    """The task that drives the election fails: `work` ends, for nobody looks after its lock."""
    ended = []

    async def work(term):
        process, election = elections[-1].process, elections[-1]
        election.process = lambda: 1 // 0
        election.wakeup()
        try:
            await anyio.sleep(60)
        finally:
            election.process = process
            ended.append(term)

    with pytest.raises(ZeroDivisionError):
        run(lambda: campaign(work))
    assert is_free() and len(ended) == 1


def test_what_is_wrong_from_the_beginning_is_raised(run, campaign, monkeypatch):
    async def work(term):
        raise AssertionError("it leads")

    with pytest.raises(leaderlife.ConfigError):
        run(lambda: campaign(work, guard="sometimes"))
    monkeypatch.setenv("KUBECONFIG", "/nonexistent")  # alone it is a contradiction
    with pytest.raises(leaderlife.ConfigError):
        run(lambda: campaign(work, backend="auto"))
