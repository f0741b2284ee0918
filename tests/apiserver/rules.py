# SPDX-License-Identifier: Apache-2.0
"""Rules say which requests fail; an exchange is what a fault acts on."""

import asyncio
import threading
import time
from dataclasses import dataclass, field

from .service import carry_out
from .wire import dump


@dataclass
class Rule:
    """The first rule that matches and is not used up acts. Empty fields match all.

    fault      async callable(Exchange), see faults.py
    verb       get, list, watch, create, update, delete
    where      callable(Request), for what the other fields cannot say
    skip       so many matching requests pass before
    count      so many are hit; 0: all"""
    fault: object
    verb: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""
    where: object = None
    skip: int = 0
    count: int = 1
    passed: int = 0
    hits: list = field(default_factory=list)  # the requests
    changed: threading.Event = field(default_factory=threading.Event)

    def fits(self, request):
        return all(getattr(self, key) in ("", getattr(request, key))
                   for key in ("verb", "resource", "namespace", "name")) and (
            self.where is None or self.where(request))

    def take(self, request):
        """Whether it acts on this one."""
        if self.used_up or not self.fits(request):
            return False
        if self.passed < self.skip:
            self.passed += 1
            return False
        self.hits.append(request)
        self.changed.set()
        return True

    @property
    def early(self):
        """It acts before the request's body has come."""
        return getattr(self.fault, "early", False)

    @property
    def used_up(self):
        return 0 < self.count <= len(self.hits)


class Exchange:
    """One request that a fault has got hold of. Either it serves an answer, or it breaks something."""

    def __init__(self, endpoint, request, reply):
        self.endpoint, self.request, self.reply = endpoint, request, reply

    def carry_out(self):
        """Does what is asked, and returns the Answer that nobody has got yet."""
        return carry_out(self.endpoint.store, self.request, self.endpoint.settings)

    def carry_out_later(self, seconds):
        """Even if the client has gone by then."""
        asyncio.get_running_loop().call_later(seconds, self.carry_out)

    async def serve(self, answer, headers=()):
        """As a good server does."""
        if answer.events is None:
            await self.reply.json(answer.code, answer.body, headers)
            return
        await self.serve_events(answer, lambda line: line)

    async def serve_events(self, answer, change):
        """change: a line to the bytes that are sent for it."""
        await self.reply.head(answer.code)
        async for line in self.lines(answer):
            await self.reply.data(change(line))
        await self.reply.end()

    async def lines(self, answer):
        """The stream's lines as bytes."""
        try:
            async for event in answer.events:
                yield dump(event) + b"\n"
        finally:
            await answer.events.aclose()


@dataclass
class Seen:
    """One request in an endpoint's log."""
    at: float
    verb: str
    resource: str
    name: str
    target: str
    protocol: str
    hit: bool


def seen(request, reply, hit):
    request.at = time.monotonic()
    return Seen(request.at, request.verb, request.resource, request.name, request.target, reply.wire.protocol, hit)
