# SPDX-License-Identifier: Apache-2.0
"""One replica of an aiohttp service does the background work.

    pip install aiohttp
    python aiohttp_app.py [LOCK [PORT]]

All replicas answer requests, the leader too.
"""

import asyncio
import logging
import os
import signal
import sys

import leaderlife.aio
import ticks
from aiohttp import web


async def work(term):
    """Runs whenever this replica leads; cancelled when the lead is lost, and then awaited to its end.

    No thread: asyncio.to_thread() would go on after the cancellation."""
    while True:
        ticks.tick(term.token)
        await asyncio.sleep(ticks.SECONDS)


def ended(campaign):
    """Without this nobody would notice that it has failed."""
    if not campaign.cancelled():
        logging.error("the election has ended", exc_info=campaign.exception())
        os.kill(os.getpid(), signal.SIGTERM)


def lead(lock):
    async def context(_app):
        campaign = asyncio.create_task(leaderlife.aio.campaign(lock, work))
        campaign.add_done_callback(ended)
        yield
        campaign.cancel()  # ends the work, then gives the lock back
        await asyncio.wait([campaign])
    return context


async def answer(_request):
    return web.json_response({"pid": os.getpid()})


def main(lock="aiohttp", port="8080"):
    app = web.Application()
    app.router.add_get("/", answer)
    app.cleanup_ctx.append(lead(lock))
    web.run_app(app, port=int(port))


if __name__ == "__main__":
    main(*sys.argv[1:])
