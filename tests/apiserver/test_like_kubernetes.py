# SPDX-License-Identifier: Apache-2.0
"""The fake server answers as a real one does: each of these is asked of both,
and what the library would read of the two answers must be equal (P5 to P7 and
P10 build on it)."""

import time

import pytest

from .both_servers import fake, real, shape

OTHER_UID = "00000000-0000-0000-0000-000000000001"
INITIAL = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
PARTIAL = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"


def changed(thing, **metadata):
    return {**thing, "metadata": {**thing["metadata"], **metadata}}


def put(api, resource, thing, **metadata):
    return api.send("PUT", resource, "a", changed(thing, **metadata))


def delete(api, **preconditions):
    return api.send("DELETE", "configmaps", "a", {"kind": "DeleteOptions", "apiVersion": "v1",
                                                  "preconditions": preconditions})


def lease(api):
    return api.make("leases", spec={"holderIdentity": "p", "leaseTransitions": 1})


# What is asked: functions from a server to its answer

def again(api):
    api.make()
    return api.send("POST", "configmaps", body={"metadata": {"name": "a"}})


def no_change(api):
    made = api.make(data={"x": "y"})
    code, value = put(api, "configmaps", made)
    return code, value["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def change(api):
    made = api.make()
    code, value = put(api, "configmaps", made, annotations={"x": "y"})
    newer = int(value["metadata"]["resourceVersion"]) > int(made["metadata"]["resourceVersion"])
    return code, shape(value), newer, value["metadata"]["uid"] == made["metadata"]["uid"]


def old_version(api):
    made = api.make()
    put(api, "configmaps", made, annotations={"x": "y"})
    return put(api, "configmaps", made, annotations={"x": "z"})


def other_uid(api):
    return put(api, "configmaps", api.make(), uid=OTHER_UID, resourceVersion="")


def after_delete(api, resource, **metadata):
    made = api.make() if resource == "configmaps" else lease(api)
    api.send("DELETE", resource, "a")
    time.sleep(0.5)  # a real server's cache may still show it, and then it answers by the version
    return put(api, resource, made, annotations={"x": "y"}, **metadata)


def delete_by(api, uid=None, version=None):
    metadata = api.make()["metadata"]
    return delete(api, uid=uid or metadata["uid"], resourceVersion=version or metadata["resourceVersion"])


def partial(api, accept, ask):
    api.make(metadata={"name": "a", "ownerReferences": api.owner()}, data={"x": "y"})
    api.client.accept = accept
    return ask(api)


def follow(api):
    made = api.make()
    put(api, "configmaps", made, annotations={"x": "y"})
    api.make(name="b")
    api.send("DELETE", "configmaps", "a")
    return api.watch("configmaps", 2, resourceVersion=made["metadata"]["resourceVersion"])


def unauthorized(api):
    api.client.token = "nobody's"
    return api.send("GET", "configmaps", "a")


def refused_watch(api):
    try:
        return api.watch("configmaps", 1, sendInitialEvents="true", allowWatchBookmarks="true")
    except Exception as error:
        return error.code, error.status


QUESTIONS = {
    "GET of what is not there": lambda api: api.send("GET", "configmaps", "a"),
    "GET of a lease that is not there": lambda api: api.send("GET", "leases", "a"),
    "GET of a pod that is not there": lambda api: api.send("GET", "pods", "a"),
    "GET in no namespace": lambda api: api.send("GET", "configmaps", "a", namespace="no-such"),
    "GET": lambda api: (api.make(metadata={"name": "a", "ownerReferences": api.owner()}, data={"x": "y"}),
                        api.send("GET", "configmaps", "a")),
    "GET of a lease": lambda api: (lease(api), api.send("GET", "leases", "a")),
    "no token": unauthorized,
    "POST": lambda api: api.make(metadata={"name": "a", "annotations": {"x": ""}}),
    "POST of what exists": again,
    "POST without a name": lambda api: api.send("POST", "configmaps", body={"metadata": {}})[0],
    "POST in no namespace": lambda api: api.send("POST", "configmaps", body={"metadata": {"name": "a"}},
                                                 namespace="no-such"),
    "PUT": change,
    "PUT without a change": no_change,
    "PUT at an old version": old_version,
    "PUT with another UID": other_uid,
    "PUT of a ConfigMap that is gone": lambda api: after_delete(api, "configmaps"),
    "PUT of a Lease that is gone": lambda api: after_delete(api, "leases"),
    "PUT of a ConfigMap that is gone, without UID":
        lambda api: after_delete(api, "configmaps", uid="", resourceVersion=""),
    "PUT of a Lease that is gone, without UID": lambda api: after_delete(api, "leases", uid="", resourceVersion=""),
    "DELETE": lambda api: (delete_by(api), api.send("GET", "configmaps", "a")),
    "DELETE of what is not there": lambda api: delete(api),
    "DELETE at an old version": lambda api: delete_by(api, version="1"),
    "DELETE with another UID": lambda api: delete_by(api, uid=OTHER_UID),
    "LIST of nothing": lambda api: api.send("GET", "leases", query={"fieldSelector": "metadata.name=a"}),
    "LIST": lambda api: (lease(api), api.send("GET", "leases", query={"fieldSelector": "metadata.name=a"})),
    "LIST of metadata": lambda api: partial(api, PARTIAL_LIST, lambda api: api.send(
        "GET", "configmaps", query={"fieldSelector": "metadata.name=a"})),
    "WATCH of nothing": lambda api: api.watch("configmaps", 1, **INITIAL),
    "WATCH": lambda api: (lease(api), api.watch("leases", 2, **INITIAL)),
    "WATCH of metadata": lambda api: partial(api, PARTIAL, lambda api: api.watch("configmaps", 2, **INITIAL)),
    "WATCH of a pod that is not there": lambda api: api.watch("pods", 1, **INITIAL),
    "WATCH from a version": follow,
    "WATCH with half of what initial events need": refused_watch,
}


def told(answer):
    """All shapes in it."""
    if isinstance(answer, (tuple, list)):
        return [told(part) for part in answer]
    return shape(answer)


@pytest.mark.parametrize("question", QUESTIONS)
def test_like_a_real_server(server, cluster, question):
    true = real(cluster)
    answers = [told(QUESTIONS[question](api)) for api in (fake(server, true.namespace), true)]
    assert answers[0] == answers[1]


def test_terminating_namespace(server, cluster):
    true = real(cluster)
    imitated = fake(server, true.namespace)
    server.do("set_namespace", imitated.namespace, terminating=True)
    # Something in it keeps the real one from going.
    true.make(metadata={"name": "held", "finalizers": ["test.example/held"]})
    true.client.delete("/api/v1/namespaces/" + true.namespace)
    answers = [told(api.send("POST", "leases", body={"metadata": {"name": "a"}})) for api in (imitated, true)]
    true.client.patch(true.path("configmaps", "held"), {"metadata": {"finalizers": None}})
    assert answers[0] == answers[1]
