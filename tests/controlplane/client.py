# SPDX-License-Identifier: Apache-2.0
"""A minimal Kubernetes API client for the tests' own actions. Each request has
a connection of its own, so nothing is left over when the API server is killed,
and the client can be used from any thread."""

import http.client
import json
import ssl
import urllib.parse

GROUPS = {
    "configmaps": "/api/v1", "pods": "/api/v1", "serviceaccounts": "/api/v1",
    "events": "/api/v1", "secrets": "/api/v1", "resourcequotas": "/api/v1",
    "leases": "/apis/coordination.k8s.io/v1",
    "roles": "/apis/rbac.authorization.k8s.io/v1",
    "rolebindings": "/apis/rbac.authorization.k8s.io/v1",
    "deployments": "/apis/apps/v1", "statefulsets": "/apis/apps/v1",
    "replicasets": "/apis/apps/v1",
}
MERGE_PATCH = "application/merge-patch+json"


def path(resource, namespace, name=None, sub=None):
    """The path of a namespaced resource, e.g. path("pods", "ns", "a", "status")."""
    parts = [GROUPS[resource], "namespaces", namespace, resource, name, sub]
    return "/".join(part for part in parts if part)


class ApiError(Exception):
    """An answer that is not 2xx. `status` is the Status object, {} if none came."""

    def __init__(self, code, body):
        try:
            self.status = json.loads(body)
        except ValueError:
            self.status = {}
        if not isinstance(self.status, dict):
            self.status = {}
        self.code = code
        self.reason = self.status.get("reason", "")
        text = self.status.get("message") or body[:300].decode(errors="replace")
        super().__init__(f"{code} {self.reason}: {text}")


class Client:
    """Speaks to one server as one user: a bearer token or a client certificate."""

    def __init__(self, server, ca_file, token=None, pair=None, timeout=30.0):
        self.server = server
        self.ca_file = ca_file
        self.token = token
        self.timeout = timeout
        self.accept = "application/json"
        address = urllib.parse.urlsplit(server)
        self._host, self._port = address.hostname, address.port
        self._tls = ssl.create_default_context(cafile=ca_file)
        if pair:
            self._tls.load_cert_chain(pair.cert, pair.key)

    def _send(self, method, target, body, query, content_type, timeout):
        headers = {"Accept": self.accept}
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        if body is not None:
            headers["Content-Type"] = content_type
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        if query:
            target += "?" + urllib.parse.urlencode(query)
        connection = http.client.HTTPSConnection(
            self._host, self._port, context=self._tls, timeout=timeout or self.timeout)
        try:
            connection.request(method, target, body, headers)
            return connection, connection.getresponse()
        except BaseException:
            connection.close()
            raise

    def raw(self, method, target, body=None, query=None, content_type="application/json", timeout=None):
        """Returns (code, body bytes), whatever the code."""
        connection, answer = self._send(method, target, body, query, content_type, timeout)
        try:
            return answer.status, answer.read()
        finally:
            connection.close()

    def open(self, target):
        """(connection, answer) of a GET, for who reads the body piece by piece and closes."""
        return self._send("GET", target, None, None, "", None)

    def request(self, method, target, body=None, query=None, content_type="application/json", timeout=None):
        """Returns the parsed answer, or raises ApiError."""
        code, text = self.raw(method, target, body, query, content_type, timeout)
        if not 200 <= code < 300:
            raise ApiError(code, text)
        return json.loads(text)

    def get(self, target, query=None):
        return self.request("GET", target, query=query)

    def find(self, target):
        """get, but None where there is no such object."""
        try:
            return self.get(target)
        except ApiError as error:
            if error.code == 404 and error.reason == "NotFound":
                return None
            raise

    def create(self, target, body, query=None):
        return self.request("POST", target, body, query)

    def replace(self, target, body, query=None):
        return self.request("PUT", target, body, query)

    def patch(self, target, body, content_type=MERGE_PATCH, query=None):
        return self.request("PATCH", target, body, query, content_type)

    def delete(self, target, grace=None, policy=None, uid=None, resource_version=None):
        """Deletes with the given grace, propagationPolicy and preconditions."""
        options = {"kind": "DeleteOptions", "apiVersion": "v1"}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        if policy:
            options["propagationPolicy"] = policy
        preconditions = {"uid": uid, "resourceVersion": resource_version}
        preconditions = {key: value for key, value in preconditions.items() if value}
        if preconditions:
            options["preconditions"] = preconditions
        return self.request("DELETE", target, options)

    def watch(self, target, query=None, timeout=None):
        """Yields watch events until the stream ends; closing the generator ends it."""
        connection, answer = self._send(
            "GET", target, None, {"watch": "1", **(query or {})}, "", timeout)
        try:
            if answer.status != 200:
                raise ApiError(answer.status, answer.read())
            for line in answer:
                yield json.loads(line)
        finally:
            connection.close()
