# SPDX-License-Identifier: Apache-2.0
"""What bench/ measures in Python: a candidate as the README has it. It says `standby` and `leader`, each with
CLOCK_MONOTONIC in milliseconds. SIGTERM makes it give back.

    python3 candidate.py LOCK [OPTION=VALUE...]"""

import signal
import sys
import time


def say(word):
    print(f"{word} {time.monotonic() * 1e3:.3f}", flush=True)


def main(lock, *options):
    import leaderlife  # here, so that who measures the start has all of it

    election = leaderlife.Election(lock)
    for option in options:
        election.set_option(*option.split("=", 1))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with election:
        election.start()
        said = ""
        while said != "leader":
            election.wait()
            election.raise_if_ended()
            now = "leader" if election.is_leader else "standby" if election.is_ready else ""
            if now and now != said:
                say(now)
                said = now
        while election.is_leader:
            election.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
