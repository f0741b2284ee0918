# SPDX-License-Identifier: Apache-2.0
"""One client for the fake server and for a real one, so that both get the same
requests; and the parts of their answers that the library reads."""

from controlplane.client import ApiError, Client, path
from controlplane.pods import SERVICE_ACCOUNT, Namespace


class ServerClient:
    """A namespace of one of the servers, and a client that may do everything there."""

    def __init__(self, client, namespace):
        self.client, self.namespace = client, namespace

    def path(self, resource, name=None, namespace=None):
        return path(resource, namespace or self.namespace, name)

    def send(self, method, resource, name=None, body=None, query=None, namespace=None):
        """(code, value)."""
        try:
            value = self.client.request(method, self.path(resource, name, namespace), body, query)
        except ApiError as error:
            return error.code, error.status
        return 200 if method != "POST" else 201, value

    def owner(self):
        """A pod that the garbage collector finds, as the owner of something."""
        pod = self.make("pods", "p", spec={"serviceAccountName": SERVICE_ACCOUNT, "containers": [
            {"name": "main", "image": "none"}]})
        return [{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": pod["metadata"]["uid"]}]

    def make(self, resource="configmaps", name="a", **more):
        code, made = self.send("POST", resource, body={"metadata": {"name": name}, **more})
        assert code == 201, made
        return made

    def watch(self, resource, count, name="a", **query):
        """The first so many events."""
        events = self.client.watch(self.path(resource), {"fieldSelector": "metadata.name=" + name, **query}, 20)
        try:
            return [next(events) for _ in range(count)]
        finally:
            events.close()


def fake(server, namespace):
    endpoint = server.endpoint()
    server.do("set_namespace", namespace)
    return ServerClient(Client(endpoint.url, server.ca_file, token=server.token), namespace)


def real(cluster):
    client = Client(cluster.url, cluster.ca_file, token=cluster.admin_token)
    return ServerClient(client, Namespace(cluster).name)


# What the library reads

_MARK = "leaderlife.dev/"


def shape(value):
    """Without what differs by nature: versions, UIDs and messages."""
    if value is None or not isinstance(value, dict):
        return value
    if value.get("kind") == "Status":
        details = value.get("details", {})
        return {"kind": "Status", "apiVersion": value.get("apiVersion"), "status": value.get("status"),
                "reason": value.get("reason", ""), "code": value.get("code", 0), "of": details.get("kind", ""),
                "name": details.get("name", ""), "causes": [cause.get("reason") for cause in details.get("causes", [])]}
    if "items" in value:
        return {"kind": value["kind"], "apiVersion": value["apiVersion"], "version": _has(value, "resourceVersion"),
                "items": [_object(item, bare=True) for item in value["items"] or []]}
    if value.get("type") == "BOOKMARK":  # an object of which only this is filled in
        return {"type": "BOOKMARK", "object": {**_object(value["object"]), "spec": None}}
    if "type" in value:
        return {"type": value["type"], "object": shape(value["object"])}
    return _object(value)


def _has(value, key):
    return bool(value.get("metadata", {}).get(key))


def _object(value, bare=False):
    metadata = value.get("metadata", {})
    owners = [{**owner, "uid": bool(owner["uid"])} for owner in metadata.get("ownerReferences", [])]
    seen = {"name": metadata.get("name"), "namespace": metadata.get("namespace"), "uid": _has(value, "uid"),
            "version": _has(value, "resourceVersion"), "owners": owners,
            "annotations": metadata.get("annotations"), "spec": value.get("spec"), "data": value.get("data")}
    return seen if bare else {"kind": value.get("kind"), "apiVersion": value.get("apiVersion"), **seen}
