# SPDX-License-Identifier: Apache-2.0
"""One replica of an example: the process that plays its pod's container, with
that pod's token, and what it says and answers."""

import http.client
import re
import signal
import subprocess

from controlplane.pods import running
from controlplane.process import Process, wait_for

HANG_S = 60


class Replica:
    """port: where it answers HTTP, if it does. number: which of the test's."""

    def __init__(self, pod, command, directory, environment, port, number):
        self.pod = pod
        self.port = port
        files = pod.candidate()
        with open(files.token_file, encoding="ascii") as file:
            self.secret = file.read()
        self.process = Process(f"{pod.name}-{number}", command, str(directory), {**environment, **files.environment()})
        self.process.start()

    def __str__(self):
        return f"{self.pod.name} (pid {self.process.pid})"

    # What it says

    def log(self):
        with open(self.process.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def said(self, pattern):
        """All that matches; of a pattern with a group, the group."""
        return re.findall(pattern, self.log(), re.MULTILINE)

    def hear(self, pattern, count=1):
        """Waits until it has been said that often; returns the last."""
        return self.process.wait_until(f"{pattern} x {count}", lambda: len(self.said(pattern)) >= count
                                       and self.said(pattern), HANG_S)[-1]

    # What it answers

    def get(self, path, timeout=HANG_S):
        """(status, text); None while nobody listens, and where nobody answers in time."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode().strip()
        except (ConnectionError, TimeoutError):
            return None
        finally:
            connection.close()

    def ready(self):
        """What the kubelet would ask."""
        return self.get("/readyz")

    def wait_ready(self):
        self.process.wait_until("ready", lambda: (self.ready() or (0,))[0] == 200, HANG_S)

    # How it ends

    def terminate(self, patience=HANG_S):
        """By SIGTERM, and after so many seconds by SIGKILL; how it has ended."""
        self.process.child.send_signal(signal.SIGTERM)
        try:
            return self.process.child.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.child.kill()
            return self.ended()

    def ended(self):
        return self.process.child.wait(HANG_S)

    def die(self):
        """Killed with its pod, as by a kubelet that has had enough."""
        self.process.child.kill()
        self.process.child.wait(HANG_S)
        self.pod.delete(grace=0)


def pod_that_runs(namespace, name):
    pod = namespace.pod(name)
    pod.set_status(phase="Running", containerStatuses=[running()])
    return pod


def split(replicas, leads):
    """(the one that leads, the others), as soon as one does."""
    wait_for("a leader", lambda: any(leads(replica) for replica in replicas), HANG_S)
    leader, = [replica for replica in replicas if leads(replica)]
    return leader, [replica for replica in replicas if replica is not leader]
