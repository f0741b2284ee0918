# SPDX-License-Identifier: Apache-2.0
"""A plain TCP balancer before several servers, which also says who is served by
which. It looks into no byte. Whoever is to be moved has a seat of its own: a port."""

import asyncio
import contextlib
import socket
import threading

HOST = "127.0.0.1"
_CONNECTED_WITHIN = 1.0  # seconds; then the next server is tried


class Seat:
    """What a candidate, or another user of the API server, takes for the server: it has host, port, url and ca_file.
    first: the number of the server for it; None: another one for each connection."""

    def __init__(self, balancer, first, flushes):
        self._balancer, self._first = balancer, first
        self._flushes = flushes
        self._connections = set()  # pairs of transports
        self._listening = socket.create_server((HOST, 0), backlog=512)
        self.host, self.port = self._listening.getsockname()[:2]
        self.url = f"https://{self.host}:{self.port}"
        self.ca_file = None

    async def listen(self):
        self._server = await asyncio.start_server(self._serve, sock=self._listening)

    def end(self):
        self._server.close()
        self._cut()

    def move(self, server, now):
        """now: the connections that are open break; else they stay where they are."""
        self._first = server
        if now:
            self._cut()

    def _cut(self):
        for near, far in self._connections:
            near.abort()
            far.abort()

    async def _serve(self, reader, writer):
        far_reader = far_writer = None
        with contextlib.suppress(OSError):
            far_reader, far_writer = await self._connect()
        if far_writer is None:
            writer.transport.abort()
            return
        pair = (writer.transport, far_writer.transport)
        self._connections.add(pair)
        await asyncio.gather(_pump(reader, far_writer, self._flushes), _pump(far_reader, writer, True))
        self._connections.discard(pair)

    async def _connect(self):
        servers = self._balancer.order(self._first)
        for server in servers:
            try:
                return await asyncio.wait_for(asyncio.open_connection(*server), _CONNECTED_WITHIN)
            except (OSError, asyncio.TimeoutError):
                continue
        raise OSError("no server can be reached")


async def _pump(reader, writer, flushes):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        writer.transport.abort()
    finally:
        # What is written to a server that is cut off arrives when it is back, though the client has gone long ago.
        writer.close() if flushes else writer.transport.abort()


class Balancer:
    """servers: (host, port) of each. Use as `with Balancer(servers) as balancer`."""

    def __init__(self, servers):
        self._servers = servers
        self._turn = 0
        self._loop = asyncio.new_event_loop()
        self._seats = []

    def __enter__(self):
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        for seat in self._seats:
            self._do(seat.end)
        self._loop.call_soon_threadsafe(self._loop.stop)

    def order(self, first):
        """The servers in the order in which they are to be tried."""
        if first is None:
            first = self._turn = (self._turn + 1) % len(self._servers)
        return self._servers[first:] + self._servers[:first]

    def seat(self, first=None, flushes=True):
        """flushes: what a client has sent before it goes reaches the server all the same, as with most balancers."""
        made = Seat(self, first, flushes)
        asyncio.run_coroutine_threadsafe(made.listen(), self._loop).result(120)
        self._seats.append(made)
        return made

    def move(self, seat, server, now=False):
        self._do(seat.move, server, now)

    def leave(self, seat):
        """Nobody sits there any more."""
        self._seats.remove(seat)
        self._do(seat.end)

    def _do(self, call, *arguments):
        async def calling():
            call(*arguments)
        asyncio.run_coroutine_threadsafe(calling(), self._loop).result(120)
