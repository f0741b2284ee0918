# SPDX-License-Identifier: Apache-2.0
"""Hand-over: from what befalls the leader until the next one says that it leads, in milliseconds."""

import contextlib
import random
import threading
import time

from . import elections, figures, local_subjects, subjects
from .events import DEAD, KILLED_HERE, LATE, RESIGNED, RESTORED, RESUMED, STOPPED
from .fleet import Fleet, LocalFleet
from .program import now_ms

LATE_S = 1.0


def hand_over(fleet, event):
    """How long it took, in ms; then a standby more."""
    since = getattr(fleet, event)()
    took = fleet.next_leader(since) - since
    fleet.refill()
    return took


def resume(fleet):
    """The process is killed and at once started again in its pod: from then until it leads."""
    files = fleet.files[fleet.leader]
    fleet.leader.kill()
    fleet.leader = fleet.join(files, mode="resume")
    return fleet.leader.wait("leader") - fleet.leader.began


def restore(fleet):
    """The lock is deleted by hand under a living leader: until there is one again, as a watch of ours shows."""
    back, watching = [], threading.Event()
    version = fleet.space.lock_object()["metadata"]["resourceVersion"]

    def watch():
        query = {"fieldSelector": f"metadata.name={fleet.lock}", "resourceVersion": version,
                 "sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
        with contextlib.closing(fleet.space.admin.watch(fleet.space.path("configmaps"), query, timeout=60)) as events:
            for event in events:
                if event["type"] == "BOOKMARK":
                    watching.set()
                elif event["type"] == "ADDED" and watching.is_set():
                    back.append(now_ms())
                    return
    thread = threading.Thread(target=watch)
    thread.start()
    watching.wait(60)
    began = now_ms()
    fleet.space.admin.delete(fleet.space.lock_path)
    thread.join(60)
    time.sleep(0.3)
    return back[0] - began


class Handover:
    """cluster, directory: where; sizes: how much; keep(event=…, subject=…, standbys=…, values=…): takes times."""

    def __init__(self, cluster, directory, sizes, keep):
        self.cluster, self.directory, self.sizes, self._keep = cluster, directory, sizes, keep

    def keep(self, event, subject, values, standbys=1):
        self._keep(**figures.times(event, subject, values, standbys))

    def fleet(self, subject, standbys=1):
        return contextlib.closing(Fleet(self.cluster, self.directory, subject, standbys))

    def in_turn(self, event, measured, act, rounds):
        """measured: [(subject, standbys)]. What disturbs one disturbs all: they take turns."""
        with contextlib.ExitStack() as stack:
            fleets = [stack.enter_context(self.fleet(*each)) for each in measured]
            taken = [[] for _ in fleets]
            for number in range(rounds):
                for at in sorted(range(len(fleets)), reverse=number % 2 == 1):
                    taken[at].append(act(fleets[at]))
        for (subject, standbys), values in zip(measured, taken):
            self.keep(event, subject, values, standbys)

    def anew(self, event, measured, act, rounds):
        """Like in_turn, each on a lock of its own: a leader whose lock is deleted again and again puts it back later
        each time (P9)."""
        taken = [[] for _ in measured]
        for _ in range(rounds):
            for each, values in zip(measured, taken):
                with self.fleet(*each) as fleet:
                    values.append(act(fleet))
        for (subject, standbys), values in zip(measured, taken):
            self.keep(event, subject, values, standbys)

    def slow_peers(self, peers, number):
        """peers: [(event, subject, act, fleet of a subject)]. Most of the time they wait, so all do at once, on so many
        locks each, every one of which has one hand-over."""
        with contextlib.ExitStack() as stack:
            fleets = [[stack.enter_context(contextlib.closing(fleet_of(subject))) for _ in range(number)]
                      for _, subject, _, fleet_of in peers]
            time.sleep(max(subject.retries_s for _, subject, _, _ in peers) * self.sizes["steady"])
            since = {}
            for (_, _, act, _), those in zip(peers, fleets):
                for fleet in those:
                    time.sleep(random.uniform(0, 0.2))
                    since[fleet] = getattr(fleet, act)()
            for (event, subject, _, _), those in zip(peers, fleets):
                self.keep(event, subject, [fleet.next_leader(since[fleet]) - since[fleet] for fleet in those])

    @contextlib.contextmanager
    def without_collector(self):
        self.cluster.pause_controller_manager()
        try:
            yield
        finally:
            self.cluster.resume_controller_manager()
            self.cluster.wait_for_collector()

    def late_collector(self, fleet):
        """Stopped when the pod goes, back a second later."""
        self.cluster.pause_controller_manager()
        since = fleet.lose_pod()
        time.sleep(LATE_S)
        self.cluster.resume_controller_manager()
        took = fleet.next_leader(since) - since
        self.cluster.wait_for_collector()
        fleet.refill()
        return took

    def run(self):
        ours, n = subjects.ours(), self.sizes["takeovers"]
        languages = [ours[name] for name in self.sizes["languages"]]
        usual = [(subject, 1) for subject in languages]
        in_c = [(ours["c"], 1)]
        self.in_turn(DEAD, [(subjects.Floor(), 1), *usual, *((ours["c"], size) for size in self.sizes["standbys"])],
                     lose_pod, n)
        with self.without_collector():
            self.in_turn(STOPPED, [(subjects.Floor(), 1), *in_c], lose_pod, n)
        self.in_turn(LATE, [(subjects.Floor(), 1), *in_c], self.late_collector,
                     self.sizes["rare"])
        self.in_turn(RESIGNED, [(subjects.Floor("lock"), 1), *(each for each in usual if each[0].resigns)], resign, n)
        self.in_turn(RESUMED, [(subjects.Floor(), 1), *usual], resume, n)
        self.anew(RESTORED, [(subjects.Floor("restore"), 1), *in_c],
                  restore, self.sizes["rare"])
        if self.sizes["peers"]:
            self.peers()

    def peers(self):
        with contextlib.ExitStack() as stack:
            url = stack.enter_context(local_subjects.etcd(self.cluster.binary, self.directory))
            port = stack.enter_context(local_subjects.redis(self.directory))

            def in_pods(subject):
                return Fleet(self.cluster, self.directory, subject)

            def alone(subject):
                return LocalFleet(self.directory, subject)

            def with_redbeat(_subject):
                return LocalFleet(self.directory, local_subjects.redbeat(port))
            stores = [local_subjects.etcdctl(url, "lock"), local_subjects.etcdctl(url, "elect"),
                      local_subjects.redis_lock(port)]
            redbeat = local_subjects.redbeat(port)
            clients = elections.elections()
            self.slow_peers([*((DEAD, each, "lose_pod", in_pods) for each in clients),
                             *((DEAD, each, "crash", alone) for each in stores),
                             (DEAD, redbeat, "crash", with_redbeat)], self.sizes["peers"])
            clients = [elections.Lease(True), elections.Peering()]
            self.slow_peers([*((RESIGNED, each, "resign", in_pods) for each in clients),
                             *((RESIGNED, each, "resign", alone) for each in stores),
                             (RESIGNED, redbeat, "resign", with_redbeat)], self.sizes["peers"])


def lose_pod(fleet):
    return hand_over(fleet, "lose_pod")


def resign(fleet):
    return hand_over(fleet, "resign")


class OnThisMachine:
    """The embedded lock and flock(1): the leader's process is killed."""

    def __init__(self, _cluster, directory, sizes, keep):
        self.directory, self.sizes, self.keep = directory, sizes, keep

    def run(self):
        measured = [*local_subjects.ours(), local_subjects.flock(self.directory)]
        with contextlib.ExitStack() as stack:
            fleets = [stack.enter_context(contextlib.closing(LocalFleet(self.directory, each))) for each in measured]
            taken = [[] for _ in fleets]
            for _ in range(self.sizes["takeovers"]):
                for fleet, values in zip(fleets, taken):
                    values.append(hand_over(fleet, "crash"))
        for subject, values in zip(measured, taken):
            self.keep(**figures.times(KILLED_HERE, subject, values))
