# SPDX-License-Identifier: Apache-2.0
"""An asyncio service: every replica answers over HTTP, one of them works.

    python asyncio_service.py LOCK [PORT]       (on one machine: another PORT for each)

    GET /readyz   200 as soon as this replica could take over, not only when it leads: else a rolling update would
                  wait for ever for the new pod, and the new pod for the end of the old one
    GET /leader   who leads, as this replica sees it

SIGTERM stops the work first and gives the lock back then, so the next replica leads in milliseconds.
../manifests/asyncio-service.yaml runs it in a cluster.
"""

import asyncio
import functools
import signal
import sys

import leaderlife.aio


async def work(token):
    """What only the leader does. Cancelled at SIGTERM, and when the lead is lost."""
    while True:
        print(f"working, token {token}", flush=True)
        await asyncio.sleep(1)


def answer(election, path):
    if path == "/readyz":
        return ("200 OK", "ready") if election.is_ready else ("503 Service Unavailable", election.error_text or "not ready")
    if path == "/leader":
        return "200 OK", election.holder or "nobody"
    return "404 Not Found", "try /readyz or /leader"


async def serve(election, reader, writer):
    """One connection: one question, one answer."""
    try:
        question = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).split()
        status, text = answer(election, question[1].decode(errors="replace"))
        body = f"{text}\n".encode()
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        await writer.drain()
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.TimeoutError, ConnectionError, IndexError):
        pass  # a caller that speaks no HTTP, or that did not wait
    finally:
        writer.close()


async def lead(election):
    """For as long as the process lives; LostError ends it, and Kubernetes starts the container again."""
    await election.become()
    await election.while_leading(work(election.token))


async def main(lock, port):
    election = leaderlife.aio.Election(lock)
    # The lock goes back before the server ends, which may wait for slow callers.
    async with await asyncio.start_server(functools.partial(serve, election), port=port), election:
        leading = asyncio.ensure_future(lead(election))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leading.cancel)
        try:
            await leading
        except asyncio.CancelledError:
            print("told to end", flush=True)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: asyncio_service.py LOCK [PORT]")
    asyncio.run(main(sys.argv[1], int((*sys.argv, 8080)[2])))
