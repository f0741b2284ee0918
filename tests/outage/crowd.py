# SPDX-License-Identifier: Apache-2.0
"""Crowds that live through one outage together: each has a lock, a namespace
and a way to the API server of its own."""

import time

from controlplane.pods import Namespace
from controlplane.process import wait_for
from controlplane.proxy import Proxy
from guard.relay import Relay
from scenarios.observer import HANG, now_ms

SIZES = {"HTTP/2": 20, "HTTP/1.1": 5}


def crowd(bench, commands, label, proxy=None, options=None):
    """An empty one; no two of a bench may have the same label."""
    lock = "lock-" + label.lower().replace("/", "-")  # the observer tells locks by their names
    return Relay(bench, Namespace(bench.cluster, lock=lock), proxy, options, commands)


def fill(relay, size):
    for _ in range(size):
        relay.join()


def rest(observer):
    """Waits until nobody has said anything for a second: no request is under way."""
    def quiet():
        with observer.changed:
            return now_ms() - observer.lines[-1][1]["ms"] > 1000
    wait_for("a second of silence", quiet, HANG)


class Crowds:
    """Use as `with Crowds(bench, commands) as crowds`. `all` is {label: Relay}, all of them settled."""

    def __init__(self, bench, commands):
        self.bench = bench
        self._commands = commands
        self._http1 = Proxy(bench.cluster, http1=True)
        self.all = {}

    def __enter__(self):
        self._http1.start()
        self.add("HTTP/2", SIZES["HTTP/2"])
        self.add("HTTP/1.1", SIZES["HTTP/1.1"], proxy=self._http1)
        return self

    def __exit__(self, *_):
        self._http1.stop()

    def add(self, label, size, **how):
        """One more crowd, of which one leads."""
        self.all[label] = crowd(self.bench, self._commands, label, **how)
        fill(self.all[label], size)
        self.all[label].settle(1)
        return self.all[label]

    def live(self, seconds, leaders):
        """They do so for a while, and in every crowd the one that led leads, and nobody else. leaders: {label:
        process or None}."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.bench.observer.check()
            for label, leader in leaders.items():
                leading = self.all[label].leading()
                assert leading == ([leader] if leader else []), f"{label}: {[str(one) for one in leading]} lead"
            time.sleep(0.1)

    def leaders(self):
        return {label: relay.leader() for label, relay in self.all.items()}

    def settle(self):
        """All are at rest, and no term has begun."""
        for relay in self.all.values():
            relay.settle(len(relay.terms()))

    def hand_over(self):
        """In each crowd the leader's process dies and its pod is deleted; returns how long that took, for people."""
        took = []
        for label, relay in self.all.items():
            at = relay.pod_deleted(len(relay.terms()) + 1)
            took.append(f"{label} {relay.terms()[-1].begin - at:.0f} ms")
        return ", ".join(took)
