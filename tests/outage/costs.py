# SPDX-License-Identifier: Apache-2.0
"""What an outage costs each candidate, by its own counters: lines of a table, and a
limit that a loop without a pause exceeds and sound retries do not come near."""

import statistics
import time

COUNTERS = ("requests", "failures", "wakeups", "loops")
# Per second and candidate. No measure: a loop without a pause makes thousands.
MOST = {"requests": 20, "loops": 100}


class Meter:
    """Runs from its making to stop(). groups: {label: a guard.candidate_group.CandidateGroup}."""

    def __init__(self, groups):
        self._groups = groups
        self._since = time.monotonic()
        self._before = {process: process.do("counters") for process in self._processes()}

    def _processes(self):
        return [process for group in self._groups.values() for process in group.files]

    def stop(self):
        """What each spent per minute: {(label, role): [{counter: …}]}. Whoever came later began at 0."""
        minutes = (time.monotonic() - self._since) / 60
        spent = {}
        for label, group in self._groups.items():
            for process in group.files:
                now, before = process.do("counters"), self._before.get(process, {})
                rates = {name: (now[name] - before.get(name, 0)) / minutes for name in COUNTERS}
                role = "leader" if process in group.leading() else process.state
                spent.setdefault((label, role), []).append(rates)
        return spent


def show(report, title, spent, most=MOST):
    """Lines for the end of the run, median and greatest value of each; then nobody may have spun."""
    report(f"{title}; per candidate and minute (median, max):")
    report("  who       role       number  requests      failures      wake-ups      turns of the loop")
    for (label, role), rows in spent.items():
        columns = [[row[name] for row in rows] for name in COUNTERS]
        cells = [f"{statistics.median(column):.0f}, {max(column):.0f}" for column in columns]
        report(f"  {label:<9} {role:<10} {len(rows):<7} " + " ".join(f"{cell:<13}" for cell in cells))
    for (label, role), rows in spent.items():
        for name, limit in most.items():
            worst = max(row[name] for row in rows) / 60
            assert worst < limit, f"{label}, {role}: {worst:.1f} {name} per second, not less than {limit:.1f}"
