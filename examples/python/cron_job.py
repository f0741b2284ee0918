# SPDX-License-Identifier: Apache-2.0
"""A script that cron starts on several pods (or several times on one machine) at the same minute, and that works in one
of them.

    */5 * * * *  python cron_job.py [LOCK [HOLD]]

The others end after 5 s, with status 0. HOLD: seconds (30) for which the lock is kept at least, also where the work was
quicker: longer than those 5 s and what the clocks of the pods differ by, else one that is late would work a second
time; and shorter than from one start to the next.
"""

import signal
import sys
import time

import leaderlife
import ticks

WAIT_S = 5  # for the answer of a slow cluster


def main(lock="cron-job", hold="30"):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    try:
        leader = leaderlife.become(lock, timeout=WAIT_S, on_lost="exit")
    except TimeoutError as error:
        print(f"nothing to do: {error}")
        return
    with leader:
        ticks.tick(leader.token)  # your work
        time.sleep(max(0, began + float(hold) - time.monotonic()))


if __name__ == "__main__":
    main(*sys.argv[1:])
