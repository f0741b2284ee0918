# SPDX-License-Identifier: Apache-2.0
"""Groups of candidates that go through one outage together: each has a lock, a namespace
and a way to the API server of its own."""

import time

from controlplane.pods import Namespace
from controlplane.process import wait_for
from controlplane.proxy import Proxy
from guard.candidate_group import CandidateGroup
from scenarios.observer import HANG, now_ms

SIZES = {"HTTP/2": 20, "HTTP/1.1": 5}


def make_group(candidates, commands, label, proxy=None, options=None):
    """An empty one. No two groups of a test may have the same label."""
    lock = "lock-" + label.lower().replace("/", "-")  # the observer tells locks by their names
    return CandidateGroup(candidates, Namespace(candidates.cluster, lock=lock), proxy, options, commands)


def fill(group, size):
    for _ in range(size):
        group.join()


def rest(observer):
    """Waits until nobody has said anything for a second: no request is under way."""
    def quiet():
        with observer.changed:
            return now_ms() - observer.lines[-1][1]["ms"] > 1000
    wait_for("a second of silence", quiet, HANG)


class CandidateGroups:
    """Use as `with CandidateGroups(candidates, commands) as groups`. `all` is {label: CandidateGroup}, all of them
    settled."""

    def __init__(self, candidates, commands):
        self.candidates = candidates
        self._commands = commands
        self._http1 = Proxy(candidates.cluster, http1=True)
        self.all = {}

    def __enter__(self):
        self._http1.start()
        self.add("HTTP/2", SIZES["HTTP/2"])
        self.add("HTTP/1.1", SIZES["HTTP/1.1"], proxy=self._http1)
        return self

    def __exit__(self, *_):
        self._http1.stop()

    def add(self, label, size, **how):
        """One more group, of which one leads."""
        self.all[label] = make_group(self.candidates, self._commands, label, **how)
        fill(self.all[label], size)
        self.all[label].settle(1)
        return self.all[label]

    def live(self, seconds, leaders):
        """They do so for a while, and in every group the one that led leads, and nobody else. leaders: {label:
        process or None}."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.candidates.observer.check()
            for label, leader in leaders.items():
                leading = self.all[label].leading()
                assert leading == ([leader] if leader else []), f"{label}: {[str(one) for one in leading]} lead"
            time.sleep(0.1)

    def leaders(self):
        return {label: group.leader() for label, group in self.all.items()}

    def settle(self):
        """All are at rest, and no term has begun."""
        for group in self.all.values():
            group.settle(len(group.terms()))

    def hand_over(self):
        """In each group the leader's process dies and its pod is deleted; returns how long that took, for people."""
        took = []
        for label, group in self.all.items():
            at = group.pod_deleted(len(group.terms()) + 1)
            took.append(f"{label} {group.terms()[-1].begin - at:.0f} ms")
        return ", ".join(took)
