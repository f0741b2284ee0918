# SPDX-License-Identifier: Apache-2.0
"""Who the candidate is (P2), whether its pod and its namespace are fit for an
election, and what an observer needs."""

import json

import pytest

from controlplane.client import path
from controlplane.pods import terminated
from controlplane.process import wait_for

from .bench import read, write

EIDENTITY = "LEADERLIFE_EIDENTITY"
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def admin_access(bench):
    """Credentials that say nothing of a pod: identity is what the environment says."""
    pair = bench.cluster.authority.client("badinput-admin", ["system:masters"])

    def start(files, environment=None, **more):
        config = bench.kubeconfig(files, token_file=None, pair=pair, namespace=more.pop("namespace", None))
        environment = {"KUBECONFIG": config, **(environment or {})}
        return bench.start(files, access="kubeconfig", environment=environment, **more)
    return start


# Sources that differ, or are none

DIFFERENT = {
    "uid-of-env": ({"POD_UID": NOBODY}, {}, ["the pod's UID", NOBODY, "POD_UID", "the claims of the token"]),
    "name-of-env": ({"POD_NAME": "b"}, {}, ["the pod's name", '"b"', "POD_NAME", "the claims of the token"]),
    "namespace-of-env": ({"POD_NAMESPACE": "elsewhere"}, {},
                         ["the namespace", '"elsewhere"', "POD_NAMESPACE", "the claims of the token"]),
    "uid-of-option": ({}, {"pod-uid": NOBODY}, ["the pod's UID", NOBODY, "option pod-uid", "POD_UID"]),
    "name-of-option": ({}, {"pod-name": "b"}, ["the pod's name", '"b"', "option pod-name", "POD_NAME"]),
    "namespace-of-option": ({}, {"namespace": "elsewhere"},
                            ["the namespace", '"elsewhere"', "option namespace", "POD_NAMESPACE"]),
}


@pytest.mark.parametrize("environment, options, says", DIFFERENT.values(), ids=DIFFERENT)
def test_sources_differ(bench, environment, options, says):
    process = bench.start(bench.files(), options, environment)
    bench.fails(process, EIDENTITY, "two sources", "correct the one that is wrong", *says)


def test_namespace_file_differs(bench):
    files = bench.files()
    write(files.namespace_file, "elsewhere")
    bench.fails(bench.start(files), EIDENTITY, "two sources", "elsewhere", "namespace file")


# Without claims in the token. `backend` is told, for half an identity is not enough to guess it.
MISSING = {
    "name": ("POD_NAME", "the pod's name is not known", "fieldPath: metadata.name}"),
    "uid": ("POD_UID", "the pod's UID is not known", "fieldPath: metadata.uid}"),
    "namespace": ("POD_NAMESPACE", "the namespace is not known", "fieldPath: metadata.namespace}"),
}


@pytest.mark.parametrize("variable, what, cure", MISSING.values(), ids=MISSING)
def test_missing(bench, admin_access, variable, what, cure):
    process = admin_access(bench.files(), {variable: None}, options={"backend": "kubernetes"})
    bench.fails(process, EIDENTITY, what, cure, f"name: {variable}")


IMPOSSIBLE = {
    "uid": ({"POD_UID": "a b"}, EIDENTITY, ["the pod's UID", '"a b"', "POD_UID", "metadata.uid"]),
    "name": ({"POD_NAME": "A"}, EIDENTITY, ["the pod's name", '"A"', "POD_NAME", "metadata.name"]),
    "namespace": ({"POD_NAMESPACE": "a.b"}, "LEADERLIFE_ENAME", ["the namespace", '"a.b"', "POD_NAMESPACE"]),
    "uid-with-escapes": ({"POD_UID": "\x1b[31mred"}, EIDENTITY, ["?[31mred"]),
}


@pytest.mark.parametrize("environment, status, says", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_impossible(bench, admin_access, environment, status, says):
    bench.fails(admin_access(bench.files(), environment), status, *says)


# The pod

def assert_never_campaigned(bench, process):
    assert bench.space.lock_object() is None
    assert process.do("counters")["writes"] == 0


def test_uid_of_another_pod_of_that_name(bench, admin_access):
    files = bench.files()
    process = admin_access(files, {"POD_UID": NOBODY})
    bench.fails(process, EIDENTITY, "pod a with UID " + NOBODY, "another UID", "POD_NAME and POD_UID")
    assert_never_campaigned(bench, process)


def test_successor_of_the_same_name(bench, admin_access):
    """Files and environment are its predecessor's."""
    files = bench.files()
    files.pod.delete(grace=0)
    assert bench.files().pod.uid != files.pod.uid
    process = admin_access(files)
    bench.fails(process, EIDENTITY, files.pod.uid, "another UID")
    assert_never_campaigned(bench, process)


def test_token_of_a_deleted_pod(bench):
    """401 and nothing more: so it waits, and says what may be."""
    files = bench.files()
    files.pod.delete(grace=0)
    process = bench.start(files)
    bench.notices(process, "LEADERLIFE_EAUTH", "get pods/a", "the token of a deleted pod is refused")
    bench.stays(process, "starting", 0.5)
    assert_never_campaigned(bench, process)


def test_pod_absent(bench, admin_access):
    process = admin_access(bench.files(), {"POD_NAME": "nobody"})
    bench.fails(process, EIDENTITY, "pod nobody", "is gone", "POD_NAME and POD_UID")
    assert_never_campaigned(bench, process)


def test_namespace_absent(bench, admin_access):
    """Kubernetes then says that the pod is not found, so the text must lead to the namespace, too."""
    process = admin_access(bench.files(), {"POD_NAMESPACE": "no-such-namespace"})
    bench.fails(process, EIDENTITY, "is gone", "POD_NAMESPACE", "option")


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_pod_has_ended(bench, phase):
    files = bench.files()
    files.pod.set_status(phase=phase, containerStatuses=[terminated()])
    process = bench.start(files)
    bench.fails(process, EIDENTITY, "pod a with UID " + files.pod.uid, "has ended", "run it in a living pod")
    assert_never_campaigned(bench, process)


class _Node:
    name = "lost-node"  # of no kubelet: its pods do not go by themselves


def test_pod_terminating_at_the_start(bench):
    pod = bench.space.pod("a", node=_Node, grace=300)
    files = bench.files_of(pod)
    pod.delete()
    process = bench.start(files)
    bench.reaches(process, "standby")
    bench.notices(process, "LEADERLIFE_OK", "this pod, a, is terminating", "does not campaign")
    bench.stays(process, "standby", 1.0)
    assert not process.is_ready()
    assert_never_campaigned(bench, process)
    pod.delete(grace=0)
    bench.fails(process, EIDENTITY, "is gone")


# The namespace

def test_namespace_terminating(bench):
    """Its pods still run: their deletion is the stopped controllers' work."""
    files = bench.files()
    bench.cluster.pause_controller_manager()
    try:
        bench.space.delete()
        process = bench.start(files)
        text = bench.fails(process, "LEADERLIFE_ENAMESPACE", "create leases/lock.leaderlife", bench.space.name,
                           "being deleted")
    finally:
        bench.cluster.resume_controller_manager()
    assert any(word in text for word in ("another namespace", "create it", "option namespace")), f"no cure in: {text}"


def test_namespace_terminating_and_retried(bench):
    files = bench.files()
    bench.cluster.pause_controller_manager()
    try:
        bench.space.delete()
        process = bench.start(files, {"retry-permanent": "true"})
        bench.notices(process, "LEADERLIFE_ENAMESPACE", "being deleted")
        bench.stays(process, "standby", 0.5)
    finally:
        bench.cluster.resume_controller_manager()


def test_quota(bench):
    """Retried until there is room again."""
    quotas = path("resourcequotas", bench.space.name)
    files = bench.files()
    bench.admin.create(quotas, {"metadata": {"name": "q"}, "spec": {"hard": {"count/configmaps": "0"}}})
    wait_for("the quota in force", lambda: bench.admin.get(quotas + "/q").get("status", {}).get("hard"))
    process = bench.start(files)
    bench.notices(process, "LEADERLIFE_EQUOTA", "create configmaps/lock", "exceeded quota: q",
                  "raise the ResourceQuota")
    assert process.state == "standby"
    bench.admin.patch(quotas + "/q", {"spec": {"hard": {"count/configmaps": "10"}}})
    bench.leads(process)


# Observers

def assert_only_reads(bench, user, mark):
    verbs = {entry.verb for entry in bench.cluster.audit_since(mark, user)}
    assert verbs and verbs <= {"get", "list", "watch"}


def test_observer_in_a_pod(bench):
    leader = bench.start(bench.files("a"))
    bench.leads(leader)
    files = bench.files("b")
    process = bench.start(files, {"mode": "observe"})
    bench.observer.wait("the holder seen", lambda: process.do("state")["holder"] == "a")
    leader.do("resign")
    bench.observer.wait("nobody seen", lambda: process.do("state")["holder"] is None)  # when the record is empty
    bench.observer.wait("all given back", lambda: leader.state == "resigned")
    assert process.state == "standby" and not process.is_ready()
    assert process.do("counters")["writes"] == 0
    assert bench.space.lock_object() is None
    seen = [entry for entry in bench.cluster.audit(bench.space.user) if entry.pod == "b"]
    assert seen and {entry.verb for entry in seen} <= {"get", "list", "watch"}


def test_observer_without_a_pod(bench):
    """KUBECONFIG alone, and rights to read."""
    leader = bench.start(bench.files("a"))
    bench.leads(leader)
    user = "observer-" + bench.space.name
    bench.admin.create(bench.space.path("roles"), {"metadata": {"name": "observe"}, "rules": [
        {"apiGroups": [""], "resources": ["configmaps", "pods"], "verbs": ["get", "list", "watch"]}]})
    bench.admin.create(bench.space.path("rolebindings"), {
        "metadata": {"name": "observe"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "observe"},
        "subjects": [{"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}]})
    files = bench.files("b")
    config = bench.kubeconfig(files, token_file=None, pair=bench.cluster.authority.client(user))
    mark = bench.cluster.audit_mark()
    process = bench.start(files, {"mode": "observe"}, access="kubeconfig", environment={
        "KUBECONFIG": config, "POD_NAME": None, "POD_UID": None, "POD_NAMESPACE": None})
    bench.observer.wait("the holder seen", lambda: process.do("state")["holder"] == "a")
    assert_only_reads(bench, user, mark)
    assert json.loads(read(config))["contexts"][0]["context"]["namespace"] == bench.space.name
