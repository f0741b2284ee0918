# SPDX-License-Identifier: Apache-2.0
"""An asyncio service: every replica answers over HTTP, one of them works.

    python asyncio_service.py LOCK [PORT]       (on one machine: another PORT for each)

    GET /readyz   200 as soon as this replica could take over, not only when it leads: else a rolling update would
                  wait for ever for the new pod, and the new pod for the end of the old one
    GET /livez    200 unless its work has not come round for a minute; nobody answers where the whole process hangs.
                  Kubernetes ends the container then: nobody else may lead as long as a leader lives, hung or not
    GET /leader   who leads, as this replica sees it

SIGTERM stops the work first and gives the lock back then, so the next replica leads in milliseconds.
../kubernetes/python/deployment.yaml runs it in a cluster.
"""

import asyncio
import functools
import signal
import sys
import time

import leaderlife.aio

ROUND_S = 60  # the longest that a round of the work may take
last_round = float("inf")  # when it came round last: never, where it has not begun


async def work(token):
    """What only the leader does. Cancelled at SIGTERM, and when the lead is lost."""
    global last_round
    while True:
        last_round = time.monotonic()
        print(f"working, token {token}", flush=True)
        await asyncio.sleep(1)


def answer(election, path):
    if path == "/readyz":
        if election.is_ready:
            return "200 OK", "ready"
        return "503 Service Unavailable", election.error_text or "not ready"
    if path == "/livez":
        hangs = time.monotonic() - last_round > ROUND_S
        return ("503 Service Unavailable", "the work hangs") if hangs else ("200 OK", "alive")
    if path == "/leader":
        return "200 OK", election.holder or "nobody"
    return "404 Not Found", "try /readyz, /livez or /leader"


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
    await election.while_leading(work)


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
