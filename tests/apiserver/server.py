# SPDX-License-Identifier: Apache-2.0
"""The fake API server in a thread of its own: one store, and any number of
endpoints to it. An endpoint is a port with rules of its own, so that each candidate can
have its own faults. All methods may be called from any thread."""

import asyncio
import contextlib
import secrets
import socket
import ssl
import threading
import time
from dataclasses import dataclass

from controlplane.process import free_port

from .http1 import Http1
from .http2 import Http2
from .rules import Exchange, Rule, seen
from .service import Answer
from .status import failure
from .store import Store
from .wire import Gone

HOST = "127.0.0.1"


@dataclass
class Settings:
    """What kind of server stands behind an endpoint.

    host             its address
    http1            HTTP/1.1 alone
    initial_events   false: refuses them as servers before Kubernetes 1.32 do
    bookmark_s       seconds between a watch's regular bookmarks"""
    host: str = HOST
    http1: bool = False
    initial_events: bool = True
    bookmark_s: float = 60.0


class Server:
    """Use as `with Server(authority) as server`; authority: see controlplane.keys; hosts: addresses that its endpoints
    may have. Clients need an endpoint's url, ca_file and token."""

    def __init__(self, authority, hosts=(HOST,)):
        self.ca_file = authority.cert
        self.token = secrets.token_hex(16)
        self.store = Store()
        self.broken = []  # exceptions in the server itself
        pair = authority.serving("fake-apiserver", ["IP:" + host for host in hosts])
        self.contexts = {http1: _context(pair, http1) for http1 in (False, True)}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fake-apiserver", daemon=True)
        self._doors = []

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        for endpoint in list(self._doors):
            endpoint.close()
        self.run(_end_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def run(self, coroutine):
        """In the server's loop; its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    def do(self, act, *arguments, **more):
        """A method of the store, such as server.do("create", "pods", "ns", {…})."""
        async def call():
            return getattr(self.store, act)(*arguments, **more)
        return self.run(call())

    def endpoint(self, **settings):
        """Another port; settings as in Settings."""
        endpoint = Endpoint(self, Settings(**settings))
        self._doors.append(endpoint)
        return endpoint

    def forget(self, endpoint):
        if endpoint in self._doors:
            self._doors.remove(endpoint)


async def _end_all():
    """What is left of answers, so that nothing is destroyed while it waits."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _context(pair, http1):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.cert, pair.key)
    context.set_alpn_protocols(["http/1.1"] if http1 else ["h2", "http/1.1"])
    return context


class Endpoint:
    """url, host, port; seen: the requests (rules.Seen) that came in, in their order."""

    def __init__(self, server, settings):
        self.server, self.settings = server, settings
        self.store = server.store
        self.host, self.port = settings.host, 0
        self.rules, self.seen = [], []
        self._context = server.contexts[settings.http1]
        self._ignored = []  # what befalls the next connections: True: never answered, False: closed at once
        self._listener = self._accepting = None
        self._tasks = set()
        self._closed = False
        self._begin()
        self.url = f"https://{self.host}:{self.port}"

    def _begin(self):
        """Somebody else may take a free port before us."""
        for attempt in range(10):
            self.port = free_port()
            try:
                return self.server.run(self._open())
            except OSError:
                if attempt == 9:
                    raise

    # For tests

    def add(self, fault, **match):
        """A rule; its fields as in rules.Rule."""
        rule = Rule(fault, **match)
        self.rules.append(rule)
        return rule

    def close(self):
        """No connection, old or new."""
        self.server.run(self._close_all())
        self.server.forget(self)

    # For faults, in the loop

    def shut(self, seconds):
        """Connections are refused for so long."""
        self._shut()
        asyncio.get_running_loop().call_later(seconds, lambda: self._keep(self._open()))

    def ignore(self, connections, hold):
        """The next ones get no TLS: they stay open in silence, or end at once."""
        self._ignored += [hold] * connections

    # Inside

    async def _open(self):
        if self._closed:
            return
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.host, self.port))
        listener.listen(64)
        listener.setblocking(False)
        self._listener = listener
        self._accepting = self._keep(self._accept())

    def _shut(self):
        if self._listener is not None:
            self._accepting.cancel()
            self._listener.close()
            self._listener = None

    async def _close_all(self):
        self._closed = True
        self._shut()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _keep(self, coroutine):
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task):
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.server.broken.append(task.exception())

    async def _accept(self):
        while True:
            connection, _ = await asyncio.get_running_loop().sock_accept(self._listener)
            self._keep(self._meet(connection))

    async def _meet(self, connection):
        if self._ignored:
            with connection:
                if self._ignored.pop(0):
                    await asyncio.sleep(60)
            return
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        try:
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, connection, ssl=self._context)
        except (OSError, ssl.SSLError):
            return
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        chosen = writer.get_extra_info("ssl_object").selected_alpn_protocol()
        with contextlib.suppress(OSError):
            await (Http2 if chosen == "h2" else Http1)(reader, writer, self).run()

    # For connections

    def is_early(self, request):
        return any(rule.early and not rule.used_up and rule.fits(request) for rule in self.rules)

    async def answer(self, reply, request):
        """One request. What goes wrong here is the server's own fault, and told to the test."""
        exchange = Exchange(self, request, reply)
        rule = next((rule for rule in self.rules if rule.take(request)), None)
        self.seen.append(seen(request, reply, rule is not None))
        try:
            if rule is not None:
                await rule.fault(exchange)
            elif request.headers.get("authorization") != "Bearer " + self.server.token:
                await exchange.serve(Answer(401, failure(401, "Unauthorized")))
            else:
                await exchange.serve(exchange.carry_out())
        except Gone:
            pass
        except Exception as error:
            self.server.broken.append(error)
            raise


def wait_hits(rule, count, seconds, stop=lambda: False):
    """Until the rule has acted so often; False when stop() says so before, or after so long."""
    deadline = time.monotonic() + seconds
    while len(rule.hits) < count:
        if stop() or time.monotonic() > deadline:
            return False
        rule.changed.clear()
        if len(rule.hits) < count:
            rule.changed.wait(0.1)
    return True
