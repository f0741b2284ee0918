# SPDX-License-Identifier: Apache-2.0
"""A control plane as a context manager: starts etcd, kube-apiserver and
kube-controller-manager, stops, stalls and restarts each on demand, and leaves
nothing behind."""

import http.client
import os
import secrets
import signal

from . import components
from .audit import AuditLog, write_policy
from .binary import binary
from .client import Client, path
from .keys import Authority, service_account_keys
from .process import Process, free_port, wait_for
from .workdir import WorkDirectory

_PROBE_NAMESPACE = "default"
# As the usual tools make certificates.
NAMES = ("IP:127.0.0.1", "DNS:localhost", "DNS:kubernetes", "DNS:kubernetes.default", "DNS:kubernetes.default.svc")


class Cluster:
    """Use as `with Cluster() as cluster`.

    url, host, port, ca_file   the API server
    admin, admin_token         a Client that may do everything, and its token
    authority                  the CA (keys.Authority): issues client certificates
    etcd, apiserver, controller_manager   the Process objects (pid, log_path)
    directory                  where logs and keys are, until the end

    manager_flags, apiserver_flags: more flags of kube-controller-manager and of
    kube-apiserver; port: of the latter, else a free one; names: more of its
    certificate.
    """

    def __init__(self, manager_flags=(), apiserver_flags=(), port=None, names=()):
        self.binary = binary()
        self._manager_flags, self._apiserver_flags = list(manager_flags), list(apiserver_flags)
        self._port, self._names = port, names
        self._work = WorkDirectory()
        self.directory = self._work.path
        self._members = []  # nodes and proxies, stopped before the control plane
        try:
            self._prepare()
        except BaseException:
            self._work.close()
            raise

    def _file(self, name):
        return os.path.join(self.directory, name)

    def _prepare(self):
        self.host, self.port = components.HOST, self._port or free_port()
        self.url = f"https://{self.host}:{self.port}"
        self.authority = Authority(self._file("ca"))
        self.ca_file = self.authority.cert
        self.admin_token = secrets.token_hex(16)
        self.admin = Client(self.url, self.ca_file, token=self.admin_token)
        files = self._write_files()
        self.audit_log = AuditLog(files["audit_log"])
        etcd_port = self._etcd_port = free_port()
        self.etcd = self._process("etcd", components.etcd(
            self.binary, self._file("etcd"), etcd_port, free_port()))
        self.apiserver = self._process("kube-apiserver", components.apiserver(
            self.binary, etcd_port, self.port, files) + self._apiserver_flags)
        self.controller_manager = self._process(
            "kube-controller-manager", components.controller_manager(self.binary, files) + self._manager_flags)

    def _write_files(self):
        manager_token = secrets.token_hex(16)
        files = {"ca": self.ca_file, "serving": self.authority.serving("apiserver", hosts=NAMES + tuple(self._names)),
                 "certificates": self.directory, "tokens": self._file("tokens.csv"),
                 "audit_policy": self._file("audit-policy.json"),
                 "audit_log": self._file("audit.log"),
                 "manager_kubeconfig": self._file("manager.kubeconfig")}
        files["sa_private"], files["sa_public"] = service_account_keys(self.directory)
        components.write_tokens(files["tokens"], {
            components.ADMIN: (self.admin_token, "system:masters"),
            components.MANAGER: (manager_token, "")})
        components.write_kubeconfig(files["manager_kubeconfig"], self.url, self.ca_file, manager_token)
        write_policy(files["audit_policy"])
        return files

    def _process(self, name, command):
        return Process(name, command, self.directory)

    # Life

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def start(self):
        self.etcd.start()
        # The API server would come up later if its first dials failed.
        self.etcd.wait_until("ready", self._etcd_ready)
        self.start_apiserver()
        self.start_controller_manager()

    def close(self):
        """Ends every process and removes the directory. May be called twice."""
        for member in reversed(self._members):
            member.stop()
        self._members.clear()
        for process in (self.controller_manager, self.apiserver, self.etcd):
            process.stop()
        self._work.close()

    def attach(self, member):
        """Nodes and proxies register here, so that close() stops them too."""
        self._members.append(member)

    # Faults. A stop is a kill unless graceful; a start waits until it serves.

    def stop_apiserver(self, graceful=False):
        self.apiserver.stop(signal.SIGTERM if graceful else signal.SIGKILL)

    def start_apiserver(self):
        self.apiserver.start()
        self.apiserver.wait_until("ready", self.ready)

    def pause_apiserver(self):
        self.apiserver.pause()

    def resume_apiserver(self):
        self.apiserver.resume()

    def stop_controller_manager(self):
        self.controller_manager.stop()

    def start_controller_manager(self, wait=True):
        self.controller_manager.start()
        if wait:
            self.controller_manager.wait_until("garbage collector", self._collector_probe())

    def pause_controller_manager(self):
        """Stalls the garbage collector and all other controllers."""
        self.controller_manager.pause()

    def resume_controller_manager(self):
        self.controller_manager.resume()

    def stop_etcd(self):
        self.etcd.stop()

    def start_etcd(self):
        self.etcd.start()
        self.apiserver.wait_until("ready after etcd's restart", self.ready)

    def pause_etcd(self):
        self.etcd.pause()

    def resume_etcd(self):
        self.etcd.resume()

    def ready(self):
        """Whether /readyz answers ok now."""
        try:
            return self.admin.raw("GET", "/readyz", timeout=2) == (200, b"ok")
        except OSError:
            return False

    def _etcd_ready(self):
        connection = http.client.HTTPConnection(self.host, self._etcd_port, timeout=2)
        try:
            connection.request("GET", "/health")  # etcd 3.5 has no /readyz
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def wait_for_collector(self):
        """Until the garbage collector has heard of all that there is now: it hears of one resource's objects in their
        order."""
        wait_for("the garbage collector", self._collector_probe())

    def _collector_probe(self):
        """A condition that holds once the collector has collected: its own word
        for being ready is not served. The owner of the probe never existed."""
        target = path("configmaps", _PROBE_NAMESPACE)
        name = "collector-probe-" + secrets.token_hex(4)
        self.admin.create(target, {"metadata": {"name": name, "ownerReferences": [{
            "apiVersion": "v1", "kind": "Pod", "name": name, "uid": secrets.token_hex(16)}]}})
        return lambda: self.admin.find(f"{target}/{name}") is None

    # Observation. The audit calls need the API server to be up; without it read
    # audit_log.mark() and audit_log.entries(mark).

    def audit(self, user=None):
        """All requests so far as audit.Entry, of one user name if given."""
        return self.audit_since(0, user)

    def audit_mark(self):
        """A place in the audit log after all requests that were answered by now."""
        self._settle_audit()
        return self.audit_log.mark()

    def audit_since(self, mark, user=None):
        self._settle_audit()
        entries = self.audit_log.entries(mark)
        return [entry for entry in entries if user in (None, entry.user)]

    def _settle_audit(self):
        """An answer can reach its client shortly before its line is written, so
        wait for the line of a later request."""
        uri = "/version?mark=" + secrets.token_hex(8)
        start = self.audit_log.mark()
        self.admin.raw("GET", uri)
        wait_for("the audit log", lambda: any(
            entry.uri == uri for entry in self.audit_log.entries(start)), timeout=10)

    def client(self, token=None, pair=None):
        """A Client for some other user."""
        return Client(self.url, self.ca_file, token=token, pair=pair)

    def kubectl(self, *arguments):
        """The command line of kubectl as admin, for subprocess.run."""
        return [self.binary, "kubectl", "--server", self.url, "--certificate-authority",
                self.ca_file, "--token", self.admin_token, *arguments]
