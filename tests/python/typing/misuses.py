# SPDX-License-Identifier: Apache-2.0
"""Mistakes that a type checker must find: each line says the rules of mypy and of pyright that it breaks; no other line
may break one."""

import asyncio

import leaderlife
import leaderlife.aio
import leaderlife.anyio

leaderlife.become("lock", backend="etcd")  # arg-type reportArgumentType
leaderlife.become("lock", guard=True)  # arg-type reportArgumentType
leaderlife.become("lock", node_policy="Strict")  # arg-type reportArgumentType
leaderlife.become("lock", retry_permanent="yes")  # arg-type reportArgumentType
leaderlife.become("lock", kubeconfig=3)  # arg-type reportArgumentType
leaderlife.become("lock", name_space="n")  # call-arg reportCallIssue
leaderlife.become("lock", on_lost="stop")  # arg-type reportArgumentType
leaderlife.become("lock", on_lost=lambda: None)  # arg-type,misc reportArgumentType
leaderlife.become("lock", 5)  # misc,call-arg reportCallIssue
leaderlife.become("lock", timeout="5")  # arg-type reportArgumentType
leaderlife.campaign("lock", lambda: None)  # arg-type,misc reportArgumentType
leaderlife.campaign("lock", print, backend="etcd")  # arg-type reportArgumentType
leaderlife.Campaign("lock", print, on_new_leader=3)  # arg-type reportArgumentType
leaderlife.Campaign("lock", print).is_leader = True  # misc reportAttributeAccessIssue
leaderlife.Election(b"lock")  # arg-type reportArgumentType
leaderlife.Election("lock", mode="watch")  # arg-type reportArgumentType
leaderlife.Election("lock", logger=True)  # arg-type reportArgumentType
leaderlife.Election("lock").is_leader = True  # misc reportAttributeAccessIssue
leaderlife.aio.Election("lock", log_level="trace")  # arg-type reportArgumentType
leaderlife.token_compare(1, 2)  # arg-type reportArgumentType
leaderlife.capi.Election_fd(None)  # arg-type reportArgumentType
leaderlife.capi.Election_free(leaderlife.Election("lock"))  # arg-type reportArgumentType


async def forgotten() -> None:
    for _ in leaderlife.aio.Election("lock"):  # attr-defined reportGeneralTypeIssues
        pass
    async with leaderlife.become("lock"):  # attr-defined reportGeneralTypeIssues
        pass
    await leaderlife.aio.Election("lock").while_leading(lambda: None)  # arg-type,misc reportArgumentType
    await leaderlife.aio.campaign("lock", lambda term: None)  # arg-type,return-value reportArgumentType
    await leaderlife.anyio.Election("lock").while_leading(lambda: None)  # arg-type,misc reportArgumentType
    await leaderlife.anyio.Election("lock").while_leading(forgotten())  # arg-type reportArgumentType
    await leaderlife.anyio.campaign("lock", lambda term: None)  # arg-type,return-value reportArgumentType
    leaderlife.aio.Election("lock").become().token  # attr-defined reportAttributeAccessIssue


asyncio.run(forgotten())
