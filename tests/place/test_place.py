# SPDX-License-Identifier: Apache-2.0
"""Where an election takes place when a container's environment, or the right to
read it, is gone: in the cluster, or nowhere, and never in one container alone.
Every pod would lead there."""

import json
import os
import shlex
from pathlib import Path

import pytest

from controlplane.proxy import Proxy
from scenarios import programs

from .container import NAME, with_capabilities, without_environment

ROOT = Path(__file__).resolve().parents[2]
UNKNOWN = {"x-service-account-dir"}  # the files are where a kubelet puts them
NOTHING = dict.fromkeys(("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "POD_NAMESPACE", "POD_NAME", "POD_UID"))
ALONE = os.environ.get("LEADERLIFE_CANDIDATE_ALONE", "")  # C's, linked to nothing of ours


def start(candidates, files, words, environment=None, **more):
    return candidates.start(files, environment=environment, command=words, without=UNKNOWN, **more)


def two_pods_contend(candidates, container, server, words, environment):
    """One of two pods leads, and the other after its end: what this machine's lock would never show."""
    a, b = (candidates.files(name) for name in "ab")
    first = start(candidates, a, container(a, server).words(*words), environment)
    candidates.leads(first)
    assert first.ask("state")["backend"] == "kubernetes"
    second = start(candidates, b, container(b, server).words(*words), environment)
    candidates.stands_by(second, holder="a")
    first.kill()
    a.pod.delete(grace=0)
    candidates.leads(second)


@pytest.mark.parametrize("language", ["c", "python", "lua5.1", "lua5.4", "luajit"])
def test_without_an_environment(candidates, cluster, container, language):
    """env -i, sudo, su -, cron, s6, php-fpm: the service account's directory shows the way."""
    words = without_environment(*programs.required(language, "place"), PYTHONPATH=os.environ.get("PYTHONPATH", ""))
    two_pods_contend(candidates, container, cluster, words, NOTHING)


@pytest.mark.parametrize("language", ["c", "python"])
def test_with_file_capabilities(candidates, cluster, container, language):
    """As another user, in the environment that a kubelet gives; secure_getenv(3) hides all of it."""
    if language == "c":
        assert os.access(ALONE,
                         os.X_OK), "LEADERLIFE_CANDIDATE_ALONE names no program: build the target candidate_alone"
        words = with_capabilities(ALONE)
    else:
        interpreter, *arguments = shlex.split(os.environ["LEADERLIFE_CANDIDATE_PYTHON"])
        words = with_capabilities(interpreter, *arguments)
    inside = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "443",
              "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    two_pods_contend(candidates, container, cluster, words, inside)


def test_a_kubeconfig_is_not_read_with_more_rights_than_the_caller_has(candidates, cluster, container):
    """Its siblings read it, so to go elsewhere would elect two."""
    files = candidates.files()
    process = start(candidates, files, container(files, cluster, has_account=False).words(*with_capabilities(ALONE)),
                    {**NOTHING, **files.environment()}, expect="LEADERLIFE_ECONFIG")
    candidates.fails(process, "LEADERLIFE_ECONFIG", "file capabilities", "option kubeconfig")


def test_no_plugin_is_run_with_more_rights_than_the_caller_has(candidates, cluster, container):
    files = candidates.files()
    exec_ = {"apiVersion": "client.authentication.k8s.io/v1", "command": "plugin", "interactiveMode": "Never"}
    path = Path(files.directory, "with-plugin")
    path.write_text(json.dumps({
        "clusters": [{"name": "c", "cluster": {"server": files.server.url, "certificate-authority": files.ca_file}}],
        "users": [{"name": "u", "user": {"exec": exec_}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}], "current-context": "x"}),
                    encoding="utf-8")
    readable = Path(files.directory)
    for folder in (readable, *readable.parents):  # to that other user too
        if folder.stat().st_uid == os.geteuid() and folder != folder.parent:
            folder.chmod(folder.stat().st_mode | 0o055)
    process = start(candidates, files, container(files, cluster).words(*with_capabilities(ALONE)), options={
        "kubeconfig": str(path), "namespace": files.pod.namespace.name})
    candidates.notices(process, "LEADERLIFE_ENOTSUP", "more rights than its caller", "token-file")


# ---- No way to the server ----

@pytest.mark.parametrize("language", ["c", "python", "lua5.4"])
def test_a_container_without_anything_elects_nowhere(candidates, cluster, container, language):
    """automountServiceAccountToken: false, and no environment."""
    files = candidates.files()
    words = without_environment(*programs.required(language, "place"), PYTHONPATH=os.environ.get("PYTHONPATH", ""))
    process = start(candidates, files, container(files, cluster, has_account=False).words(*words), NOTHING,
                    expect="LEADERLIFE_ECONFIG")
    candidates.fails(process, "LEADERLIFE_ECONFIG", "/dev/termination-log", "KUBERNETES_SERVICE_HOST", "option",
                     "server", "'local'")


def test_who_means_this_container_says_so(candidates, cluster, container):
    """A CI job in a pod, which wants the machine's lock."""
    files = candidates.files()
    process = start(candidates, files,
                    container(files, cluster).words(*without_environment(*programs.required("c", "place"))),
                    NOTHING, options={"backend": "local"}, lock="job-" + files.pod.uid)
    candidates.leads(process)
    assert process.ask("state")["backend"] == "local"


def test_a_name_that_does_not_resolve(candidates, cluster, container):
    files = candidates.files()
    inside = container(files, cluster, knows_name=False)
    words = inside.words(*without_environment(*programs.required("c", "place")))
    process = start(candidates, files, words, NOTHING)
    candidates.notices(process, "LEADERLIFE_ENETWORK", NAME, "hostNetwork", "dnsPolicy", "option server")


def test_a_name_that_is_not_in_the_certificate(candidates, cluster, container):
    """As hand-made ones are."""
    serving = cluster.authority.serving("nameless", hosts=("IP:127.0.0.1", "DNS:other.example"))
    with Proxy(cluster, serving=serving) as nameless:
        files = candidates.files()
        words = container(files, nameless).words(*without_environment(*programs.required("c", "place")))
        process = start(candidates, files, words, NOTHING)
        candidates.notices(process, "LEADERLIFE_ETLS", NAME, "other.example", "KUBERNETES_SERVICE_HOST",
                           "option server")


# ---- The command ----

def test_doctor_says_what_will_be(candidates, cluster, container, command):
    files = candidates.files()

    def doctor(**more):
        words = container(files, cluster, **more).words(*without_environment(
            *command.program, "doctor", "--pod-network", "any", "-o", "json", "lock"))
        process = command.start_words(words)
        status = process.wait()
        return status, json.loads(process.stdout())["findings"]

    status, found = doctor()
    assert status == 0, found
    assert any("the service account's directory is there" in finding["text"] for finding in found), found
    assert any(NAME in finding["text"] for finding in found), found
    status, found = doctor(has_account=False)
    assert status == 1 and "/dev/termination-log" in found[0]["text"], found


def test_run_and_status_find_the_cluster(candidates, cluster, container, command):
    a, b = (candidates.files(name) for name in "ab")
    (in_a, in_b) = (container(files, cluster) for files in (a, b))
    run = [*command.program, "run", "--pod-network", "any", "lock", "--", "sh", "-c", "echo works; exec sleep 1000"]
    first = command.start_words(in_a.words(*without_environment(*run)))
    first.wait_said("works")
    second = command.start_words(in_b.words(*without_environment(*run)))
    second.wait_said("waiting")
    look = command.start_words(in_b.words(*without_environment(*command.program, "status", "-o", "json", "lock")))
    assert look.wait() == 0
    assert json.loads(look.stdout())["holder"]["name"] == "a"
    assert "works" not in second.stdout()
