# SPDX-License-Identifier: Apache-2.0
"""How long `import leaderlife` takes, beside Python alone and `import kubernetes`: new processes in turn, so that what
disturbs one disturbs all, and the median of each.

    python bench/import_time.py [RUNS]

A module that this Python does not have is said to be missing, and left out."""

import importlib.util
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = 10
PROGRAMS = {"python": "pass", "leaderlife": "import leaderlife", "kubernetes": "import kubernetes"}


def milliseconds(program, environment):
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
    return 1000 * (time.perf_counter() - began)


def measure(programs, runs):
    """{name: times}, after one run that fills the caches and is not counted. Modules are compiled once, as they are
    when pip has installed them."""
    times = {name: [] for name in programs}
    with tempfile.TemporaryDirectory() as compiled:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for turn in range(runs + 1):
            for name, program in programs.items():
                taken = milliseconds(program, environment)
                if turn > 0:
                    times[name].append(taken)
    return times


def main(arguments):
    runs = int(arguments[0]) if arguments else RUNS
    missing = [name for name in PROGRAMS if name != "python" and importlib.util.find_spec(name) is None]
    for name in missing:
        print(f"{name}: MISSING, not measured")
    times = measure({name: program for name, program in PROGRAMS.items() if name not in missing}, runs)
    bare = statistics.median(times["python"])
    print(f"Python {platform.python_version()}, medians of {runs} alternating runs:")
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"{name:12} {median:8.1f} ms  (+{median - bare:.1f} over Python alone, "
              f"{min(taken):.1f} to {max(taken):.1f})")


if __name__ == "__main__":
    main(sys.argv[1:])
