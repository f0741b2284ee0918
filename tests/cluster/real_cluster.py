# SPDX-License-Identifier: Apache-2.0
"""A cluster of two nodes that run containers, in a sandbox on this machine: the
real control plane with its scheduler, and two real nodes."""

import os
import subprocess

from controlplane import components
from controlplane.cluster import Cluster
from controlplane.process import Process

from .node import Node
from .sandbox import Sandbox

SERVICE = "10.0.0.1"  # where every pod finds the API server, by its environment
NODES = (1, 2)


class RealCluster:
    """Use as `with RealCluster(folder, images) as cluster`. images(): makes the files that every node imports. api:
    the Cluster; nodes: two of them; kubectl(…) runs that command, run(…) any command that finds a kubeconfig, as
    admin."""

    def __init__(self, folder, images):
        self._folder, self._images = folder, images
        addresses = [f"10.77.0.1{number}/32" for number in NODES]
        self.sandbox = Sandbox(folder, f"{SERVICE}/32", *addresses)

    def __enter__(self):
        self.sandbox.__enter__()
        try:
            self._begin()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            if getattr(self, "api", None):
                self.scheduler.stop()
                self.api.close()
        finally:
            self.sandbox.__exit__()

    def _begin(self):
        # As other clusters have it: the port of the service, and the kubelets by their addresses.
        flags = ["--bind-address", "0.0.0.0", "--kubelet-preferred-address-types", "InternalIP"]
        self.api = Cluster(apiserver_flags=flags, port=443, names=[f"IP:{SERVICE}"])
        self.admin = self.api.admin
        self.kubeconfig = os.path.join(self.api.directory, "admin.kubeconfig")
        components.write_kubeconfig(self.kubeconfig, self.api.url, self.api.ca_file, token=self.api.admin_token)
        self.scheduler = Process("kube-scheduler", [
            self.api.binary, "kube-scheduler", "--kubeconfig", self.kubeconfig, "--leader-elect=false",
            "--secure-port", "0"], self.api.directory)
        images = self._images()
        self.nodes = [Node(self.api, self.sandbox, number, images) for number in NODES]
        self.api.start()
        self.scheduler.start()
        for node in self.nodes:
            node.start(wait=False)
        for node in self.nodes:
            node.wait_ready()

    def kubectl(self, *words, given=None, check=True, namespace=None, timeout=120):
        """Its output. given: its input. Where it fails, so does the test, unless check is False."""
        where = ["--namespace", namespace] if namespace else []
        return self.run(self.api.binary, "kubectl", *where, *words, given=given, check=check, timeout=timeout)

    def is_refused(self, token):
        """Whether the API server does not know it any more."""
        return self.api.client(token=token.strip()).raw("GET", "/version/refused")[0] == 401

    def follow(self, pod, namespace):
        """Its output as it comes, each line with its time: a process, whose stdout is to be read."""
        return subprocess.Popen(
            [self.api.binary, "kubectl", "--namespace", namespace, "logs", "--follow", "--timestamps", pod],
            env=self._environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def _environment(self):
        return {"PATH": os.environ.get("PATH", ""), "HOME": self.api.directory, "KUBECONFIG": self.kubeconfig}

    def run(self, *words, given=None, check=True, timeout=120):
        done = subprocess.run(words, input=given, capture_output=True, text=True, check=False, timeout=timeout,
                              env=self._environment())
        assert not check or done.returncode == 0, f"{' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout
