# SPDX-License-Identifier: Apache-2.0
"""A control plane of three machines: on each an etcd member, and an API server that
knows this member alone, as kubeadm makes it. So an API server whose member has
fallen behind serves what is old to those who watch, and one whose member is in the
minority cannot write. A balancer stands before the API servers."""

import http.client
import os

from controlplane import components
from controlplane.audit import AuditLog, write_policy
from controlplane.client import Client
from controlplane.cluster import NAMES, Cluster
from controlplane.process import Process, ProcessError, wait_for
from history.retrying_client import RetryingClient
from scenarios.observer import HANG

from .balancer import Balancer
from .network import Machine

MACHINES = 3
CLIENT, PEER, API = 2379, 2380, 6443  # ports, the same on each machine
_UP_WITHIN = 1.5 * HANG  # seconds, on a machine that does a lot else


class MergedAuditLog:
    """As AuditLog, of several API servers. In no order."""

    def __init__(self, logs):
        self._logs = logs

    def mark(self):
        return [log.mark() for log in self._logs]

    def entries(self, marks):
        return [entry for log, mark in zip(self._logs, marks) for entry in log.entries(mark)]


class Server:
    """One machine with what runs there: `etcd` and `apiserver` are Process objects."""

    def __init__(self, cluster, number, machine, members, files):
        self.number, self.machine = number, machine
        directory = os.path.join(cluster.directory, f"server-{number}")
        os.makedirs(directory)
        self._directory, self._cluster = directory, cluster
        files = {**files, "audit_log": os.path.join(directory, "audit.log")}
        self.audit_log = AuditLog(files["audit_log"])
        self._commands = {
            "etcd": components.etcd(cluster.binary, os.path.join(directory, "etcd"), CLIENT, PEER, machine.address,
                                    f"member-{number}", members),
            "kube-apiserver": components.apiserver(cluster.binary, CLIENT, API, files, machine.address)}
        self.etcd = self.apiserver = None

    def __str__(self):
        return f"machine {self.number}"

    def start(self):
        self.machine.start()
        # Smaller heaps: there are three of each.
        self.etcd, self.apiserver = (Process(name, self.machine.inside(*command), self._directory, {"GOGC": "50"})
                                     for name, command in self._commands.items())
        self.etcd.start()

    def stop(self):
        for process in (self.apiserver, self.etcd):
            if process is not None:
                process.stop()
        self.machine.stop()

    def etcd_ready(self):
        """Whether the member has a leader and takes writes."""
        connection = http.client.HTTPConnection(self.machine.address, CLIENT, timeout=2)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def restarted_and_ready(self):
        for process in (self.etcd, self.apiserver):
            if not process.running():
                process.start()
        return self.ready()

    def ready(self):
        """Whether its API server answers, by a request of its own that reads from etcd, too."""
        admin = Client(f"https://{self.machine.address}:{API}", self._cluster.ca_file,
                       token=self._cluster.admin_token, timeout=5)
        try:
            return admin.raw("GET", "/readyz") == (200, b"ok") and \
                admin.raw("GET", "/api/v1/namespaces/default")[0] == 200
        except (OSError, http.client.HTTPException):
            return False


class HaCluster(Cluster):
    """As Cluster; url and port are those of the balancer, and it has besides:

    servers    a Server for each machine
    balancer   give candidates a seat: seat(first)
    """

    def _prepare(self):
        self.servers = []
        self.machines = [Machine(number, self.directory) for number in range(MACHINES)]
        self.balancer = Balancer([(machine.address, API) for machine in self.machines])
        self.balancer.__enter__()
        self._names = tuple(f"IP:{machine.address}" for machine in self.machines)
        self._port = self.balancer.seat(flushes=False).port
        super()._prepare()
        self.admin = RetryingClient(self)  # the balancer finds no server in time, now and then, on a slow machine
        members = {f"member-{machine.number}": f"http://{machine.address}:{PEER}" for machine in self.machines}
        self.servers = [Server(self, number, machine, members, self._files)
                        for number, machine in enumerate(self.machines)]
        self.audit_log = MergedAuditLog([server.audit_log for server in self.servers])

    def _write_files(self):
        self._files = super()._write_files()
        write_policy(self._files["audit_policy"], begun_writes=True)
        return self._files

    def start(self):
        for server in self.servers:
            server.start()
        for server in self.servers:
            server.etcd.wait_until("ready", server.etcd_ready, _UP_WITHIN)
        # They would fail over the first objects if they made them at the same time.
        self._wait_ready(self.servers[:1])
        for server in self.servers[1:]:
            server.apiserver.start()
        self.wait_ready()
        self.controller_manager.start()
        self.controller_manager.wait_until("garbage collector", self._collector_probe(), _UP_WITHIN)

    def wait_ready(self):
        """Until each API server reads from its etcd member. One that has given up, as it does when it cannot begin, is
        started again, as a kubelet does."""
        self._wait_ready(self.servers)

    @staticmethod
    def _wait_ready(servers):
        for server in servers:
            try:
                wait_for(f"{server}: API server ready", server.restarted_and_ready, _UP_WITHIN)
            except TimeoutError as error:
                raise ProcessError(f"{error}\n{server.apiserver.log_tail()}\n{server.etcd.log_tail()}") from None

    def close(self):
        super().close()
        for server in self.servers:
            server.stop()
        self.balancer.__exit__()

    def seat(self, first):
        """The place of one candidate, or of all in one pod, at the balancer; at first that server serves it."""
        made = self.balancer.seat(first)
        made.ca_file = self.ca_file
        return made
