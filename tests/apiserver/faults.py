# SPDX-License-Identifier: Apache-2.0
"""Faults of a request. Each function makes a fault for rules.Rule; a fault is one
action on one Exchange. With `after` the request is carried out before; else it is
not carried out."""

import asyncio
import copy
import json

from .service import INITIAL_END, Answer
from .status import failure, not_found
from .wire import dump, silence

DEFAULT = object()


# Other answers

def status(code, body=DEFAULT, headers=(), after=False, **more):
    """A refusal. body: a Status of the code (with `more` in it) if left out; None; bytes, as text/plain; or an object.
    headers may be a function that makes them at that moment."""
    async def act(exchange):
        if after:
            exchange.carry_out()
        made = headers() if callable(headers) else headers
        value = failure(code, f"the test's own {code}", **more) if body is DEFAULT else body
        if value is None or isinstance(value, bytes):
            await _plain(exchange, code, value or b"", made)
        else:
            await exchange.serve(Answer(code, value), made)
    return act


async def _plain(exchange, code, body, headers=(), kind="text/plain"):
    await exchange.reply.head(code, [*headers, ("content-length", str(len(body)))], kind)
    await exchange.reply.data(body)
    await exchange.reply.end()


def absent():
    """404 for the very object that the request is about."""
    async def act(exchange):
        await exchange.serve(Answer(404, not_found(exchange.request.resource, exchange.request.name).status))
    return act


def page(code=200, after=False, kind="text/html"):
    """A proxy's page."""
    async def act(exchange):
        if after:
            exchange.carry_out()
        await _plain(exchange, code, b"<html><body>Welcome!</body></html>", [("location", "https://127.0.0.1/")], kind)
    return act


def served(headers=(), kind="application/json"):
    """The right answer, with other headers."""
    async def act(exchange):
        answer = exchange.carry_out()
        if answer.events is None:
            body = dump(answer.body)
            await _plain(exchange, answer.code, body, headers, kind)
        else:
            await exchange.reply.head(answer.code, headers, kind)
            async for line in exchange.lines(answer):
                await exchange.reply.data(line)
    return act


# The right answer, sent badly

def in_pieces(grain=1, pause=0.0):
    """So many bytes at once, each piece in a TLS record of its own. Of a watch, what it begins with."""
    async def act(exchange):
        exchange.reply.grain, exchange.reply.pause = grain, pause
        answer = exchange.carry_out()
        if answer.events is None:
            await exchange.serve(answer)
            return
        await exchange.reply.head(answer.code)
        async for line in exchange.lines(answer):
            await exchange.reply.data(line)
            exchange.reply.grain = 0 if b"BOOKMARK" in line else grain
    return act


def spoiled(change, then="end", midway=False):
    """Each body, or line of a watch, is given to change(bytes) and sent as what comes back. Then the answer ends, or
    else: "reset", "silence". midway: only what follows a watch's initial events, of which a change of the object is
    the first; without one a bookmark is sent."""
    async def act(exchange):
        answer = exchange.carry_out()
        if answer.events is None:
            await exchange.reply.head(answer.code)
            await exchange.reply.data(change(dump(answer.body)))
        else:
            await _spoil_stream(exchange, answer, change, midway)
        await _finish(exchange, then)
    return act


async def _spoil_stream(exchange, answer, change, midway):
    await exchange.reply.head(answer.code)
    async for line in exchange.lines(answer):
        if not midway:
            await exchange.reply.data(change(line))
            return
        await exchange.reply.data(line)
        if INITIAL_END.encode() in line:
            await exchange.reply.data(change(line.replace(INITIAL_END.encode(), b"k8s.io/other")))
            return


async def _finish(exchange, then):
    if then == "end":
        await exchange.reply.end()
    elif then == "reset":
        await exchange.reply.reset()
    else:
        await silence()


def mangled(change, then="end", midway=False):
    """spoiled(), for changes of the object: change(object) works in place. Of a watch, that in the line."""
    def spoil(text):
        value = copy.deepcopy(json.loads(text))
        change(value["object"] if "object" in value else value)
        return dump(value) + (b"\n" if text.endswith(b"\n") else b"")
    return spoiled(spoil, then, midway)


def truncated(then="end", share=0.5, announced=True):
    """The first part of the body. announced: the headers promise the whole."""
    async def act(exchange):
        answer = exchange.carry_out()
        if answer.events is not None:
            await _spoil_stream(exchange, answer, lambda line: line[:int(len(line) * share)], False)
        else:
            body = dump(answer.body)
            await exchange.reply.head(answer.code, [("content-length", str(len(body)))] if announced else [])
            await exchange.reply.data(body[:int(len(body) * share)])
        await _finish(exchange, then)
    return act


def lines(*events, then="end", midway=False):
    """Of a watch: these lines, after the initial events if midway."""
    async def act(exchange):
        answer = exchange.carry_out()
        await exchange.reply.head(200)
        if midway:
            async for line in exchange.lines(answer):
                await exchange.reply.data(line)
                if b"BOOKMARK" in line:
                    break
        elif answer.events is not None:
            await answer.events.aclose()
        for event in events:
            await exchange.reply.data(event if isinstance(event, bytes) else dump(event) + b"\n")
        await _finish(exchange, then)
    return act


def error_event(code, reason=None, **more):
    """A line that ends a watch, as the API server sends it within a stream."""
    return {"type": "ERROR", "object": failure(code, f"the test's own {code} in the stream", reason, **more)}


# No answer

def stalled(after=False, late=None):
    """Never answers. late: does what was asked so many seconds later, when the client may have given up."""
    async def act(exchange):
        if after:
            exchange.carry_out()
        if late is not None:
            exchange.carry_out_later(late)
        await silence()
    return act


def silent_head(code=200):
    """The headers, and then nothing."""
    async def act(exchange):
        await exchange.reply.head(code)
        await silence()
    return act


def broken(after=False):
    """The connection is reset."""
    async def act(exchange):
        if after:
            exchange.carry_out()
        exchange.reply.wire.abort()
    return act


def hung_up(after=False):
    """The connection ends."""
    async def act(exchange):
        if after:
            exchange.carry_out()
        exchange.reply.wire.close()
    return act


def tls_ended():
    """TLS ends, and TCP does not."""
    async def act(exchange):
        exchange.reply.wire.end_tls()
        await silence()
    return act


def stream_reset(code, after=False):
    """HTTP/2: RST_STREAM. HTTP/1.1: the connection is reset."""
    async def act(exchange):
        if after:
            exchange.carry_out()
        await exchange.reply.reset(code)
    return act


def going_away(code=0, processed=True, answered=True, after=False):
    """HTTP/2: GOAWAY. HTTP/1.1: the connection ends. answered: this request is, all the same."""
    async def act(exchange):
        answer = exchange.carry_out() if answered or after else None
        await exchange.reply.goaway(code, processed)
        if answered:
            await exchange.serve(answer)
        await asyncio.sleep(0.05)
        exchange.reply.wire.close()
    return act


# The connections after it

def refused(seconds, after=False):
    """The connection is reset, and nobody listens for so long."""
    async def act(exchange):
        if after:
            exchange.carry_out()
        exchange.endpoint.shut(seconds)
        exchange.reply.wire.abort()
    return act


def without_tls(connections, hold):
    """The connection is reset; the next ones end before TLS (hold: are accepted, and nobody speaks)."""
    async def act(exchange):
        exchange.endpoint.ignore(connections, hold)
        exchange.reply.wire.abort()
    return act
