# SPDX-License-Identifier: Apache-2.0
"""The first steps on Kubernetes (docs/start/cluster.md), word by word."""

import contextlib
import os
import re
import signal
import subprocess
import time

from controlplane import components

from .images import ROOT

START = (ROOT / "docs" / "start" / "cluster.md").read_text(encoding="utf-8")
PODS = (ROOT / "docs" / "reference" / "pods.md").read_text(encoding="utf-8")
PROMISED_S = 60


def test_the_versions_of_kubernetes_are_those_of_the_tests():
    folder = ROOT / "tests" / "controlplane"
    def version(module):
        return re.search(r"k8s\.io/kubernetes v(\S+)", module.read_text())[1]
    others = [version(module) for module in sorted((folder / "versions").glob("*.mod"))]
    said = re.search(r"Its tests run on Kubernetes (\S+); .* tried on (.*) as well\.", PODS)
    assert said[1] == version(folder / "go.mod") and said[2].split(" and ") == others
    needs = (ROOT / "docs" / "requirements.md").read_text()
    assert all(f" {each}" in needs for each in [version(folder / "go.mod"), *others])


def test_a_minute_on_kubernetes(trial, report, tmp_path):
    cluster = trial.cluster
    kubeconfig = tmp_path / "config"
    components.write_kubeconfig(kubeconfig, cluster.api.url, cluster.api.ca_file, token=cluster.api.admin_token,
                                namespace=trial.namespace)
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(f'#!/bin/sh\nexec {cluster.api.binary} kubectl "$@"\n')
    kubectl.chmod(0o755)
    block, = re.findall(r"```sh\n(# quickstart\.sh\n.*?)```", START, re.DOTALL)
    began = time.monotonic()
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path), "KUBECONFIG": str(kubeconfig)}
    output = tmp_path / "output"
    with output.open("w") as file:
        shell = subprocess.Popen(["bash", "-euo", "pipefail", "-c", block], cwd=ROOT, stdout=file,
                                 stderr=subprocess.STDOUT, env=environment, start_new_session=True)
        try:
            status = shell.wait(10 * PROMISED_S)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)  # the watch too, where the shell has failed before it ends that
    took = time.monotonic() - began
    said = output.read_text()
    assert status == 0, said
    leaders = list(dict.fromkeys(re.findall(r"^quickstart\.leaderlife +(quickstart-\S+)", said, re.MULTILINE)))
    assert len(leaders) == 2, said
    assert re.search(rf"^\[pod/{leaders[1]}/.*leading 'quickstart'", said, re.MULTILINE), said
    assert took < PROMISED_S
    report(f"  the minute on Kubernetes: {took:.1f} s, {leaders[0]}, then {leaders[1]}")
