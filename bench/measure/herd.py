# SPDX-License-Identifier: Apache-2.0
"""Many standbys of one lock: what a hand-over costs the API server, and what it costs when all begin at once, and when
the API server comes back."""

import contextlib
import time
from collections import Counter

from . import subjects
from .costs import cpu_s, requests
from .events import MOST_SOON, RETURN
from .fleet import Fleet
from .program import now_ms

SOON_S, RETURN_S = 2.0, 10.0  # after the API server's return
QUIET_S = 1.0  # so long after the last who stands by nothing more is asked; no measure


class Herd:
    """keep(…): takes rows of numbers."""

    def __init__(self, cluster, directory, sizes, keep):
        self.cluster, self.directory, self.sizes, self._keep = cluster, directory, sizes, keep
        self.size, self.subject = sizes["herd"], subjects.ours()["c"]

    def keep(self, event, numbers):
        self._keep(subject=event, who="ours", standbys=self.size, numbers=numbers)

    def run(self):
        with contextlib.closing(Fleet(self.cluster, self.directory, self.subject, standbys=0)) as fleet:
            self.keep("all standbys started at once", self.spent(fleet, self.start))
            for number in range(1, 1 + self.sizes["herd_handovers"]):
                self.keep(f"hand-over {number}", self.spent(fleet, self.hand_over))
                fleet.refill()
            self.keep(RETURN, self.restart(fleet))

    def start(self, fleet):
        files = [fleet.pod_files() for _ in range(self.size)]
        mark, cpu, since = self.cluster.audit_mark(), cpu_s(self.cluster.apiserver.pid), now_ms()
        fleet.standbys += [fleet.join(each) for each in files]
        fleet.settle()
        return mark, cpu, {"ms until all stand by": fleet.stood_at - since}

    def hand_over(self, fleet):
        mark, cpu = self.cluster.audit_mark(), cpu_s(self.cluster.apiserver.pid)
        since = fleet.lose_pod()
        return mark, cpu, {"ms until one leads": fleet.next_leader(since) - since}

    def spent(self, fleet, act):
        """Of that act, and of what it causes."""
        mark, cpu, found = act(fleet)
        time.sleep(QUIET_S)
        return {**found, **self.asked(fleet, mark), "API server CPU s": cpu_s(self.cluster.apiserver.pid) - cpu}

    def asked(self, fleet, mark):
        entries = self.cluster.audit_since(mark, fleet.space.user)
        return {"requests": len(entries), **requests(entries),
                "conflicts": sum(entry.code == 409 for entry in entries),
                "most of one": max(Counter(entry.pod for entry in entries).values(), default=0)}

    def restart(self, fleet):
        """Until a standby leads, whose leader's pod is deleted as soon as the API server is there."""
        self.cluster.stop_apiserver()
        mark = self.cluster.audit_log.mark()
        self.cluster.start_apiserver()
        pid = self.cluster.apiserver.pid
        cpu, since = cpu_s(pid), fleet.lose_pod()
        found = {"ms until one leads": fleet.next_leader(since) - since}
        _sleep_until(since, SOON_S)
        soon = self.asked(fleet, mark)
        _sleep_until(since, RETURN_S)
        return {**found, **self.asked(fleet, mark), "API server CPU s": cpu_s(pid) - cpu,
                MOST_SOON: soon["most of one"]}


def _sleep_until(since, seconds):
    time.sleep(max(0.0, seconds - (now_ms() - since) / 1e3))
