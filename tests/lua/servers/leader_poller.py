# SPDX-License-Identifier: Apache-2.0
"""Asks several servers in turn who leads, all the time, and checks their answers."""

import threading

from controlplane.process import wait_for

from .server import HANG_S

ENOUGH = 40


class LeaderPoller(threading.Thread):
    """Use as `with LeaderPoller(servers)`. Each answer is made after the one before it was read, and tokens grow from
    term to term: so a token that is less than one that was read before is that of a second leader."""

    def __init__(self, *servers):
        super().__init__(daemon=True)
        self.servers = servers
        self.read = []  # (server's name, token), in order
        self.heard = {server.name: [] for server in servers}  # tokens, None between them
        self.asked = 0
        self._wanted = True
        self._failure = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            wait_for("enough answers", lambda: self._failure or self.asked > ENOUGH, HANG_S)
        self._wanted = False
        self.join()
        if kind is None:
            self.check()

    def run(self):
        try:
            while self._wanted:
                for server in self.servers:
                    token = server.token()
                    self.asked += 1
                    if self.heard[server.name][-1:] != [token]:
                        self.heard[server.name].append(token)
                    if token is not None and self.read[-1:] != [(server.name, token)]:
                        self.read.append((server.name, token))
        except BaseException as failure:  # it belongs to the test
            self._failure = failure

    def check(self):
        if self._failure is not None:
            raise self._failure
        tokens = [token for _, token in self.read]
        assert tokens == sorted(tokens), f"two leaders at once: {self.read}"
        owners = {}
        for name, token in self.read:
            assert owners.setdefault(token, name) == name, f"two servers with one token: {self.read}"
