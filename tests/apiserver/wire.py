# SPDX-License-Identifier: Apache-2.0
"""What HTTP/1.1 and HTTP/2 share: sending bytes to the client, in pieces if need be,
and the ways in which a connection can end."""

import asyncio
import contextlib
import json
import socket
import struct

_FLUSH_S = 0.02
# Without a pause between them. One a turn of the loop would be too slow on a busy machine, where a request has 15 s.
_PIECES_AT_ONCE = 32
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 s


class Gone(Exception):
    """The client, or this answer, is no longer there."""


class Wire:
    """One connection of an endpoint: endpoint.answer(reply, request) answers each request, and at once, without its
    body, where endpoint.is_early(request) says so."""

    protocol = ""

    def __init__(self, reader, writer, endpoint):
        self.reader, self.writer, self.endpoint = reader, writer, endpoint
        self._sending = asyncio.Lock()

    async def send(self, take, grain=0, pause=0.0):
        """take() gives the bytes when it is their turn. grain: how many at once, each piece in a TLS record of its
        own, with a pause behind it. A sending that has begun ends even if the request is given up meanwhile."""
        await asyncio.shield(self._send(take, grain, pause))

    async def _send(self, take, grain, pause):
        async with self._sending:
            data = take()
            size = grain or len(data) or 1
            with contextlib.suppress(ConnectionError):
                for begin in range(0, len(data), size):
                    if self.writer.transport.is_closing():
                        return
                    self.writer.write(data[begin:begin + size])
                    if grain and (pause or begin // grain % _PIECES_AT_ONCE == 0):
                        await asyncio.sleep(pause)
                await self.writer.drain()

    def abort(self):
        """The other side sees a reset."""
        if not self.writer.transport.is_closing():
            self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.writer.transport.abort()

    def close(self):
        """The other side sees an end: that of TLS, and at once that of TCP, for which asyncio would wait."""
        self.end_tls()
        asyncio.get_running_loop().call_later(_FLUSH_S, self._end_tcp)

    def _end_tcp(self):
        with contextlib.suppress(AttributeError):  # of Python 3.11, where all has ended meanwhile
            self.writer.transport.abort()

    def end_tls(self):
        """TLS says that it ends; TCP stays until the other side ends it too, or for long."""
        self.writer.close()


class Reply:
    """The answer to one request. A protocol does interim(), head(), data(), end() and reset(). chunk: so many bytes in
    each chunk or DATA frame; 0: as many as there are."""

    def __init__(self, wire):
        self.wire = wire
        self.grain, self.pause = 0, 0.0
        self.chunk = 0

    @property
    def http2(self):
        return self.wire.protocol == "h2"

    async def json(self, code, value, headers=()):
        body = dump(value)
        await self.head(code, [*headers, ("content-length", str(len(body)))])
        await self.data(body)
        await self.end()

    async def interim(self, code, headers=()):
        """A 1xx before the answer."""
        raise NotImplementedError

    async def head(self, code, headers=(), kind="application/json"):
        raise NotImplementedError

    async def data(self, body):
        raise NotImplementedError

    async def end(self, trailers=()):
        raise NotImplementedError

    async def reset(self, code=0):
        """Ends this answer alone where the protocol can, else the connection."""
        raise NotImplementedError

    async def goaway(self, code=0, processed=True):
        """Says that the connection ends, and whether this request counts as taken up."""
        raise NotImplementedError


def dump(value):
    return json.dumps(value, separators=(",", ":")).encode()


async def silence():
    """Until the client has gone."""
    await asyncio.get_running_loop().create_future()
