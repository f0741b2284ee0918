# SPDX-License-Identifier: Apache-2.0
"""Checks a random history by what the candidates say and by the lives of their
pods. What the observer of the scenarios knows (one leader, greater tokens, no
end by itself) holds here too; the rules added are those that need to know the
pods, as only the program that plays the history does."""

from scenarios.observer import Observer, Violation, now_ms


class _Test:
    name = "test"


_TEST = _Test()
_NOTE = {"event": "log", "id": "history", "level": "does", "state": None, "holder": None, "status": None, "token": None}


class HistoryChecker(Observer):
    """`fleet_pods`: process: its FleetPod (pod_fleet.py)."""

    def __init__(self):
        super().__init__()
        self.fleet_pods = {}
        self.losses = []  # (term or None, process, line); causes() judges them
        self._broken = []

    def open_term(self, process, id="main"):
        with self.changed:
            return next((term for term in self.terms
                         if term.process is process and term.handle.id == id and term.end is None), None)

    # What is said

    def take(self, process, line):
        with self.changed:
            led = self.open_term(process, line["id"])
            super().take(process, line)
            # What is read after it was killed it has said before: its term has been closed meanwhile.
            if line.get("reply") == "state" and line.get("is_leader") and process.alive:
                self._take_leaders_state(process, line)
            if line.get("event") == "state" and line["state"] == "failed" and not self.fleet_pods[process].forced:
                self._broken.append(f"{process} has failed, though for no reason that is final (P15): {line['text']}")
            if line.get("event") == "state" and line["state"] == "lost":
                self.losses.append((led, process, line))
            if line.get("event") == "state" and line["state"] in ("resigning", "resigned", "closed", "lost"):
                self.fleet_pods[process].gives_back(line["since"])
            if line.get("event") == "notice" and "terminating; it does not campaign" in line["text"]:
                self.fleet_pods[process].gives_back(line["ms"])  # what it had claimed (P2)

    def _take_leaders_state(self, process, line):
        term = self.open_term(process, line["id"])
        if term is None:
            self._broken.append(f"{process} says that it leads, which it never told")
        elif line["token"] != term.token:
            self._broken.append(f"the token changed within a term (P11): {term}; now {line['token']}")

    def note(self, text):
        """What the test does, among what the candidates say."""
        with self.changed:
            self.lines.append((_TEST, {**_NOTE, "ms": now_ms(), "text": text}))

    # What must hold

    def check(self):
        with self.changed:
            super().check()
            for fault in self._broken:
                raise Violation(fault)
            last = None
            for term in sorted(self.terms, key=lambda term: term.begin):
                self._check_pod(term)
                if last is not None:
                    self._check_succession(last, term)
                last = term

    def _check_pod(self, term):
        over = self.fleet_pods[term.process].over
        if over is not None and term.begin >= over:
            raise Violation(f"a term began in a pod whose life was over since {over:.3f} (P4): {term}")

    def _check_succession(self, last, term):
        """The next leader lives in the same pod, or the last one's pod is dead, or has given back (P3, P8)."""
        fleet_pod = self.fleet_pods[last.process]
        if fleet_pod is self.fleet_pods[term.process] or fleet_pod.ended_before(term.begin) or last.end is None:
            return
        if not fleet_pod.gave_back_between(last.begin, term.begin):
            raise Violation(f"taken over from a pod that lives and has not given back (P3, P7): {last}; then {term}")

    def check_losses(self, writers_since):
        """Each LOST must have had a cause (P9). writers_since(uid, begin, end) are the UIDs of the pods that may have
        written lock or record between the claim of that pod, which led since `begin`, and `end`."""
        for term, process, line in list(self.losses):
            if term is None:
                raise Violation(f"{process} lost what it did not have: {line['text']}")
            fleet_pod = self.fleet_pods[process]
            others = writers_since(fleet_pod.pod.uid, term.begin, line["ms"]) - {fleet_pod.pod.uid}
            if not fleet_pod.ended_before(line["ms"]) and not others:
                raise Violation(f"{process} is LOST without a cause (P9): {line['text']}; {term}")

    def last_pod(self):
        """Of whoever leads, or has led last; None before the first term."""
        with self.changed:
            last = max(self.terms, key=lambda term: term.begin, default=None)
        return last and self.fleet_pods[last.process]

    # What the figures need

    def handovers(self):
        """How many terms began in another pod than the one before."""
        fleet_pods = [self.fleet_pods[term.process] for term in sorted(self.terms, key=lambda term: term.begin)]
        return sum(fleet_pod is not before for before, fleet_pod in zip(fleet_pods, fleet_pods[1:]))
