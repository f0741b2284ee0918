# SPDX-License-Identifier: Apache-2.0
"""Tests of the test bed itself: each property of cluster, pods, node and audit
log that other suites lean on, seen on the running control plane."""

import subprocess
import time

import pytest

from .background import Background
from .client import ApiError
from .pods import Namespace, operator_lib_rights, terminated
from .process import wait_for


# Pods and rights

def test_minimal_role_creates_the_lock(namespace):
    pod = namespace.pod("a")
    created = pod.client().create(namespace.path("configmaps"), namespace.lock_body(pod))
    assert created["metadata"]["ownerReferences"][0]["uid"] == pod.uid
    assert namespace.lock_object()["metadata"]["uid"] == created["metadata"]["uid"]


def test_minimal_role_is_no_wider(namespace):
    client = namespace.pod("a").client()
    for target in (namespace.path("configmaps", "other"), namespace.path("secrets")):
        with pytest.raises(ApiError) as error:
            client.get(target)
        assert (error.value.code, error.value.reason) == (403, "Forbidden")


def test_removed_verb_is_refused_and_comes_back(cluster):
    namespace = Namespace(cluster, without=["leases:*", "configmaps:delete"])
    pod = namespace.pod("a")
    client = pod.client()
    client.create(namespace.path("configmaps"), namespace.lock_body(pod))
    for call in (lambda: client.get(namespace.record_path), lambda: client.delete(namespace.lock_path)):
        with pytest.raises(ApiError) as error:
            call()
        assert error.value.code == 403
    namespace.set_rights()
    wait_for("the right", lambda: client.raw("DELETE", namespace.lock_path)[0] == 200, 5)


def test_operator_lib_rights(cluster):
    namespace = Namespace(cluster, wanted=operator_lib_rights)
    client = namespace.pod("a").client()
    assert client.raw("GET", namespace.lock_path)[0] == 404
    assert client.raw("GET", namespace.path("pods"))[0] == 403


def test_collector_removes_the_lock_of_a_deleted_pod(namespace):
    pod = namespace.pod("a")
    pod.client().create(namespace.path("configmaps"), namespace.lock_body(pod))
    pod.delete(grace=0)
    pod.wait_gone(5)
    wait_for("the collector", lambda: namespace.lock_object() is None, 20)


def test_stalled_collector_leaves_the_lock(cluster, namespace):
    pod = namespace.pod("a")
    pod.client().create(namespace.path("configmaps"), namespace.lock_body(pod))
    cluster.pause_controller_manager()
    try:
        pod.delete(grace=0)
        time.sleep(1)
        assert namespace.lock_object() is not None
    finally:
        cluster.resume_controller_manager()
    wait_for("the collector", lambda: namespace.lock_object() is None, 20)


def test_status_is_set(namespace):
    pod = namespace.pod("a")
    pod.set_status(phase="Failed", reason="Evicted", containerStatuses=[terminated(1)],
                   conditions=[{"type": "DisruptionTarget", "status": "True", "reason": "DeletionByPodGC"}])
    state = pod.object()["status"]
    assert (state["phase"], state["reason"]) == ("Failed", "Evicted")
    assert state["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 1
    assert state["conditions"][0]["reason"] == "DeletionByPodGC"


def test_candidate_files(namespace):
    pod = namespace.pod("a")
    candidate = pod.candidate()
    environment = candidate.environment()
    assert environment["POD_UID"] == pod.uid
    done = subprocess.run(
        [namespace.cluster.binary, "kubectl", "get", "pods", "-o", "name"],
        env={"KUBECONFIG": environment["KUBECONFIG"], "HOME": candidate.directory},
        capture_output=True, text=True)
    assert done.stdout.split() == ["pod/a"], done.stderr
    assert candidate.in_cluster_environment()["KUBERNETES_SERVICE_PORT"] == str(namespace.cluster.port)


# The node

def test_node_runs_and_ends_a_pod(hollow_node, namespace):
    pod = namespace.pod("a", node=hollow_node, grace=2)
    pod.wait_phase("Running")
    pod.delete()
    assert pod.object()["metadata"]["deletionTimestamp"]
    pod.wait_gone()


# What the holder record builds on

def lease(namespace, **spec):
    return {"metadata": {"name": namespace.lock + ".leaderlife", "annotations": {"a": ""}}, "spec": spec}


def test_an_emptied_lease_keeps_its_empty_strings(namespace):
    namespace.admin.create(namespace.path("leases"), lease(namespace, holderIdentity="x", leaseTransitions=2147483647))
    found = namespace.record_object()
    found["spec"]["holderIdentity"] = ""
    namespace.admin.replace(namespace.record_path, found)
    found = namespace.record_object()
    assert found["spec"]["holderIdentity"] == ""
    assert found["metadata"]["annotations"] == {"a": ""}


def test_a_put_creates_a_lease_unless_it_carries_the_uid(namespace):
    """Leases may be created by PUT, even by one with a resourceVersion: the uid is what makes it a CAS."""
    namespace.admin.create(namespace.path("leases"), lease(namespace, holderIdentity="x"))
    found = namespace.record_object()
    namespace.admin.delete(namespace.record_path)
    with pytest.raises(ApiError) as error:
        namespace.admin.replace(namespace.record_path, found)
    assert error.value.code == 409 and error.value.reason == "Conflict"
    assert namespace.record_object() is None
    del found["metadata"]["uid"]
    namespace.admin.replace(namespace.record_path, found)
    assert namespace.record_object() is not None


# The control plane's own faults

def test_apiserver_restarts_on_its_port(cluster, namespace):
    port = cluster.port
    cluster.stop_apiserver()
    try:
        assert not cluster.ready()
    finally:
        cluster.start_apiserver()
    assert cluster.port == port
    assert namespace.pod("a").object() is not None


def test_etcd_restarts_with_its_data(cluster, namespace):
    pod = namespace.pod("a")
    cluster.stop_etcd()
    cluster.start_etcd()
    assert pod.object() is not None


def test_client_certificate_names_its_user(cluster):
    pair = cluster.authority.client("somebody", ["system:masters"])
    mark = cluster.audit_mark()
    cluster.client(pair=pair).get("/api/v1/namespaces/default")
    assert len(cluster.audit_since(mark, "somebody")) == 1


# The audit log

def test_audit_counts_by_user_and_pod(cluster, namespace):
    pod = namespace.pod("a")
    client = pod.client()
    mark = cluster.audit_mark()
    for _ in range(3):
        client.get(pod.path)
    assert client.raw("GET", namespace.lock_path)[0] == 404
    entries = cluster.audit_since(mark, namespace.user)
    assert [entry.code for entry in entries] == [200, 200, 200, 404]
    assert {(entry.verb, entry.pod) for entry in entries} == {("get", "a")}


def test_audit_counts_a_watch_once(cluster, namespace):
    pod = namespace.pod("a")
    mark = cluster.audit_mark()
    query = {"fieldSelector": "metadata.name=" + namespace.lock, "timeoutSeconds": 1}
    watch = Background(lambda: list(pod.client().watch(namespace.path("configmaps"), query)))
    wait_for("the watch", lambda: cluster.audit_since(mark, namespace.user), 5)
    watch.result()
    time.sleep(0.3)  # for the line of its end, if there were one
    assert [entry.verb for entry in cluster.audit_since(mark, namespace.user)] == ["watch"]


def test_audit_counts_a_failed_authentication(cluster):
    mark = cluster.audit_mark()
    assert cluster.client(token="wrong").raw("GET", "/api/v1/pods")[0] == 401
    assert [entry.code for entry in cluster.audit_since(mark, "")] == [401]
