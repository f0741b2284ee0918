# SPDX-License-Identifier: Apache-2.0
"""The lock of redis-py, with a timeout of 10 s that is renewed, as it must be for whoever leads for long. SIGTERM
gives it back.

    python redis_lock.py PORT LOCK"""

import signal
import sys
import time

import redis

TIMEOUT_S = 10


def say(word):
    print(f"{word} {time.monotonic() * 1e3:.3f}", flush=True)


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
lock = redis.Redis(port=int(sys.argv[1])).lock(sys.argv[2], timeout=TIMEOUT_S)
if not lock.acquire(blocking=False):
    say("standby")
    lock.acquire()
say("leader")
try:
    while True:
        time.sleep(TIMEOUT_S / 3)
        lock.reacquire()
finally:
    lock.release()
