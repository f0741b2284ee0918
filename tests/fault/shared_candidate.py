# SPDX-License-Identifier: Apache-2.0
"""A candidate process that several cells of the matrix share. Each cell has handles
of its own in it, and a thread of its own talks to them."""

import json
import os
import threading

from scenarios.candidate import Candidate, Handle
from scenarios.observer import HANG, Observer
from scenarios.places import base_environment


class SharedCandidate(Candidate):
    """Handles are called by ids that no other cell uses. Threads may talk to different handles at the same time."""

    def __init__(self, name, command, directory):
        environment = {"PATH": os.defpath, **base_environment()}
        self._talking = threading.Lock()
        super().__init__(name, command, environment, directory, Observer())

    def send(self, do, id="main", **fields):
        line = json.dumps({"do": do, "id": id, **fields}).encode() + b"\n"
        with self.observer.changed:
            if do == "new":
                self.handles[id] = Handle(id)
                self.handles[id].lock = fields["lock"]
            expected = len(self._replies(id))
        with self._talking:
            self.child.stdin.write(line)
            self.child.stdin.flush()
        return id, expected

    def _replies(self, id):
        return [reply for reply in self.replies if reply["id"] == id and reply["reply"] != "process"]

    def reply(self, expected, timeout=HANG):
        id, count = expected

        def come():
            replies = self._replies(id)
            return replies[count] if len(replies) > count else None
        return self.observer.wait(f"{self}'s reply about {id}", come, timeout)

    def lines(self, id):
        """What that handle has said."""
        with self.observer.changed:
            return [line for _, line in self.observer.lines if line["id"] == id]

    def forget(self, ids):
        """Drops what a cell has said when it is over: every later search would be slower by it."""
        with self.observer.changed:
            self.observer.lines = [pair for pair in self.observer.lines if pair[1]["id"] not in ids]
            self.observer.terms = [term for term in self.observer.terms if term.handle.id not in ids]
            self.replies[:] = [reply for reply in self.replies if reply["id"] not in ids]
            for id in ids:
                self.handles.pop(id, None)
