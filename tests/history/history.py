# SPDX-License-Identifier: Apache-2.0
"""One random history from its beginning to its verdict. The phases (set_up,
play, settle) are separate, so that many histories go through them together."""

import time
from datetime import datetime

from controlplane.process import wait_for
from scenarios.observer import HANG, now_ms

from .actions import ACTIONS
from .checker import HistoryChecker
from .pod_fleet import PodFleet

GUARD = 2 * HANG  # for liveness; backoff, lost writes and late deaths (P10, P15, P4 d) all end much sooner


class History:
    """guard: seconds for liveness. objects: lock and record are judged, too,
    which only a candidate that is real keeps."""

    actions, fleet_type, checker_type = ACTIONS, PodFleet, HistoryChecker

    def __init__(self, shared, plan, name, guard=GUARD, objects=True):
        self.shared, self.plan, self.name = shared, plan, name
        self.checker = self.checker_type()
        self.fleet = None
        self.played = {}  # kind: [played, had nobody to play it on]
        self.put_backs = 0
        self.leaderless = None  # ms from the last fault until somebody led
        self._guard, self._objects = guard, objects
        self._later = []  # (steps to go, call)
        self._rules = []
        self._removed = None  # (FleetPod of the leader, UID of the object) by hand
        self._mended = None  # ms
        self._mark = shared.cluster.audit_log.mark()

    # The phases

    def set_up(self):
        self.fleet = self.fleet_type(self.shared, self.checker, self.plan.proxied, self.name)
        for member in self.plan.members:
            self.fleet.make_pod(member.name, member.on_node, member.processes)

    def play(self):
        for number, step in enumerate(self.plan.steps, 1):
            time.sleep(step.pause / 1e3)
            self._run_later()
            self.checker.note(f"step {number}, {step}")
            skipped = self.actions[step.kind](self, step) is False
            self.played.setdefault(step.kind, [0, 0])[skipped] += 1
            if skipped:
                self.checker.note(f"step {number} had nobody to be played on")
            self._ask_all()
            self.checker.check()
        self.mend()

    def mend(self):
        """All that is broken is whole again, whoever was stopped goes on, and there is a candidate at least."""
        self.checker.note("all faults are mended")
        self._remove_rules()
        while self._later:
            self._run_later()
        for fleet_pod in self.fleet.fleet_pods:
            if fleet_pod.terminating:
                self.fleet.let_end(fleet_pod)
        for process in self.fleet.living():
            if self.checker.fleet_pods[process].left_behind:
                self.fleet.again(process)
        if not self.fleet.eligible():
            self.fleet.make_pod(self.fleet.new_name(), False, 1)
        self._mended = now_ms()

    def settle(self, calm_since):
        """Exactly one of them comes to lead, and all others stand by. calm_since: ms, or None, of the outages."""
        if self.fleet.tell_ends():
            self._mended = now_ms()
        self.checker.wait("one leader, the others standing by", self._settled, self._guard)
        last_fault = max(self._mended, calm_since or 0)
        with self.checker.changed:
            begin = max(term.begin for term in self.checker.terms if term.end is None)
        self.leaderless = max(0.0, begin - last_fault)
        for process, expected in self._ask_all():
            process.reply(expected)
        if self._objects:
            self._check_objects()
        for process in sorted(self.checker.processes, key=lambda process: process in self.checker.leading()):
            process.end()
        self.checker.check()
        if self.checker.losses:
            self.checker.check_losses(self._writers_since)
        self.fleet.clear()

    def _settled(self):
        eligible, leading = self.fleet.eligible(), self.checker.leading()
        return len(leading) == 1 and leading[0] in eligible and all(
            process.state == "standby" for process in eligible if process is not leading[0])

    def _check_objects(self):
        """Lock and record name the leader; the token that they show is the leader's (P11)."""
        found = wait_for(f"{self.name}: lock and record that name the leader", self.fleet.standing, HANG)
        self.note_put_backs(found)
        _, _, record = found
        shown = record["metadata"]["annotations"].get("leaderlife.dev/token") or record["metadata"]["resourceVersion"]
        with self.checker.changed:
            token = next(term.token for term in self.checker.terms if term.end is None)
        assert shown == token, f"the record shows token {shown}, the leader has {token} (P11)"
        wait_for(f"{self.name}: all who stand by to know the holder", lambda: self._all_know(found[0]), HANG)

    def _all_know(self, leaders_pod):
        """Those who are queued behind a process of their own pod (P12) look at nothing else, so they are not asked."""
        name = leaders_pod.pod.name
        return all(process.do("state")["holder"] == name for process in self.fleet.eligible()
                   if len(self.checker.fleet_pods[process].living()) == 1)

    # For the steps

    def later(self, steps, call):
        """Before so many more steps than the next one, or when all is mended."""
        self._later.append((steps, call))

    def _run_later(self):
        due = [call for steps, call in self._later if steps <= 0]
        self._later = [(steps - 1, call) for steps, call in self._later if steps > 0]
        for call in due:
            call()

    def add_rule(self, identity):
        self._rules.append(identity)

    def _remove_rules(self):
        for identity in self._rules:
            self.fleet.proxy.remove(identity)
        self._rules.clear()

    def removed(self, fleet_pod, found):
        """By hand, under a leader that will put it back."""
        self._removed = fleet_pod, found["metadata"]["uid"]

    def note_put_backs(self, standing):
        """Counts what the leader under whom it was removed has put back."""
        fleet_pod, *objects = standing
        if self._removed and fleet_pod is self._removed[0]:
            self.put_backs += self._removed[1] not in [found["metadata"]["uid"] for found in objects]
        self._removed = None

    def _ask_all(self):
        """What they answer, the checker compares with what they have told. Returns what waits for the replies."""
        return [(process, process.send("state")) for process in self.fleet.living() if not process.frozen]

    # For the verdict

    def _writers_since(self, uid, begin, end):
        """UIDs of the pods whose writes to lock or record may have been committed after that pod's record write that
        began a term, and before `end` (ms)."""
        offset = time.time() * 1e3 - now_ms()
        writes = [entry for entry in self.shared.cluster.audit_log.entries(self._mark)
                  if entry.namespace == self.fleet.namespace.name and entry.resource in ("configmaps", "leases")
                  and entry.verb in ("create", "update", "delete") and not 400 <= entry.code < 500]
        claims = [_finished(entry) for entry in writes if _pod_uid(entry) == uid and entry.resource == "leases"
                  and _finished(entry) <= begin + offset]
        claimed = max(claims, default=begin + offset)
        return {_pod_uid(entry) for entry in writes
                if _finished(entry) <= end + offset and (claimed <= _finished(entry) or not _has_ended(entry))}

    def abandon(self):
        """After a failure."""
        for process in self.checker.processes:
            process.abandon()


def _finished(entry):
    """In ms since the epoch."""
    return datetime.fromisoformat(entry.raw["stageTimestamp"]).timestamp() * 1e3


def _has_ended(entry):
    """Else the API server was killed before it knew, and etcd may have carried it out later."""
    return entry.raw["stage"] != "RequestReceived"


def _pod_uid(entry):
    return entry.raw["user"].get("extra", {}).get("authentication.kubernetes.io/pod-uid", [""])[0]
