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

    def drop_answer(self, count=1, connection=False, code=0, **match):
        """Forwards, waits for the answer, then breaks without answering. code:
        that of HTTP/2's RST_STREAM (0: INTERNAL_ERROR)."""
        return self.add("drop-answer", count=count, code=code, **{"break": _break(connection)}, **match)

    def refuse(self, count=1, connection=False, code=0, **match):
        """Breaks without forwarding."""
        return self.add("refuse-before", count=count, code=code, **{"break": _break(connection)}, **match)

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

    def unavailable(self, code=503, retry_after=None, **more):
        """Answers 429 or 5xx as a server that has too much to do. retry_after: seconds."""
        reason = {429: "TooManyRequests", 500: "InternalError", 503: "ServiceUnavailable", 504: "Timeout"}.get(code, "")
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return self.answer(code, status(code, reason, "the test has said so"), headers, **more)

    def gone(self, **more):
        """Answers 410, as to a version that is too old."""
        return self.answer(410, GONE, **more)

    # What happens to an answer on its way. With now=True it happens at once, to
    # all that are open and match (watches, most of all), and to none that come.

    def hold_answer(self, ms=0, count=1, **match):
        """Forwards at once; the answer comes after ms, or at release()."""
        return self.add("hold-answer", ms=ms, count=count, **match)

    def cut(self, after=0, connection=False, code=0, **more):
        """Breaks the answer off after so many bytes of its body. code: of RST_STREAM."""
        return self._strike("cut", bytes=after, code=code, **{"break": _break(connection)}, **more)

    def silence(self, after=0, connection=False, **more):
        """The answer stays open, but after so many bytes nothing comes until
        release(). connection: its client connection swallows every byte in both
        directions from now on, for good, as a half-open one does; a request that
        begins this is not forwarded."""
        return self._strike("silence", bytes=after, **{"break": _break(connection)}, **more)

    def event(self, kind, item, after=0, end=False, **more):
        """Puts an event into a watch, between two lines; end: and ends the watch."""
        body = json.dumps({"type": kind, "object": item})
        return self._strike("event", bytes=after, body=body, end=end, **more)

    def gone_event(self, **more):
        """Ends a watch as the server does when its version has become too old."""
        return self.event("ERROR", GONE, end=True, **more)

    def slow(self, piece=1, ms=0, count=0, **match):
        """Passes answers on in pieces of so many bytes, each flushed, with ms after each."""
        return self.add("slow", bytes=piece, ms=ms, count=count, **match)

    def goaway(self, code=0, now=False, count=0, **match):
        """The client is to leave its connection: `Connection: close` on an answer,
        as the API server's --goaway-chance has it, for which HTTP/2 sends GOAWAY
        and closes when all streams have ended. now: a frame GOAWAY with that code
        on each connection with a matching open request; nothing is closed."""
        return self.add("goaway", code=code, now=now, count=count, **match)

    def _strike(self, action, now=False, count=None, **rule):
        return self.add(action, now=now, count=(0 if now else 1) if count is None else count, **rule)

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


GONE = status(410, "Expired", "too old resource version: 1 (2)")
