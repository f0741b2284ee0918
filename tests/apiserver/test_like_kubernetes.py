# SPDX-License-Identifier: Apache-2.0
"""The fake server answers as a real one does: each of these is asked of both,
and what the library would read of the two answers must be equal (P5 to P7 and
P10 build on it)."""

import time

import pytest

from .worlds import fake, real, shape

OTHER_UID = "00000000-0000-0000-0000-000000000001"
INITIAL = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
PARTIAL = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"


def changed(thing, **metadata):
    return {**thing, "metadata": {**thing["metadata"], **metadata}}


def put(world, resource, thing, **metadata):
    return world.send("PUT", resource, "a", changed(thing, **metadata))


def delete(world, **preconditions):
    return world.send("DELETE", "configmaps", "a", {"kind": "DeleteOptions", "apiVersion": "v1",
                                                    "preconditions": preconditions})


def lease(world):
    return world.make("leases", spec={"holderIdentity": "p", "leaseTransitions": 1})


# What is asked: world to answer

def again(world):
    world.make()
    return world.send("POST", "configmaps", body={"metadata": {"name": "a"}})


def no_change(world):
    made = world.make(data={"x": "y"})
    code, value = put(world, "configmaps", made)
    return code, value["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def change(world):
    made = world.make()
    code, value = put(world, "configmaps", made, annotations={"x": "y"})
    newer = int(value["metadata"]["resourceVersion"]) > int(made["metadata"]["resourceVersion"])
    return code, shape(value), newer, value["metadata"]["uid"] == made["metadata"]["uid"]


def old_version(world):
    made = world.make()
    put(world, "configmaps", made, annotations={"x": "y"})
    return put(world, "configmaps", made, annotations={"x": "z"})


def other_uid(world):
    return put(world, "configmaps", world.make(), uid=OTHER_UID, resourceVersion="")


def after_delete(world, resource, **metadata):
    made = world.make() if resource == "configmaps" else lease(world)
    world.send("DELETE", resource, "a")
    time.sleep(0.5)  # a real server's cache may still show it, and then it answers by the version
    return put(world, resource, made, annotations={"x": "y"}, **metadata)


def delete_by(world, uid=None, version=None):
    metadata = world.make()["metadata"]
    return delete(world, uid=uid or metadata["uid"], resourceVersion=version or metadata["resourceVersion"])


def partial(world, accept, ask):
    world.make(metadata={"name": "a", "ownerReferences": world.owner()}, data={"x": "y"})
    world.client.accept = accept
    return ask(world)


def follow(world):
    made = world.make()
    put(world, "configmaps", made, annotations={"x": "y"})
    world.make(name="b")
    world.send("DELETE", "configmaps", "a")
    return world.watch("configmaps", 2, resourceVersion=made["metadata"]["resourceVersion"])


def unauthorized(world):
    world.client.token = "nobody's"
    return world.send("GET", "configmaps", "a")


def refused_watch(world):
    try:
        return world.watch("configmaps", 1, sendInitialEvents="true", allowWatchBookmarks="true")
    except Exception as error:
        return error.code, error.status


QUESTIONS = {
    "GET of what is not there": lambda world: world.send("GET", "configmaps", "a"),
    "GET of a lease that is not there": lambda world: world.send("GET", "leases", "a"),
    "GET of a pod that is not there": lambda world: world.send("GET", "pods", "a"),
    "GET in no namespace": lambda world: world.send("GET", "configmaps", "a", namespace="no-such"),
    "GET": lambda world: (world.make(metadata={"name": "a", "ownerReferences": world.owner()}, data={"x": "y"}),
                          world.send("GET", "configmaps", "a")),
    "GET of a lease": lambda world: (lease(world), world.send("GET", "leases", "a")),
    "no token": unauthorized,
    "POST": lambda world: world.make(metadata={"name": "a", "annotations": {"x": ""}}),
    "POST of what exists": again,
    "POST without a name": lambda world: world.send("POST", "configmaps", body={"metadata": {}})[0],
    "POST in no namespace": lambda world: world.send("POST", "configmaps", body={"metadata": {"name": "a"}},
                                                     namespace="no-such"),
    "PUT": change,
    "PUT without a change": no_change,
    "PUT at an old version": old_version,
    "PUT with another UID": other_uid,
    "PUT of a ConfigMap that is gone": lambda world: after_delete(world, "configmaps"),
    "PUT of a Lease that is gone": lambda world: after_delete(world, "leases"),
    "PUT of a ConfigMap that is gone, without UID":
        lambda world: after_delete(world, "configmaps", uid="", resourceVersion=""),
    "PUT of a Lease that is gone, without UID": lambda world: after_delete(world, "leases", uid="", resourceVersion=""),
    "DELETE": lambda world: (delete_by(world), world.send("GET", "configmaps", "a")),
    "DELETE of what is not there": lambda world: delete(world),
    "DELETE at an old version": lambda world: delete_by(world, version="1"),
    "DELETE with another UID": lambda world: delete_by(world, uid=OTHER_UID),
    "LIST of nothing": lambda world: world.send("GET", "leases", query={"fieldSelector": "metadata.name=a"}),
    "LIST": lambda world: (lease(world), world.send("GET", "leases", query={"fieldSelector": "metadata.name=a"})),
    "LIST of metadata": lambda world: partial(world, PARTIAL_LIST, lambda world: world.send(
        "GET", "configmaps", query={"fieldSelector": "metadata.name=a"})),
    "WATCH of nothing": lambda world: world.watch("configmaps", 1, **INITIAL),
    "WATCH": lambda world: (lease(world), world.watch("leases", 2, **INITIAL)),
    "WATCH of metadata": lambda world: partial(world, PARTIAL, lambda world: world.watch("configmaps", 2, **INITIAL)),
    "WATCH of a pod that is not there": lambda world: world.watch("pods", 1, **INITIAL),
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
    answers = [told(QUESTIONS[question](world)) for world in (fake(server, true.namespace), true)]
    assert answers[0] == answers[1]


def test_terminating_namespace(server, cluster):
    true = real(cluster)
    imitated = fake(server, true.namespace)
    server.do("set_namespace", imitated.namespace, terminating=True)
    # Something in it keeps the real one from going.
    true.make(metadata={"name": "held", "finalizers": ["test.example/held"]})
    true.client.delete("/api/v1/namespaces/" + true.namespace)
    answers = [told(world.send("POST", "leases", body={"metadata": {"name": "a"}})) for world in (imitated, true)]
    true.client.patch(true.path("configmaps", "held"), {"metadata": {"finalizers": None}})
    assert answers[0] == answers[1]
