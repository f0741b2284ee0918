# SPDX-License-Identifier: Apache-2.0
"""Faults of intermediaries (proxies, load balancers) and of answers on their way: refusals that come before the request
has been read and are cut, 1xx, trailers, encodings, odd lengths. Faults as in faults.py."""

import gzip
import zlib

from .status import failure
from .wire import dump, silence


def refusal(code, then="end", share=0.5, headers=(), early=True, **more):
    """A Status of the code, of which so much of the body comes. early: the request's body is not waited for. then:
    "end" (of the answer), "close", "reset" (of the connection), "goaway", "silence", or the code of an RST_STREAM."""
    async def act(exchange):
        body = dump(failure(code, f"the test's own {code}", **more))
        await exchange.reply.head(code, [("content-length", str(len(body))), *headers])
        if share:
            await exchange.reply.data(body[:int(len(body) * share)])
        await _part(exchange.reply, then)
    act.early = early
    return act


async def _part(reply, then):
    if then == "end":
        await reply.end()
    elif then == "close":
        reply.wire.close()
    elif then == "reset":
        reply.wire.abort()
    elif then == "goaway":
        await reply.goaway(0, processed=True)
        reply.wire.close()
    elif then == "silence":
        await silence()
    else:
        await reply.reset(then)


async def _send(exchange, answer, head, change=lambda body: body, end=()):
    """The right answer. change: of a body, or of each line of a watch."""
    await exchange.reply.head(answer.code, *head)
    if answer.events is None:
        await exchange.reply.data(change(dump(answer.body)))
    else:
        async for line in exchange.lines(answer):
            await exchange.reply.data(change(line))
    await exchange.reply.end(end)


def interim(*codes):
    """1xx before the answer."""
    async def act(exchange):
        for code in codes:
            await exchange.reply.interim(code, [("link", "</style.css>; rel=preload")])
        await exchange.serve(exchange.carry_out())
    return act


def interim_only(code, after=False):
    """1xx, and the end of the connection."""
    async def act(exchange):
        if after:
            exchange.carry_out()
        await exchange.reply.interim(code)
        exchange.reply.wire.close()
    return act


def trailers(*lines):
    async def act(exchange):
        await _send(exchange, exchange.carry_out(), (), end=lines)
    return act


def chunks(size=1):
    """So many bytes in each chunk, or DATA frame."""
    async def act(exchange):
        exchange.reply.chunk = size
        await _send(exchange, exchange.carry_out(), ())
    return act


def packed(names, pack="gzip"):
    """Encoded, though nobody asked for it. names: values of Content-Encoding; pack: gzip, zlib, or "" for not at
    all."""
    async def act(exchange):
        answer = exchange.carry_out()
        head = ([("content-encoding", name) for name in names],)
        if answer.events is None:
            await _send(exchange, answer, head, {"gzip": gzip.compress, "zlib": zlib.compress, "": bytes}[pack])
            return
        packer = zlib.compressobj(wbits=31 if pack == "gzip" else 15)
        await _send(exchange, answer, head, lambda line: packer.compress(line) + packer.flush(zlib.Z_SYNC_FLUSH)
                    if pack else line)
    return act


def kind(text):
    """The right answer, of that content type."""
    async def act(exchange):
        await _send(exchange, exchange.carry_out(), ((), text))
    return act


def misjudged_length(by):
    """The right answer, whose Content-Length is so much more than it has. Of a watch, whose lines have none, the first
    line."""
    async def act(exchange):
        answer = exchange.carry_out()
        if answer.events is None:
            body = dump(answer.body)
        else:
            lines = exchange.lines(answer)
            body = await anext(lines)
            await lines.aclose()
        head = f"HTTP/1.1 {answer.code} X\r\ncontent-type: application/json\r\ncontent-length: {len(body) + by}\r\n\r\n"
        if exchange.reply.http2:
            await exchange.reply.head(answer.code, [("content-length", str(len(body) + by))])
            await exchange.reply.data(body)
            await exchange.reply.end()
        else:
            await exchange.reply.wire.send(lambda: head.encode() + body)
            exchange.reply.wire.close()
    return act
