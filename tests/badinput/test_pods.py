# SPDX-License-Identifier: Apache-2.0
"""Who the candidate is (P2), whether its pod and its namespace are fit for an
election, and what an observer needs."""

import json

import pytest

from controlplane.client import path
from controlplane.node import SilentNode
from controlplane.pods import terminated
from controlplane.process import wait_for

from .candidates import read, write

EIDENTITY = "LEADERLIFE_EIDENTITY"
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def admin_access(candidates):
    """Credentials that say nothing of a pod: identity is what the environment says."""
    pair = candidates.cluster.authority.client("badinput-admin", ["system:masters"])

    def start(files, environment=None, **more):
        config = candidates.kubeconfig(files, token_file=None, pair=pair, namespace=more.pop("namespace", None))
        environment = {"KUBECONFIG": config, **(environment or {})}
        return candidates.start(files, access="kubeconfig", environment=environment, **more)
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
def test_sources_differ(candidates, environment, options, says):
    process = candidates.start(candidates.files(), options, environment)
    candidates.fails(process, EIDENTITY, "two sources", "correct the one that is wrong", *says)


def test_namespace_file_differs(candidates):
    files = candidates.files()
    write(files.namespace_file, "elsewhere")
    candidates.fails(candidates.start(files), EIDENTITY, "two sources", "elsewhere", "namespace file")


# Without claims in the token. `backend` is told, for half an identity is not enough to guess it.
MISSING = {
    "name": ("POD_NAME", "the pod's name is not known", "fieldPath: metadata.name}"),
    "uid": ("POD_UID", "the pod's UID is not known", "fieldPath: metadata.uid}"),
    "namespace": ("POD_NAMESPACE", "the namespace is not known", "fieldPath: metadata.namespace}"),
}


@pytest.mark.parametrize("variable, what, cure", MISSING.values(), ids=MISSING)
def test_missing(candidates, admin_access, variable, what, cure):
    process = admin_access(candidates.files(), {variable: None}, options={"backend": "kubernetes"})
    candidates.fails(process, EIDENTITY, what, cure, f"name: {variable}")


IMPOSSIBLE = {
    "uid": ({"POD_UID": "a b"}, EIDENTITY, ["the pod's UID", '"a b"', "POD_UID", "metadata.uid"]),
    "name": ({"POD_NAME": "A"}, EIDENTITY, ["the pod's name", '"A"', "POD_NAME", "metadata.name"]),
    "namespace": ({"POD_NAMESPACE": "a.b"}, "LEADERLIFE_ENAME", ["the namespace", '"a.b"', "POD_NAMESPACE"]),
    "uid-with-escapes": ({"POD_UID": "\x1b[31mred"}, EIDENTITY, ["?[31mred"]),
}


@pytest.mark.parametrize("environment, status, says", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_impossible(candidates, admin_access, environment, status, says):
    candidates.fails(admin_access(candidates.files(), environment), status, *says)


# The pod

def assert_never_campaigned(candidates, process):
    assert candidates.space.lock_object() is None
    assert process.do("counters")["writes"] == 0


def test_uid_of_another_pod_of_that_name(candidates, admin_access):
    files = candidates.files()
    process = admin_access(files, {"POD_UID": NOBODY})
    candidates.fails(process, EIDENTITY, "pod a with UID " + NOBODY, "another UID", "POD_NAME and POD_UID")
    assert_never_campaigned(candidates, process)


def test_successor_of_the_same_name(candidates, admin_access):
    """Files and environment are its predecessor's."""
    files = candidates.files()
    files.pod.delete(grace=0)
    assert candidates.files().pod.uid != files.pod.uid
    process = admin_access(files)
    candidates.fails(process, EIDENTITY, files.pod.uid, "another UID")
    assert_never_campaigned(candidates, process)


def test_token_of_a_deleted_pod(candidates):
    """401 and nothing more: so it waits, and says what may be."""
    files = candidates.files()
    files.pod.delete(grace=0)
    process = candidates.start(files)
    candidates.notices(process, "LEADERLIFE_EAUTH", "get pods/a", "the token of a deleted pod is refused")
    candidates.stays(process, "starting", 0.5)
    assert_never_campaigned(candidates, process)


def test_pod_absent(candidates, admin_access):
    process = admin_access(candidates.files(), {"POD_NAME": "nobody"})
    candidates.fails(process, EIDENTITY, "pod nobody", "is gone", "POD_NAME and POD_UID")
    assert_never_campaigned(candidates, process)


def test_namespace_absent(candidates, admin_access):
    """Kubernetes then says that the pod is not found, so the text must lead to the namespace, too."""
    process = admin_access(candidates.files(), {"POD_NAMESPACE": "no-such-namespace"})
    candidates.fails(process, EIDENTITY, "is gone", "POD_NAMESPACE", "option")


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_pod_has_ended(candidates, phase):
    files = candidates.files()
    files.pod.set_status(phase=phase, containerStatuses=[terminated()])
    process = candidates.start(files)
    candidates.fails(process, EIDENTITY, "pod a with UID " + files.pod.uid, "has ended", "run it in a living pod")
    assert_never_campaigned(candidates, process)


def test_pod_terminating_at_the_start(candidates):
    pod = candidates.space.pod("a", node=SilentNode(candidates.cluster), grace=300)
    files = candidates.files_of(pod)
    pod.delete()
    process = candidates.start(files)
    candidates.reaches(process, "standby")
    candidates.notices(process, "LEADERLIFE_OK", "this pod, a, is terminating", "does not campaign")
    candidates.stays(process, "standby", 1.0)
    assert not process.is_ready()
    assert_never_campaigned(candidates, process)
    pod.delete(grace=0)
    candidates.fails(process, EIDENTITY, "is gone")


# The namespace

def test_namespace_terminating(candidates):
    """Its pods still run: their deletion is the stopped controllers' work."""
    files = candidates.files()
    candidates.cluster.pause_controller_manager()
    try:
        candidates.space.delete()
        process = candidates.start(files)
        text = candidates.fails(process, "LEADERLIFE_ENAMESPACE", "create leases/lock.leaderlife",
                                candidates.space.name,
                                "being deleted")
    finally:
        candidates.cluster.resume_controller_manager()
    assert any(word in text for word in ("another namespace", "create it", "option namespace")), f"no cure in: {text}"


def test_namespace_terminating_and_retried(candidates):
    files = candidates.files()
    candidates.cluster.pause_controller_manager()
    try:
        candidates.space.delete()
        process = candidates.start(files, {"retry-permanent": "true"})
        candidates.notices(process, "LEADERLIFE_ENAMESPACE", "being deleted")
        candidates.stays(process, "standby", 0.5)
    finally:
        candidates.cluster.resume_controller_manager()


def test_quota(candidates):
    """Retried until there is room again."""
    quotas = path("resourcequotas", candidates.space.name)
    files = candidates.files()
    candidates.admin.create(quotas, {"metadata": {"name": "q"}, "spec": {"hard": {"count/configmaps": "0"}}})
    wait_for("the quota in force", lambda: candidates.admin.get(quotas + "/q").get("status", {}).get("hard"))
    process = candidates.start(files)
    candidates.notices(process, "LEADERLIFE_EQUOTA", "create configmaps/lock", "exceeded quota: q",
                       "raise the ResourceQuota")
    assert process.state == "standby"
    candidates.admin.patch(quotas + "/q", {"spec": {"hard": {"count/configmaps": "10"}}})
    candidates.leads(process)


# Observers

def assert_only_reads(candidates, user, mark):
    verbs = {entry.verb for entry in candidates.cluster.audit_since(mark, user)}
    assert verbs and verbs <= {"get", "list", "watch"}


def test_observer_in_a_pod(candidates):
    leader = candidates.start(candidates.files("a"))
    candidates.leads(leader)
    files = candidates.files("b")
    process = candidates.start(files, {"mode": "observe"})
    candidates.observer.wait("the holder seen", lambda: process.do("state")["holder"] == "a")
    leader.do("resign")
    candidates.observer.wait("nobody seen", lambda: process.do("state")["holder"] is None)  # when the record is empty
    candidates.observer.wait("all given back", lambda: leader.state == "resigned")
    assert process.state == "standby" and not process.is_ready()
    assert process.do("counters")["writes"] == 0
    assert candidates.space.lock_object() is None
    seen = [entry for entry in candidates.cluster.audit(candidates.space.user) if entry.pod == "b"]
    assert seen and {entry.verb for entry in seen} <= {"get", "list", "watch"}


def test_observer_without_a_pod(candidates):
    """KUBECONFIG alone, and rights to read."""
    leader = candidates.start(candidates.files("a"))
    candidates.leads(leader)
    user = "observer-" + candidates.space.name
    candidates.admin.create(candidates.space.path("roles"), {"metadata": {"name": "observe"}, "rules": [
        {"apiGroups": [""], "resources": ["configmaps", "pods"], "verbs": ["get", "list", "watch"]}]})
    candidates.admin.create(candidates.space.path("rolebindings"), {
        "metadata": {"name": "observe"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "observe"},
        "subjects": [{"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}]})
    files = candidates.files("b")
    config = candidates.kubeconfig(files, token_file=None, pair=candidates.cluster.authority.client(user))
    mark = candidates.cluster.audit_mark()
    process = candidates.start(files, {"mode": "observe"}, access="kubeconfig", environment={
        "KUBECONFIG": config, "POD_NAME": None, "POD_UID": None, "POD_NAMESPACE": None})
    candidates.observer.wait("the holder seen", lambda: process.do("state")["holder"] == "a")
    assert_only_reads(candidates, user, mark)
    assert json.loads(read(config))["contexts"][0]["context"]["namespace"] == candidates.space.name
