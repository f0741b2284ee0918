# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 connections, by h2: all requests of a client at once, under flow control."""

import asyncio

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import hyperframe.frame

from .service import Request
from .wire import Gone, Reply, Wire


_AT_ONCE = 256 * 1024


class Http2(Wire):
    protocol = "h2"

    def __init__(self, reader, writer, endpoint):
        super().__init__(reader, writer, endpoint)
        # An answer that breaks the rules is what this server is for.
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=False, header_encoding="utf-8", validate_outbound_headers=False,
            normalize_outbound_headers=False))
        self.room = asyncio.Event()  # a window has grown
        self._heads = {}  # stream: (headers, body)
        self._answers = {}  # stream: task

    async def run(self):
        self.h2.initiate_connection()
        try:
            await self.flush()
            while data := await self.reader.read(65536):
                for event in self.h2.receive_data(data):
                    self._take(event)
                await self.flush()
        except (ConnectionError, h2.exceptions.ProtocolError):
            return
        finally:
            for answering in list(self._answers.values()):
                answering.cancel()
            self.close()

    async def flush(self, grain=0, pause=0.0):
        await self.send(self.h2.data_to_send, grain, pause)

    def _take(self, event):
        if isinstance(event, h2.events.RequestReceived):
            self._heads[event.stream_id] = (dict(event.headers), bytearray())
            if self.endpoint.is_early(self._request(event.stream_id)):
                self._begin(event.stream_id)
        elif isinstance(event, h2.events.DataReceived) and event.stream_id in self._heads:
            self._heads[event.stream_id][1].extend(event.data)
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.WindowUpdated):
            self.room.set()
        elif isinstance(event, h2.events.StreamReset) and event.stream_id in self._answers:
            self._answers[event.stream_id].cancel()
        if isinstance(event, h2.events.StreamEnded) and event.stream_id in self._heads:
            self._begin(event.stream_id)

    def _request(self, stream):
        headers, body = self._heads[stream]
        return Request(headers[":method"], headers[":path"], headers, bytes(body))

    def _begin(self, stream):
        request = self._request(stream)
        del self._heads[stream]
        answering = asyncio.ensure_future(self.endpoint.answer(Reply2(self, stream), request))
        self._answers[stream] = answering
        answering.add_done_callback(lambda _: self._answers.pop(stream, None))


class Reply2(Reply):
    def __init__(self, wire, stream):
        super().__init__(wire)
        self.stream = stream

    async def interim(self, code, headers=()):
        await self._send(self.wire.h2.send_headers, self.stream, [(":status", str(code)), *headers])

    async def head(self, code, headers=(), kind="application/json"):
        await self._send(self.wire.h2.send_headers, self.stream,
                         [(":status", str(code)), ("content-type", kind), *headers])

    async def data(self, body):
        body = memoryview(body)
        while body:
            room = min(self._window(), _AT_ONCE, len(body))
            if room <= 0:
                self.wire.room.clear()
                await self.wire.room.wait()
                continue
            await self._send(self._frames, body[:room])
            body = body[room:]

    def _frames(self, body):
        connection = self.wire.h2
        size = self.chunk or connection.max_outbound_frame_size
        for begin in range(0, len(body), size):
            connection.send_data(self.stream, bytes(body[begin:begin + size]))

    def _window(self):
        try:
            return self.wire.h2.local_flow_control_window(self.stream)
        except h2.exceptions.ProtocolError as error:
            raise Gone(str(error)) from None

    async def end(self, trailers=()):
        if trailers:
            await self._send(self.wire.h2.send_headers, self.stream, list(trailers), True)
        else:
            await self._send(self.wire.h2.end_stream, self.stream)

    async def reset(self, code=h2.errors.ErrorCodes.CANCEL):
        await self._send(self.wire.h2.reset_stream, self.stream, code)

    async def goaway(self, code=0, processed=True):
        """By hand: after h2's own GOAWAY it would send nothing more, but streams that were taken up go on."""
        last = self.stream if processed else max(self.stream - 2, 0)
        frame = hyperframe.frame.GoAwayFrame(stream_id=0, last_stream_id=last, error_code=code)
        await self.wire.flush()
        await self.wire.send(frame.serialize)

    async def _send(self, act, *arguments):
        try:
            act(*arguments)
        except (h2.exceptions.ProtocolError, KeyError) as error:
            raise Gone(str(error)) from None
        await self.wire.flush(self.grain, self.pause)
