# SPDX-License-Identifier: Apache-2.0
"""The manifests of docs/reference/pods.md are enough: applied as they are, the Deployment's pods elect with those
rights and no more."""

import json
import os
import re
import secrets
import subprocess
import threading
from pathlib import Path

import pytest

from controlplane import components
from controlplane.process import wait_for

ROOT = Path(__file__).resolve().parents[2]
BLOCKING = Path(os.environ.get("LEADERLIFE_BUILD", ROOT / "build")) / "release" / "examples" / "blocking"
LOCK = "my-operator"
HANG_S = 60


PAGE = (ROOT / "docs" / "reference" / "pods.md").read_text(encoding="utf-8")


def manifest(name, page=PAGE):
    return re.search(rf"```yaml\n# {re.escape(name)}(.*?)```", page, re.DOTALL).group(1).split("\n", 1)[1]


class Operator:
    """The process that plays the container of one of the Deployment's pods."""

    def __init__(self, cluster, pod, directory):
        self.name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
        self.uid = pod["metadata"]["uid"]
        token = cluster.admin.create(f"/api/v1/namespaces/{namespace}/serviceaccounts/{LOCK}/token", {
            "spec": {"boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": self.name, "uid": self.uid}}})
        folder = directory / self.name
        folder.mkdir()
        (folder / "token").write_text(token["status"]["token"], encoding="ascii")
        components.write_kubeconfig(str(folder / "kubeconfig"), cluster.url, cluster.ca_file,
                                    token_file=str(folder / "token"), namespace=namespace)
        self.led = threading.Event()
        self.process = subprocess.Popen([BLOCKING, LOCK], stdout=subprocess.PIPE, text=True, env={
            **os.environ, **self.downward(pod), "KUBECONFIG": str(folder / "kubeconfig")})
        threading.Thread(target=self._listen, daemon=True).start()

    @staticmethod
    def downward(pod):
        """The environment as the manifest asks the kubelet for it."""
        values = {"metadata.namespace": pod["metadata"]["namespace"], "metadata.name": pod["metadata"]["name"],
                  "metadata.uid": pod["metadata"]["uid"]}
        return {entry["name"]: values[entry["valueFrom"]["fieldRef"]["fieldPath"]]
                for entry in pod["spec"]["containers"][0]["env"]}

    def _listen(self):
        for line in self.process.stdout:
            if "became leader" in line:
                self.led.set()

    def end(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def pods(cluster, tmp_path):
    assert BLOCKING.exists(), f"{BLOCKING} is missing: run script/build"
    namespace = "readme-" + secrets.token_hex(4)
    cluster.admin.create("/api/v1/namespaces", {"metadata": {"name": namespace}})
    for name in ("rights.yaml", "deployment.yaml"):
        (tmp_path / name).write_text(manifest(name), encoding="utf-8")
        subprocess.run(cluster.kubectl("apply", "--namespace", namespace, "--filename", str(tmp_path / name)),
                       check=True)

    def both():
        items = cluster.admin.get(f"/api/v1/namespaces/{namespace}/pods")["items"]
        return items if len(items) == 2 else None

    wait_for("the Deployment's pods", both, HANG_S)
    return both()


def holders(cluster, pods):
    """The second column of what the page on how it works tells people to ask."""
    text = (ROOT / "docs" / "explanation" / "how-it-works.md").read_text(encoding="utf-8")
    command = re.search(r"`kubectl (get lease [^`]*)`", text).group(1).split()
    told = subprocess.run(cluster.kubectl("--namespace", pods[0]["metadata"]["namespace"], *command), check=True,
                          capture_output=True, text=True).stdout
    return [line.split()[1] for line in told.splitlines()]


def test_the_manifests_are_enough_to_elect_and_to_take_over(cluster, pods, tmp_path):
    operators = [Operator(cluster, pod, tmp_path) for pod in pods]
    try:
        wait_for("a leader", lambda: any(operator.led.is_set() for operator in operators), HANG_S)
        leader, standby = sorted(operators, key=lambda operator: not operator.led.is_set())
        assert not standby.led.is_set()
        lock = cluster.admin.get(f"/api/v1/namespaces/{pods[0]['metadata']['namespace']}/configmaps/{LOCK}")
        assert [owner["uid"] for owner in lock["metadata"]["ownerReferences"]] == [leader.uid], json.dumps(lock)
        assert lock["metadata"]["annotations"]["leaderlife.dev/guard"] == "record"  # so the rights are all there
        assert holders(cluster, pods) == ["HOLDER", leader.name]
        leader.end()
        cluster.admin.delete(f"/api/v1/namespaces/{pods[0]['metadata']['namespace']}/pods/{leader.name}", grace=0)
        wait_for("the next leader", standby.led.is_set, HANG_S)
        assert holders(cluster, pods) == ["HOLDER", standby.name]
    finally:
        for operator in operators:
            operator.end()
