# SPDX-License-Identifier: Apache-2.0
"""Pods whose end takes time, and what the API server showed of it.

The hollow node's pretended runtime ends a container at once, whatever its
grace: such a pod is Succeeded after 0.3 s and gone a second later (seen). What
takes its time on a real node is the container. The kubelet above the runtime is
the real one, though, and it runs a preStop hook itself before it stops the
container, for as long as the grace lasts and not longer (seen: 20.0 s of 20).
So the pods have a hook of kind httpGet that this module answers when the test
wants it to: deletion then takes the course of any container that makes use of
its grace, with the kubelet at work all the time, and the order in which a real
node ends things is kept: first the process ends, then the kubelet says so."""

import http.server
import threading

from scenarios.observer import now_ms


class SlowEnd:
    """Use as `with SlowEnd() as slow_end`. Every pod has a name here."""

    def __init__(self):
        self._may_end = {}
        outer = self

        class Hook(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer._may_end[self.path.strip("/")].wait()
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
        self._server.daemon_threads = True

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        for name in self._may_end:
            self.let_end(name)
        self._server.shutdown()
        self._server.server_close()

    def lifecycle(self, name):
        """A container's `lifecycle` that keeps it from ending until let_end(name)."""
        self._may_end[name] = threading.Event()
        host, port = self._server.server_address[:2]
        return {"preStop": {"httpGet": {"host": host, "port": port, "path": "/" + name}}}

    def let_end(self, name):
        """The kubelet may stop that pod's container now."""
        self._may_end[name].set()


class Observations:
    """All events of one resource in all namespaces from now on, each with the
    time when it was seen, on the clock of the candidates' `ms`."""

    def __init__(self, admin, target, seconds=300):
        self._events = []  # (ms, type, object); the reader only appends
        self._watch = admin.watch(target, {"timeoutSeconds": seconds}, timeout=seconds + 30)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        try:
            for event in self._watch:
                self._events.append((now_ms(), event["type"], event["object"]))
        except OSError:
            pass  # the cluster has ended

    def first(self, condition):
        """The first (ms, type, object) for which condition(type, object) is true, or None."""
        return next(iter(self.all(condition)), None)

    def all(self, condition):
        return [event for event in list(self._events) if condition(*event[1:])]


def is_over(kind, pod):
    """Whether that event says that nothing of the pod runs any more (P4 b, c)."""
    statuses = pod["status"].get("containerStatuses", [])
    ended = (pod["status"].get("phase") in ("Succeeded", "Failed") and statuses
             and not any("running" in status["state"] for status in statuses))
    return kind == "DELETED" or bool(ended)
