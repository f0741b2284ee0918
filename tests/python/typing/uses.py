# SPDX-License-Identifier: Apache-2.0
"""How programs use the package, for type checkers alone: clean, and each expression of the type that it should have."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import leaderlife
import leaderlife.aio
import leaderlife.anyio
from typing_extensions import Unpack, assert_type


STATE = Literal["new", "starting", "standby", "leader", "resigning", "resigned", "lost", "failed", "closed"]


def blocking() -> None:
    assert_type(leaderlife.become("lock"), leaderlife.Election)
    assert_type(leaderlife.become("lock", on_lost="auto"), leaderlife.Election)
    assert_type(leaderlife.become("lock", on_lost="raise"), leaderlife.Election)
    assert_type(leaderlife.become("lock", on_lost=None), leaderlife.Election)
    assert_type(leaderlife.become("lock", on_lost=print), leaderlife.Election)
    assert_type(leaderlife.become("lock", on_lost=lambda error: error.code), leaderlife.Election)
    with leaderlife.become("lock", timeout=5, on_lost="exit", logger=logging.getLogger()) as leader:
        assert_type(leader, leaderlife.Election)
        assert_type(leader.token, str | None)
        assert_type(leader.holder, str | None)
        assert_type(leader.term, int)
        assert_type(leader.is_leader, bool)
        assert_type(leader.timeout, float | None)
        assert_type(leader.counter("requests"), int | None)
        assert_type(leader.option("guard"), str | None)
        assert_type(leader.detail("namespace"), str | None)
        assert_type(leader.lock, str)
        assert_type(leader.state, STATE)
    leaderlife.become("lock", logger=False)


def own_loop() -> None:
    election = leaderlife.Election("lock", backend="kubernetes", mode="observe", namespace="n", pod_name="p",
                                   pod_uid="u",
                                   kubeconfig=Path("config"), context="c", server="https://h", ca_file="ca.crt",
                                   token_file=Path("token"), guard="required", node_policy="fenced",
                                   retry_permanent=True, events=True, log_level="debug", user_agent="me",
                                   rehearse_loss="5")
    with election as same:
        assert_type(same, leaderlife.Election)
    assert_type(election.become(timeout=1.5), leaderlife.Election)
    assert_type(election.fileno(), int)
    assert_type(election.wait(0), bool)
    assert_type(election.events(), Iterator[leaderlife.Event])
    for event in election.events():
        assert_type(event, leaderlife.Event)
        assert_type(event.kind, Literal["state", "holder", "notice", "log", "finding", "unknown"])
        assert_type(event.state, STATE)
        assert_type(event.error, leaderlife.LeaderLifeError | None)
        assert_type(event.token, str | None)


def tick(term: leaderlife.Term) -> int:
    assert_type(term.token, str)
    assert_type(term.number, int)
    assert_type(term.is_leading, bool)
    assert_type(term.wait(1.5), bool)
    return term.number


def campaigns() -> None:
    assert_type(leaderlife.campaign("lock", tick), int)
    assert_type(leaderlife.campaign("lock", lambda term: term.token, on_new_leader=print, guard="auto"), str)
    with leaderlife.Campaign("lock", tick, logger=False, backend="local") as campaign:
        assert_type(campaign, leaderlife.Campaign[int])
        assert_type(campaign.is_leader, bool)
        assert_type(campaign.is_ready, bool)
        assert_type(campaign.holder, str | None)
        assert_type(campaign.lock, str)
    campaign.start()
    assert_type(campaign.stop(1.5), bool)
    assert_type(campaign.run(), int | None)


async def ticks(term: leaderlife.aio.Term) -> int:
    return len(term.token) + term.number


async def campaigns_in_a_loop() -> None:
    assert_type(await leaderlife.aio.campaign("lock", ticks, on_new_leader=print, backend="local"), int)


def with_options_of_its_own(**options: Unpack[leaderlife.Options]) -> leaderlife.Election:
    return leaderlife.become("lock", **options)


async def work(token: str) -> int:
    return len(token)


async def in_a_loop() -> None:
    async with leaderlife.aio.Election("lock", guard="auto") as election:
        assert_type(election, leaderlife.aio.Election)
        assert_type(await election.become(), leaderlife.aio.Election)
        async for event in election:
            assert_type(event, leaderlife.Event)
        assert_type(await anext(election), leaderlife.Event)
        assert_type(await election.while_leading(work), int | None)
        assert_type(await election.while_leading(work("3")), int | None)
        await election.until_lost()
        await election.aresign()
    await election.aclose(timeout=3)


async def ticks_in_anyio(term: leaderlife.anyio.Term) -> int:
    return len(term.token) + term.number


async def in_trio_or_anyio() -> None:
    async with leaderlife.anyio.Election("lock", guard="auto") as election:
        assert_type(election, leaderlife.anyio.Election)
        assert_type(await election.become(timeout=1.5), leaderlife.anyio.Election)
        async for event in election:
            assert_type(event, leaderlife.Event)
        assert_type(await election.while_leading(work), int | None)
        await election.until_lost()
        await election.aresign()
        await election.aclose(timeout=3)
    assert_type(await leaderlife.anyio.campaign("lock", ticks_in_anyio, on_new_leader=print, backend="local"), int)


def errors() -> None:
    try:
        leaderlife.become("lock")
    except leaderlife.TimeoutError as error:
        assert_type(error.code, int)
    except leaderlife.LeaderLifeError as error:
        assert_type(error.name, str | None)
        assert_type(error.retriable, bool)
        assert_type(error.text, str)


def without_an_election() -> None:
    for option in leaderlife.options():
        assert_type(option.type, str)
    assert_type([name for name, _, _, _ in leaderlife.options()], list[str])
    assert_type(leaderlife.token_compare(None, "3"), int)
    assert_type(leaderlife.version(), str)
    assert_type(leaderlife.__version__, str)


class Subclass(leaderlife.Election):
    """`with` and become() give the class that they were asked of."""


def subclass() -> None:
    with Subclass("lock") as election:
        assert_type(election, Subclass)
        assert_type(election.become(), Subclass)
