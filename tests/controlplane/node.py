# SPDX-License-Identifier: Apache-2.0
"""A hollow node: the kubelet's own code over a runtime that only pretends to
run containers. Pods assigned to it become Running and end as on a real node; a
candidate process plays the pod's container."""

import os
import secrets

from . import components
from .process import Process, free_port


class HollowNode:
    """Use as `with HollowNode(cluster) as node`, or start() and stop()."""

    def __init__(self, cluster, name="node-1"):
        self.cluster = cluster
        self.name = name
        directory = os.path.join(cluster.directory, name)
        os.makedirs(directory, exist_ok=True)
        self._kubeconfig = os.path.join(directory, "kubeconfig")
        # A node of its own right, so that the audit log tells it from the admin.
        pair = cluster.authority.client(f"system:node:{name}", ["system:nodes"])
        components.write_kubeconfig(self._kubeconfig, cluster.url, cluster.ca_file, pair=pair)
        self.process = Process(name, components.hollow_node(
            cluster.binary, name, self._kubeconfig, directory, free_port(), free_port()), directory)
        cluster.attach(self)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self, wait=True):
        """Starts it and waits until the node is Ready and takes pods."""
        self.process.start()
        if wait:
            self.process.wait_until("node Ready", self.ready)

    def stop(self):
        """Kills it: the node is lost, its pods stay as they are."""
        self.process.stop()

    def pause(self):
        self.process.pause()

    def resume(self):
        self.process.resume()

    def object(self):
        return self.cluster.admin.find(f"/api/v1/nodes/{self.name}")

    def ready(self):
        node = self.object()
        if node is None or any(taint["key"].startswith("node.kubernetes.io/")
                               for taint in node["spec"].get("taints", [])):
            return False
        conditions = {entry["type"]: entry["status"] for entry in node["status"].get("conditions", [])}
        return conditions.get("Ready") == "True"


class SilentNode:
    """A Node, and no kubelet: the pods on it end when the test says so. On a Node that does not exist they could end at
    any moment: the pod collector looks every 20 s, and removes at once what is on one that it missed 40 s ago, for
    whomever."""

    def __init__(self, cluster):
        self.name = "silent-" + secrets.token_hex(4)
        cluster.admin.create("/api/v1/nodes", {"metadata": {"name": self.name}})
