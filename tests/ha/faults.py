# SPDX-License-Identifier: Apache-2.0
"""Plays the faults of a control plane of three machines, while the histories of one
round play their steps. FAULTS has a function for each kind: it begins the fault, and
answers what ends it. There is none before the first step and after the last one."""

import threading
import time

from scenarios.observer import now_ms

from .cluster import PEER

LOST_PERCENT = 35
RATE = "128kbit"
FLAPS = (0.15, 0.4, 0.1, 0.6, 0.3, 0.2)  # seconds, cut and whole in turn

FAULTS = {}


def fault(kind):
    def register(function):
        FAULTS[kind] = function
        return function
    return register


class Faults:
    """play() belongs to a thread that lives on: what it starts again would die with it."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.counts = {}  # kind: times
        self._paused = []  # [begin, end] in ms, of the collector

    def play(self, planned, note=lambda text: None):
        """Returns when all works again: the time (ms)."""
        for drawn in planned:
            time.sleep(drawn.after / 1e3)
            note(str(drawn))
            self.counts[drawn.kind] = self.counts.get(drawn.kind, 0) + 1
            end = FAULTS[drawn.kind](self.cluster, self.cluster.servers[drawn.machine])
            begin = now_ms()
            try:
                time.sleep(drawn.lasts / 1e3)
            finally:
                end()
            if drawn.kind == "collector paused":
                self._paused.append([begin, now_ms()])
        self.cluster.wait_ready()
        note("the control plane is whole again")
        return now_ms()

    def paused(self, ms):
        """Whether the collector was paused at that time."""
        return any(begin <= ms <= end for begin, end in self._paused)


# Processes

@fault("member killed")
def member_killed(_cluster, server):
    server.etcd.stop()
    return server.etcd.start


@fault("member paused")
def member_paused(_cluster, server):
    server.etcd.pause()
    return server.etcd.resume


@fault("API server killed")
def api_server_killed(_cluster, server):
    server.apiserver.stop()
    return server.apiserver.start


@fault("API server paused")
def api_server_paused(_cluster, server):
    server.apiserver.pause()
    return server.apiserver.resume


@fault("quorum lost")
def quorum_lost(cluster, server):
    """One member is left. It may be the one that led."""
    others = [other for other in cluster.servers if other is not server]
    for other in others:
        other.etcd.pause()

    def resume():
        for other in others:
            other.etcd.resume()
    return resume


@fault("collector paused")
def collector_paused(cluster, _server):
    cluster.pause_controller_manager()
    return cluster.resume_controller_manager


# The network: between the member and its peers, or between the machine and everybody

def _dropping(port, **how):
    def cause(_cluster, server):
        server.machine.drop(port=port, **how)
        return server.machine.mend
    return cause


def _flapping(port):
    def cause(_cluster, server):
        over = threading.Event()

        def flap():
            while True:
                for number, seconds in enumerate(FLAPS):
                    server.machine.mend() if number % 2 else server.machine.drop(port=port)
                    if over.wait(seconds):
                        return
        flapping = threading.Thread(target=flap, daemon=True)
        flapping.start()

        def end():
            over.set()
            flapping.join()
            server.machine.mend()
        return end
    return cause


@fault("machine slow")
def machine_slow(_cluster, server):
    server.machine.slow(RATE)
    return server.machine.mend


@fault("member slow")
def member_slow(_cluster, server):
    """It writes what the others have sent it, and answers, by fits and starts."""
    over = threading.Event()

    def stutter():
        while not over.is_set():
            server.etcd.pause()
            over.wait(0.12)
            server.etcd.resume()
            over.wait(0.04)
    stuttering = threading.Thread(target=stutter, daemon=True)
    stuttering.start()

    def end():
        over.set()
        stuttering.join()
        server.etcd.resume()
    return end


for _name, _port in (("member", PEER), ("machine", None)):
    fault(f"{_name} cut off")(_dropping(_port))
    fault(f"{_name} deaf")(_dropping(_port, outwards=False))
    fault(f"{_name} mute")(_dropping(_port, inwards=False))
    fault(f"{_name} lossy")(_dropping(_port, percent=LOST_PERCENT))
    fault(f"{_name} flapping")(_flapping(_port))
