# SPDX-License-Identifier: Apache-2.0
"""One worker among all replicas' workers does the background work of a FastAPI (or Starlette) service.

    pip install fastapi uvicorn
    uvicorn --workers 4 fastapi_app:app

All workers answer requests, the leader too.
"""

import asyncio
import contextlib
import logging
import os
import signal

import fastapi
import leaderlife.aio
import ticks

LOCK = "fastapi"


async def work(term):
    """Runs whenever this worker leads; cancelled when the lead is lost, and then awaited to its end.

    No thread: asyncio.to_thread() would go on after the cancellation."""
    while True:
        ticks.tick(term.token)
        await asyncio.sleep(ticks.SECONDS)


def ended(campaign):
    """Without this nobody would notice that it has failed. Uvicorn starts another worker in this one's place."""
    if not campaign.cancelled():
        logging.getLogger("uvicorn.error").error("the election has ended", exc_info=campaign.exception())
        os.kill(os.getpid(), signal.SIGTERM)


@contextlib.asynccontextmanager
async def lifespan(_app):
    campaign = asyncio.create_task(leaderlife.aio.campaign(LOCK, work))
    campaign.add_done_callback(ended)
    yield
    campaign.cancel()  # ends the work, then gives the lock back
    await asyncio.wait([campaign])


app = fastapi.FastAPI(lifespan=lifespan)


@app.get("/")
async def answer():
    return {"pid": os.getpid()}
