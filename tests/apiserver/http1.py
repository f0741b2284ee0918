# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 connections, by h11: one request after the other."""

import asyncio

import h11

from .service import Request
from .wire import Gone, Reply, Wire


class Http1(Wire):
    protocol = "http/1.1"

    def __init__(self, reader, writer, endpoint):
        super().__init__(reader, writer, endpoint)
        self.h11 = h11.Connection(h11.SERVER)
        self._reading = None  # a read under way

    async def run(self):
        try:
            while request := await self._next_request():
                answering = asyncio.ensure_future(self.endpoint.answer(Reply1(self), request))
                if not await self._ended(answering):
                    return
                if self.h11.our_state is not h11.DONE or self.h11.their_state is not h11.DONE:
                    return
                self.h11.start_next_cycle()
        except h11.RemoteProtocolError:
            return
        finally:
            if self._reading:
                self._reading.cancel()
            self.close()

    async def _receive(self):
        """False at the end of what the client sends."""
        self._reading = self._reading or asyncio.ensure_future(self.reader.read(65536))
        try:
            data = await asyncio.shield(self._reading)
        except ConnectionError:
            data = b""
        self._reading = None
        self.h11.receive_data(data)
        return bool(data)

    async def _next_request(self):
        head, body = None, b""
        while True:
            event = self.h11.next_event()
            if event is h11.NEED_DATA:
                await self._receive()
            elif isinstance(event, h11.Request):
                head = event
                if self.endpoint.is_early(self._request(head)):
                    return self._request(head)
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return self._request(head, body)
            else:
                return None

    @staticmethod
    def _request(head, body=b""):
        headers = {name.decode(): value.decode("latin-1") for name, value in head.headers}
        return Request(head.method.decode(), head.target.decode(), headers, body)

    async def _ended(self, answering):
        """Waits for the end of the answer; False when the client goes before."""
        while not answering.done():
            receiving = asyncio.ensure_future(self._receive())
            await asyncio.wait([answering, receiving], return_when=asyncio.FIRST_COMPLETED)
            if not receiving.done():
                receiving.cancel()
            elif not receiving.result():
                answering.cancel()
                return False
        return not answering.cancelled()


class Reply1(Reply):
    async def interim(self, code, headers=()):
        await self._send(h11.InformationalResponse(status_code=code, headers=list(headers)))

    async def head(self, code, headers=(), kind="application/json"):
        await self._send(h11.Response(status_code=code, headers=[("content-type", kind), *headers]))

    async def data(self, body):
        size = self.chunk or len(body) or 1
        await self._send(*(h11.Data(data=body[begin:begin + size]) for begin in range(0, len(body), size)))

    async def end(self, trailers=()):
        """An answer shorter than it said cannot end otherwise than with its connection."""
        try:
            await self._send(h11.EndOfMessage(headers=list(trailers)))
        except Gone:
            self.wire.close()

    async def reset(self, code=0):
        self.wire.abort()

    async def goaway(self, code=0, processed=True):
        self.wire.close()

    async def _send(self, *events):
        try:
            data = b"".join([self.wire.h11.send(event) or b"" for event in events])
        except h11.LocalProtocolError as error:
            raise Gone(str(error)) from None
        await self.wire.send(lambda: data, self.grain, self.pause)
