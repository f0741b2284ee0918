# SPDX-License-Identifier: Apache-2.0
"""The short form: waits until this process leads, and leads until it is told to
end (SIGTERM, Ctrl-C) or has lost.

    python blocking.py LOCK [NAME=VALUE]...        with those options
"""

import os
import signal
import sys
import time

import leaderlife


def main(lock, *words):
    # An exception, so that the `with` block ends and gives the lock back; unlike the signal itself, which ends the
    # process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"{os.getpid()}: waiting", flush=True)
    options = {name.replace("-", "_"): value for name, _, value in (word.partition("=") for word in words)}
    with leaderlife.become(lock, **options) as leader:
        print(f"{os.getpid()}: became leader, token {leader.token}", flush=True)
        while True:
            time.sleep(1)  # your work


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: blocking.py LOCK [NAME=VALUE]...")
    try:
        main(*sys.argv[1:])
    except leaderlife.LeaderLifeError as error:
        sys.exit(f"{os.getpid()}: {error}")
