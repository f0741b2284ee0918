# SPDX-License-Identifier: Apache-2.0
"""A node with a real kubelet, containerd and runc, whose pods have addresses of
their own."""

import json
import os
import subprocess

from controlplane import components
from controlplane.node import HollowNode
from controlplane.process import Process, ProcessError, wait_for

PAUSE = "docker.io/library/pause:1"  # the image of the process that keeps a pod's network

_CONTAINERD = """version = 2
root = "{folder}/containerd"
state = "{folder}/state"
[grpc]
address = "{socket}"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{pause}"
restrict_oom_score_adj = true
max_container_log_line_size = 16384
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "{folder}/cni"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = false
"""


def _network(name, number, folder):
    bridge = {"type": "bridge", "bridge": f"bridge{number}", "isGateway": True, "hairpinMode": True, "ipam": {
        "type": "host-local", "dataDir": f"{folder}/addresses", "routes": [{"dst": "0.0.0.0/0"}],
        "ranges": [[{"subnet": f"10.88.{number}.0/24"}]]}}
    return {"cniVersion": "0.4.0", "name": name, "plugins": [bridge]}


_READY_S = 120

# The minor version of the first kubelet that knows a setting; an older one refuses it.
_SINCE = {"podLogsDir": 30, "failCgroupV1": 31, "crashLoopBackOff": 32}


def minor_version(binary):
    said = subprocess.run([binary, "kubelet", "--version"], capture_output=True, text=True, check=True).stdout
    return int(said.split(".")[1])


def _kubelet(socket, folder, address, ca_file, minor):
    settings = {
        "kind": "KubeletConfiguration", "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "address": address, "port": 10250, "readOnlyPort": 0, "healthzPort": 0,
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False},
                           "x509": {"clientCAFile": ca_file}},
        "authorization": {"mode": "AlwaysAllow"},
        "containerRuntimeEndpoint": f"unix://{socket}", "podLogsDir": f"{folder}/logs",
        "volumePluginDir": f"{folder}/plugins",
        "cgroupDriver": "cgroupfs", "cgroupsPerQOS": False, "enforceNodeAllocatable": [], "failSwapOn": False,
        "failCgroupV1": False, "localStorageCapacityIsolation": False, "makeIPTablesUtilChains": False,
        "oomScoreAdj": 0,
        "resolvConf": "", "imageGCHighThresholdPercent": 100, "clusterDomain": "cluster.local",
        "evictionHard": {signal: "0%" for signal in ("memory.available", "nodefs.available", "nodefs.inodesFree",
                                                     "imagefs.available", "imagefs.inodesFree")},
        "nodeStatusUpdateFrequency": "2s", "syncFrequency": "10s",
        # In a crash loop people wait for up to 5 minutes.
        "crashLoopBackOff": {"maxContainerRestartPeriod": "2s"},
    }
    return {name: value for name, value in settings.items() if _SINCE.get(name, 0) <= minor}


class Node(HollowNode):
    """start() begins runtime and kubelet; containerd and process (the kubelet) are Process objects that may be
    stopped and started alone. number: 1, 2, …, of this node."""

    def __init__(self, cluster, sandbox, number, images):
        self.cluster, self.sandbox, self.images = cluster, sandbox, images
        self.name = f"node-{number}"
        self.address = f"10.77.0.1{number}"
        self.folder = os.path.join(cluster.directory, self.name)
        os.makedirs(os.path.join(self.folder, "cni"))
        self._socket = os.path.join(self.folder, "containerd.sock")
        self.containerd = Process(f"{self.name}-containerd", sandbox.words(
            "containerd", "--config", self._write("containerd.toml", _CONTAINERD.format(
                folder=self.folder, socket=self._socket, pause=PAUSE))), self.folder, {"PATH": _path()})
        self._write("cni/10-bridge.conflist", json.dumps(_network(self.name, number, self.folder)))
        pair = cluster.authority.client(f"system:node:{self.name}", ["system:nodes"])
        kubeconfig = os.path.join(self.folder, "kubeconfig")
        components.write_kubeconfig(kubeconfig, cluster.url, cluster.ca_file, pair=pair)
        self.process = Process(self.name, sandbox.words(
            cluster.binary, "kubelet", "--config",
            self._write("kubelet.json", json.dumps(_kubelet(self._socket, self.folder, self.address, cluster.ca_file,
                                                            minor_version(cluster.binary)))),
            "--kubeconfig", kubeconfig, "--hostname-override", self.name, "--node-ip", self.address,
            "--root-dir", f"{self.folder}/kubelet", "--cert-dir", f"{self.folder}/certificates"),
            self.folder, {"PATH": _path()})
        self._heard = None
        cluster.attach(self)

    def _write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return path

    def start(self, wait=True):
        self.start_containerd()
        for image in self.images:
            self.ctr("images", "import", image)
        self.start_kubelet(wait)

    def start_kubelet(self, wait=True):
        self._heard = self._heartbeat()
        self.process.start()
        if wait:
            self.wait_ready()

    def _heartbeat(self):
        """When the kubelet has last said how its node is."""
        conditions = ((self.object() or {}).get("status") or {}).get("conditions", [])
        return next((each.get("lastHeartbeatTime") for each in conditions if each["type"] == "Ready"), None)

    def wait_ready(self):
        """Until the kubelet that runs now has said so: what an earlier one said stands for a while. One that has ended
        is started again, as every system does: it ends where the runtime still looks through its containers."""
        def said():
            if not self.process.running():
                self.process.start()
            return self._heartbeat() != self._heard and self.ready()
        try:
            wait_for(f"{self.name}: Ready", said, _READY_S, interval=0.5)
        except TimeoutError as error:
            raise ProcessError(f"{error}\n{self.process.log_tail()}") from None

    def crash(self):
        """As if its power had failed: kubelet, runtime and all processes of its pods are gone at once."""
        self.process.stop()
        numbers = [line.split()[1] for line in self.ctr("tasks", "ls").splitlines()[1:]]
        self.containerd.stop()
        if numbers:
            subprocess.run(self.sandbox.words("kill", "-KILL", *numbers), check=False)

    def start_containerd(self):
        self.containerd.start()
        self.containerd.wait_until("an answer", lambda: subprocess.run(
            self._ctr("version"), capture_output=True, check=False).returncode == 0)

    def stop(self):
        """Kubelet and runtime are killed; containers run on until the sandbox ends."""
        self.process.stop()
        self.containerd.stop()

    def _ctr(self, *words):
        return self.sandbox.words("ctr", "--address", self._socket, "--namespace", "k8s.io", *words)

    def ctr(self, *words):
        """The output of ctr, the command of containerd."""
        done = subprocess.run(self._ctr(*words), capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"ctr {' '.join(words)}: {done.stderr}"
        return done.stdout


def _path():
    return os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
