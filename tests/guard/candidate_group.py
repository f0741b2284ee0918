# SPDX-License-Identifier: Apache-2.0
"""Candidates for one lock, each in a pod of its own, and the ways in which
leadership is taken from the one that has it."""

from controlplane.pods import terminated
from scenarios.observer import now_ms


class CandidateGroup:
    """Those who take part, and how leadership is taken from one of them. By
    default they live in the one namespace of the fixture `candidates`. No two groups of
    a test may have a lock of the same name. commands: candidate programs,
    which join in turn."""

    def __init__(self, candidates, namespace=None, proxy=None, options=None, commands=(None,)):
        self.candidates = candidates
        self.observer = candidates.observer
        self.namespace = namespace or candidates.space
        self.proxy = proxy
        self.options = options or {}
        self.commands = commands
        self.files = {}  # process: its pod's files
        self._pods = 0
        self._joined = 0

    def make_pod(self):
        """A pod's files, in which nothing runs yet."""
        self._pods += 1
        return self.candidates.files(f"c{self._pods:02}", self.namespace, self.proxy)

    def join(self, files=None):
        """One more process in a pod of its own; it does not wait for anything."""
        files = files or self.make_pod()
        command = self.commands[self._joined % len(self.commands)]
        self._joined += 1
        process = self.candidates.start(files, self.options, lock=self.namespace.lock, command=command)
        self.files[process] = files
        return process

    def pod(self, process):
        return self.files[process].pod

    def terms(self):
        """All that have begun on this lock."""
        with self.observer.changed:
            return [term for term in self.observer.terms if term.handle.lock == self.namespace.lock]

    def leading(self):
        return [term.process for term in self.terms() if term.end is None]

    def leader(self):
        return self.leading()[0]

    def settle(self, terms):
        """So many terms have begun so far, one leads, all others stand by."""
        def settled():
            leading = self.leading()
            return len(self.terms()) >= terms and len(leading) == 1 and all(
                process.state == "standby" for process in self.files if process is not leading[0])
        self.observer.wait(f"term {terms} of {self.namespace.lock}, one leader, all others standing by", settled)
        assert len(self.terms()) == terms, [str(term) for term in self.terms()[terms - 2:]]

    # One hand-over each. They return when the leader's end could be known, and leave as many behind.

    def pod_deleted(self, terms):
        """Its container is killed, then the pod is deleted; another pod comes at once."""
        leader = self.leader()
        leader.kill()
        at = now_ms()
        self.pod(leader).delete(grace=0)
        del self.files[leader]
        self.join()
        self.settle(terms)
        return at

    def resigned(self, terms):
        """It gives the lock back, and takes part again with a new handle of the same process."""
        leader = self.leader()
        at = now_ms()
        leader.do("resign")
        self.observer.wait(f"{leader} resigned", lambda: leader.state == "resigned")
        leader.do("free")
        leader.do("new", lock=self.namespace.lock, options={
            "log-level": "debug", **self.files[leader].options(), **self.options})
        leader.do("start")
        self.settle(terms)
        return at

    def killed(self, terms):
        """Its container dies and the kubelet says that the pod has failed; another pod comes when all is over."""
        leader = self.leader()
        leader.kill()
        at = now_ms()
        self.pod(leader).set_status(phase="Failed", containerStatuses=[terminated(137)])
        del self.files[leader]
        self.settle(terms)
        self.join()
        self.settle(terms)
        return at
