# SPDX-License-Identifier: Apache-2.0
"""Outages of the whole control plane while the histories of one round play
their steps. There is none before the first step and after the last one."""

import time

from scenarios.observer import now_ms


class Outages:
    """play() belongs to a thread that lives on: what it starts again would die with it."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.counts = {}  # kind: times
        self._paused = []  # [begin, end] in ms, of the collector

    def play(self, planned):
        """Returns when all works again: the time (ms), or None if nothing happened."""
        begin = time.monotonic()
        resume_at = None
        for outage in planned:
            resume_at = self._wait(begin + outage.at / 1e3, resume_at)
            self.counts[outage.kind] = self.counts.get(outage.kind, 0) + 1
            if outage.kind == "collector paused":
                resume_at = self._pause(time.monotonic() + 1 + outage.lasts / 1e3, resume_at)
            else:
                CAUSE[outage.kind](self.cluster, outage.lasts / 1e3)
        if resume_at:
            self._wait(resume_at, resume_at)
        return now_ms() if planned else None

    def _wait(self, until, resume_at):
        """Sleeps until then. Resumes the collector meanwhile when it is time. Returns when to resume it; None: it
        runs."""
        if resume_at and resume_at <= until:
            time.sleep(max(0.0, resume_at - time.monotonic()))
            self.cluster.resume_controller_manager()
            self._paused[-1][1] = now_ms()
            resume_at = None
        time.sleep(max(0.0, until - time.monotonic()))
        return resume_at

    def _pause(self, until, resume_at):
        """Pauses the collector, and with it all other controllers."""
        if not resume_at:
            self.cluster.pause_controller_manager()
            self._paused.append([now_ms(), float("inf")])
        return max(until, resume_at or 0)

    def paused(self, ms):
        """Whether the collector was paused at that time."""
        return any(begin <= ms <= end for begin, end in self._paused)


def _api_server(graceful):
    def cause(cluster, seconds):
        cluster.stop_apiserver(graceful)
        time.sleep(seconds)
        cluster.start_apiserver()
    return cause


def _stall(cluster, seconds):
    cluster.pause_apiserver()
    time.sleep(seconds)
    cluster.resume_apiserver()


def _etcd(cluster, seconds):
    cluster.stop_etcd()
    time.sleep(seconds)
    cluster.start_etcd()


CAUSE = {"API server killed": _api_server(False), "API server restarted": _api_server(True),
         "API server stalled": _stall, "etcd killed": _etcd}
