# SPDX-License-Identifier: Apache-2.0
"""Five candidates of operator-lib and five of ours contend for one lock (P13),
under the conditions in which the rules of both are sound: no two pods share a
name, nobody deletes in the foreground or by hand, no node is lost, nothing is
evicted. A random, seeded history of hand-overs; never do two lead."""

import os
import random
import secrets
import statistics

from scenarios.observer import now_ms

from .operatorlib import running_files

OF_EACH = 5
# The number of times in one history. With all of ours away theirs must take over: it polls
# every 1 to 19 s, so that otherwise one of ours has seen the end long before.
KINDS = {"pod killed and deleted": 8, "pod deleted gracefully": 8, "resigned": 6,
         "container restarted": 8, "ours away": 5}


class MixedGroup:
    """Both sides. files: process: its pod's files; ours: processes of ours."""

    def __init__(self, candidates, theirs, node, random_):
        self.candidates, self.theirs, self.node, self.random = candidates, theirs, node, random_
        self.observer = candidates.observer
        self.files = {}
        self.ours = set()
        self._joined = 0
        self.took = {"ours": [], "operator-lib": []}  # ms from the old leader's end

    def side(self, process):
        return "ours" if process in self.ours else "operator-lib"

    def join(self, ours):
        """A new pod, whose name no other has had, and its process."""
        self._joined += 1
        if ours:
            return self.start(running_files(self.candidates, f"ours-{self._joined:02}", self.node), True)
        return self.start(self.theirs.files(f"theirs-{self._joined:02}", node=self.node), False)

    def start(self, files, ours):
        process = self.candidates.start(files) if ours else self.theirs.start(files)
        self.files[process] = files
        if ours:
            self.ours.add(process)
        return process

    def stop(self, process):
        """Its container is killed."""
        process.kill()
        self.ours.discard(process)
        return self.files.pop(process)

    def leader(self):
        return self.observer.leading()[0]

    def leads_next(self, terms, since=None):
        """The process of that term, which began `since`; all of ours that do not lead stand by."""
        self.observer.wait(f"term {terms}", lambda: len(self.observer.terms) >= terms and self.observer.leading())
        self.observer.wait("ours to stand by", lambda: all(
            process.state in ("standby", "leader") for process in self.ours))
        assert len(self.observer.terms) == terms, [str(term) for term in self.observer.terms[terms - 2:]]
        leader = self.leader()
        if since is not None:
            self.took[self.side(leader)].append(self.observer.terms[-1].begin - since)
        return leader

    # One hand-over each; they leave OF_EACH of both sides behind.

    def killed(self, terms):
        self._end(terms, grace=0)

    def deleted(self, terms):
        self._end(terms, grace=None)

    def _end(self, terms, grace):
        """As a node does it: first the process ends, then the pod goes."""
        leader = self.leader()
        ours = leader in self.ours
        since = now_ms()
        self.stop(leader).pod.delete(grace=grace)
        self.leads_next(terms, since)
        self.join(ours)

    def resigned(self, terms):
        """One of ours gives back and takes part again; one of theirs cannot, and ends."""
        leader = self.leader()
        if leader not in self.ours:
            self.killed(terms)
            return
        since = now_ms()
        leader.do("resign")
        self.observer.wait(f"{leader} resigned", lambda: leader.state == "resigned")
        leader.do("free")
        leader.do("new", lock="lock", options={"log-level": "debug", **self.files[leader].options()})
        leader.do("start")
        self.leads_next(terms, since)

    def restarted(self, terms):
        """The leader's container starts again in its pod and leads on: theirs by its name, ours by its UID."""
        leader = self.leader()
        ours = leader in self.ours
        files = self.stop(leader)
        again = self.start(files, ours)
        assert self.leads_next(terms) is again

    def ours_away(self, terms):
        """None of ours is there for a while, not even as a standby."""
        away = [(process, self.stop(process)) for process in list(self.ours) if process is not self.leader()]
        self.killed(terms)
        for _, files in away:
            self.start(files, True)


CALLS = {"pod killed and deleted": MixedGroup.killed, "pod deleted gracefully": MixedGroup.deleted,
         "resigned": MixedGroup.resigned, "container restarted": MixedGroup.restarted,
         "ours away": MixedGroup.ours_away}


def test_mixed_history(candidates, theirs, hollow_node, report):
    seed = int(os.environ.get("LEADERLIFE_SEED") or secrets.randbelow(2 ** 32))
    print(f"LEADERLIFE_SEED={seed}")
    group = MixedGroup(candidates, theirs, hollow_node, random.Random(seed))
    history = order(group.random)
    group.join(False)
    group.leads_next(1)
    for number in range(1, 2 * OF_EACH):
        group.join(number % 2 == 1)
    led = [group.side(group.leads_next(1))]
    for terms, kind in enumerate(history, 2):
        print(f"hand-over {terms - 1}: {kind}")
        CALLS[kind](group, terms)
        led.append(group.side(group.leader()))
    report(f"mixed with operator-lib, {len(history)} hand-overs, LEADERLIFE_SEED={seed}: "
           + "; ".join(told(group, led, side) for side in ("ours", "operator-lib")))
    assert led.count("ours") > 1 and led.count("operator-lib") > 1, led


def order(random_):
    """Every kind so many times; the rest is drawn."""
    history = [kind for kind, times in KINDS.items() for _ in range(times)]
    random_.shuffle(history)
    return history


def told(group, led, side):
    took = group.took[side]
    led_so_many = f"{side} led {led.count(side)} terms"
    if not took:
        return led_so_many
    return f"{led_so_many} and took over in {statistics.median(took):.0f} ms (median; at most {max(took):.0f} ms)"
