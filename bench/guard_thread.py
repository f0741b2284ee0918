# SPDX-License-Identifier: Apache-2.0
"""What it costs that a thread looks after the lock that leaderlife.become() has won, beside on_lost=None: new processes
in turn, on the embedded lock, and the median of each.

    python bench/guard_thread.py [RUNS [SECONDS]]

Seconds: how long each sleeps as the leader, while its wake-ups are counted."""

import json
import platform
import statistics
import subprocess
import sys

RUNS, SECONDS = 5, 20
PROGRAM = """
import json, os, sys, time
import leaderlife

def status():
    found = {}
    for thread in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{thread}/status") as file:
            found[thread] = dict(line.split(":", 1) for line in file)
    return found

def wakeups():
    return sum(int(each["voluntary_ctxt_switches"]) for each in status().values())

began = time.perf_counter()
leader = leaderlife.become(f"bench-{os.getpid()}", backend="local", on_lost=None if sys.argv[1] == "None" else "auto")
became = 1000 * (time.perf_counter() - began)
time.sleep(1)
before = wakeups()
processor = time.process_time()
time.sleep(float(sys.argv[2]))
print(json.dumps({"become, ms": became, "threads": len(status()),
                  "resident, KiB": int(status()[str(os.getpid())]["VmRSS"].split()[0]),
                  "wake-ups a minute": (wakeups() - before - 1) * 60 / float(sys.argv[2]),
                  "processor, ms a minute": 60000 * (time.process_time() - processor) / float(sys.argv[2])}))
"""


def measure(on_lost, seconds):
    out = subprocess.run([sys.executable, "-c", PROGRAM, on_lost, str(seconds)], check=True, capture_output=True)
    return json.loads(out.stdout)


def main(arguments):
    runs = int(arguments[0]) if arguments else RUNS
    seconds = float(arguments[1]) if len(arguments) > 1 else SECONDS
    found = {"None": [], "auto": []}
    for _ in range(runs):
        for on_lost, each in found.items():
            each.append(measure(on_lost, seconds))
    print(f"Python {platform.python_version()}, medians of {runs} alternating runs of {seconds:g} s:")
    print(f"{'':24}{'on_lost=None':>14}{'as it is':>14}")
    for name in found["auto"][0]:
        medians = (statistics.median(run[name] for run in each) for each in found.values())
        print(f"{name:24}" + "".join(f"{median:14.1f}" for median in medians))


if __name__ == "__main__":
    main(sys.argv[1:])
