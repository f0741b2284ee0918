# SPDX-License-Identifier: Apache-2.0
"""Runs the fault proxy before a cluster's API server and speaks to its control
port. What the rules mean is in rules.go."""

import http.client
import json
import os
import secrets
import subprocess

from . import components
from .client import Client
from .process import Process, ProcessError, wait_for


class Proxy:
    """Use as `with Proxy(cluster) as proxy`; candidates then get proxy.url as
    their server. `serving` (a keys.Pair) replaces the good certificate, `ca_file`
    the authority that candidates then trust."""

    def __init__(self, cluster, http1=False, serving=None, ca_file=None):
        name = "proxy-" + secrets.token_hex(4)
        if serving is None:
            serving = cluster.authority.serving(name)
        self.host = components.HOST
        self.ca_file = ca_file or cluster.ca_file
        self.port = self.url = self._control_port = None
        directory = os.path.join(cluster.directory, name)
        os.makedirs(directory)
        self.process = Process("proxy", components.proxy(
            cluster.binary, cluster.url, cluster.ca_file, serving, http1), directory)
        cluster.attach(self)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self.process.start(stdout=subprocess.PIPE)
        line = self.process.child.stdout.readline()
        if not line:
            raise ProcessError("the proxy did not start\n" + self.process.log_tail())
        ports = json.loads(line)
        self.port = int(ports["listen"].rpartition(":")[2])
        self.url = f"https://{self.host}:{self.port}"
        self._control_port = int(ports["control"].rpartition(":")[2])

    def stop(self):
        self.process.stop()

    def pause(self):
        """Freezes every connection through it: open, but silent."""
        self.process.pause()

    def resume(self):
        self.process.resume()

    def _call(self, method, target, body=None):
        connection = http.client.HTTPConnection(self.host, self._control_port, timeout=10)
        try:
            connection.request(method, target, json.dumps(body) if body else None)
            answer = connection.getresponse()
            value = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status >= 300:
            raise ValueError(f"proxy: {value['error']}")
        return value

    def client(self, pod):
        """A Client with the pod's rights whose requests pass through here."""
        return Client(self.url, self.ca_file, token=pod.token())

    def add(self, action, **rule):
        """Adds a rule and returns its id. Matching: method, path, query, user,
        pod (regular expressions; user and pod are those of a bound token, empty
        for other credentials), skip, count (0 is no limit). The first rule that
        matches and is not used up acts. See the helpers below for the rest."""
        return self._call("POST", "/rules", {"action": action, **rule})["id"]

    def drop_answer(self, count=1, connection=False, **match):
        """Forwards, waits for the answer, then breaks without answering."""
        return self.add("drop-answer", count=count, **{"break": _break(connection)}, **match)

    def refuse(self, count=1, connection=False, **match):
        """Breaks without forwarding."""
        return self.add("refuse-before", count=count, **{"break": _break(connection)}, **match)

    def hold(self, ms=0, detach=False, count=1, **match):
        """Holds back for ms, or until release() where ms is 0. detach: forwards
        it even if the client has gone, as a write that commits late."""
        return self.add("hold", ms=ms, detach=detach, count=count, **match)

    def answer(self, code, body=None, headers=None, count=1, **match):
        """Answers by itself. body: an object, sent as JSON, or a string."""
        if body is None:
            body = status(code)
        text = body if isinstance(body, str) else json.dumps(body)
        return self.add("status", code=code, body=text, headers=headers or {}, count=count, **match)

    def rules(self):
        """All rules: dicts with id, hits, held and what they were added with."""
        return self._call("GET", "/rules")

    def rule(self, identity):
        return next(rule for rule in self.rules() if rule["id"] == identity)

    def remove(self, identity=None):
        """Removes one rule, or all. Requests that it holds go on."""
        self._call("DELETE", "/rules" + (f"/{identity}" if identity else ""))

    def release(self, identity, count=0):
        """Lets held requests go on, the oldest `count`, or all; returns how many."""
        return self._call("POST", f"/rules/{identity}/release?count={count}")["released"]

    def requests(self, since=0):
        """The requests seen: dicts with seq, time, connection, proto, method,
        path, query, user, pod, rule, state and code (see rules.go)."""
        return self._call("GET", f"/requests?since={since}")

    def wait_hits(self, identity, hits=1, timeout=10.0):
        """Waits until a rule has taken so many requests."""
        wait_for(f"{hits} hits of rule {identity}",
                 lambda: self.rule(identity)["hits"] >= hits, timeout)

    def wait_held(self, identity, held=1, timeout=10.0):
        """Waits until a rule holds exactly so many requests."""
        wait_for(f"{held} requests held by rule {identity}",
                 lambda: self.rule(identity)["held"] == held, timeout)


def _break(connection):
    return "connection" if connection else "stream"


def status(code, reason="", message="", **more):
    """A Status object as the API server sends it for a failure."""
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "code": code, "reason": reason, "message": message, **more}
