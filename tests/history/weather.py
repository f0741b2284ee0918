# SPDX-License-Identifier: Apache-2.0
"""What befalls the whole control plane while the histories of one round play
their steps. It is fair before the first step and after the last gust."""

import time

from scenarios.observer import now_ms


class Weather:
    """play() belongs to a thread that lives on: what it starts again would die with it."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.counts = {}  # kind: times
        self._asleep = []  # [begin, end] in ms, of the collector

    def play(self, gusts):
        """Returns when all works again: the time (ms), or None if nothing happened."""
        begin = time.monotonic()
        wake = None
        for gust in gusts:
            wake = self._wait(begin + gust.at / 1e3, wake)
            self.counts[gust.kind] = self.counts.get(gust.kind, 0) + 1
            if gust.kind == "collector asleep":
                wake = self._sleep(time.monotonic() + 1 + gust.lasts / 1e3, wake)
            else:
                STRIKE[gust.kind](self.cluster, gust.lasts / 1e3)
        if wake:
            self._wait(wake, wake)
        return now_ms() if gusts else None

    def _wait(self, until, wake):
        """Sleeps; the collector wakes meanwhile if it is time. Returns when it is to wake, if it still sleeps."""
        if wake and wake <= until:
            time.sleep(max(0.0, wake - time.monotonic()))
            self.cluster.resume_controller_manager()
            self._asleep[-1][1] = now_ms()
            wake = None
        time.sleep(max(0.0, until - time.monotonic()))
        return wake

    def _sleep(self, until, wake):
        """The collector, and with it all other controllers, stands still."""
        if not wake:
            self.cluster.pause_controller_manager()
            self._asleep.append([now_ms(), float("inf")])
        return max(until, wake or 0)

    def asleep(self, ms):
        """Whether the collector slept at that time."""
        return any(begin <= ms <= end for begin, end in self._asleep)


def _api_server(graceful):
    def strike(cluster, seconds):
        cluster.stop_apiserver(graceful)
        time.sleep(seconds)
        cluster.start_apiserver()
    return strike


def _stall(cluster, seconds):
    cluster.pause_apiserver()
    time.sleep(seconds)
    cluster.resume_apiserver()


def _etcd(cluster, seconds):
    cluster.stop_etcd()
    time.sleep(seconds)
    cluster.start_etcd()


STRIKE = {"API server killed": _api_server(False), "API server restarted": _api_server(True),
           "API server stalled": _stall, "etcd killed": _etcd}
