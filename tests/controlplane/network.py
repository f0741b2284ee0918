# SPDX-License-Identifier: Apache-2.0
"""A network namespace for processes of a test, with addresses of its own, from
which the API server is reached as from anywhere: at its address on 127.0.0.1.
What connects there passes through a Unix socket in the file system, which is in
no network namespace."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading

from .fixtures import require
from .process import _die_with_parent

INSIDE = """\
import asyncio, subprocess, sys
port, path, *addresses = sys.argv[1:]
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
for address in addresses:
    subprocess.run(["ip", "address", "add", address, "dev", "lo"], check=True)

async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()

async def relay(reader, writer):
    try:
        far_reader, far_writer = await asyncio.open_unix_connection(path)
    except OSError:
        writer.close()
        return
    await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

async def main():
    server = await asyncio.start_server(relay, "127.0.0.1", int(port))
    print("ready", flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


class Network:
    """Use as `with Network(server, "10.99.0.1/32") as network`, server a Cluster or a Proxy; words(…) are the words
    that run a program there. port: where the API server is reached there, if not at its own."""

    def __init__(self, server, *addresses, suite="controlplane", port=None):
        self._target = (server.host, server.port)
        self._port = port or server.port
        self._addresses, self._suite = addresses, suite
        self._directory = tempfile.mkdtemp(prefix="leaderlife-network-")
        self._path = os.path.join(self._directory, "socket")
        self._loop = asyncio.new_event_loop()

    def __enter__(self):
        missing = [tool for tool in ("unshare", "nsenter", "ip") if not shutil.which(tool)]
        if missing:
            require(self._suite, f"no network namespaces without {', '.join(missing)}: install util-linux and iproute2")
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(30)
        self._inside = subprocess.Popen(
            ["unshare", "--net", sys.executable, "-c", INSIDE, str(self._port), self._path, *self._addresses],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=_die_with_parent)
        if self._inside.stdout.readline() != "ready\n":
            error = self._inside.communicate(timeout=30)[1]
            self._close()
            require(self._suite, f"network namespaces cannot be made here: {error.strip()}")
        return self

    def __exit__(self, *_):
        self._close()

    def words(self, *command):
        return ["nsenter", f"--net=/proc/{self._inside.pid}/ns/net", "--", *command]

    def _close(self):
        self._inside.kill()
        self._inside.communicate()
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        shutil.rmtree(self._directory)

    async def _listen(self):
        self._server = await asyncio.start_unix_server(self._relay, self._path)

    async def _end(self):
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _relay(self, reader, writer):
        with contextlib.suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection(*self._target)
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        writer.close()


async def _pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
