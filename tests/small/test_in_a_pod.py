# SPDX-License-Identifier: Apache-2.0
"""A library without Kubernetes in a pod: whatever would elect on Kubernetes is refused, with cause and cure, and never
elects on the lock of one container, where every pod would lead; unless option backend says so."""

import json
import os
import subprocess

import pytest

from place.container import mounts, must_be_possible

LIMIT_S = 120
CAUSE = "built for the embedded lock alone (LEADERLIFE_KUBERNETES=OFF)"
CURE = "use one that is built with Kubernetes, or set option backend to 'local'"

# What shows a pod or a cluster: variables, and options of the command.
SIGNS = {
    "service": ({"KUBERNETES_SERVICE_HOST": "192.0.2.1", "KUBERNETES_SERVICE_PORT": "443"}, []),
    "kubeconfig-and-pod": ({"KUBECONFIG": "/dev/null", "POD_NAME": "a", "POD_UID": "u"}, []),
    "kubeconfig": ({"KUBECONFIG": "/dev/null"}, []),
    "pod-name": ({"POD_NAME": "a"}, []),
    "server": ({}, ["--server", "https://192.0.2.1", "--token-file", "/dev/null"]),
    "namespace": ({}, ["--namespace", "apps"]),
    "backend": ({}, ["--backend", "kubernetes"]),
}
SIGN = pytest.mark.parametrize("sign", SIGNS)


@pytest.fixture
def command(small):
    """command(sign, words, before=[]): ended, with what it printed."""
    def call(sign, *words, before=()):
        variables, options = SIGNS.get(sign, ({}, []))
        name, *rest = words
        return subprocess.run([*before, small / "bin" / "leaderlife", name, *options, *rest], capture_output=True,
                              text=True, timeout=LIMIT_S, env={"PATH": os.environ["PATH"], **variables})
    return call


def lock():
    return f"small-pod-{os.getpid()}"


def assert_refused(ended, started):
    assert ended.returncode == 125
    assert CAUSE in ended.stderr and CURE in ended.stderr
    assert started not in ended.stdout


@SIGN
def test_nobody_is_elected(command, sign):
    assert_refused(command(sign, "run", lock(), "--", "echo", "started"), "started")


@pytest.mark.parametrize("sign", SIGNS.keys() - {"backend"})
def test_option_local_elects(command, sign):
    ended = command(sign, "run", "--backend", "local", lock(), "--", "echo", "started")
    assert (ended.returncode, ended.stdout) == (0, "started\n"), ended.stderr


@SIGN
def test_an_observer_is_refused(command, sign):
    assert_refused(command(sign, "status", lock()), "leader")


@SIGN
def test_the_doctor_says_so(command, sign):
    ended = command(sign, "doctor", "-o", "json", lock())
    assert ended.returncode == 1
    said = json.loads(ended.stdout)
    finding, = said["findings"]
    assert not said["ok"] and finding["level"] == "error" and CAUSE in finding["text"] and CURE in finding["text"]


def test_a_pod_that_only_its_mounts_show(command):
    must_be_possible()
    assert_refused(command("mounts", "run", lock(), "--", "echo", "started", before=mounts("", "")), "started")


def test_a_pod_that_its_service_account_shows(command, tmp_path):
    must_be_possible()
    for name in ("token", "ca.crt", "namespace"):
        (tmp_path / name).write_text("default", encoding="utf-8")
    before = mounts(str(tmp_path), "")
    assert_refused(command("account", "run", lock(), "--", "echo", "started", before=before), "started")


def test_without_a_sign_of_a_pod_it_elects(command):
    ended = command("none", "run", lock(), "--", "echo", "started")
    assert (ended.returncode, ended.stdout) == (0, "started\n"), ended.stderr


def test_the_status_of_the_api(small):
    """Python's, which has the C library's number."""
    done = subprocess.run(["/usr/bin/python3", "-c",
                           "import leaderlife\ntry:\n    leaderlife.become('x', backend='kubernetes')\n"
                           "except leaderlife.LeaderLifeError as error:\n    print(error.name, error.fatal, error)"],
                          capture_output=True, text=True, timeout=LIMIT_S,
                          env={"PATH": os.environ["PATH"], "PYTHONPATH": str(small / "python")})
    assert done.stdout.startswith("LEADERLIFE_ENOTSUP True cannot elect on Kubernetes (option backend): "
                                  "this library was built"), \
        done.stderr
