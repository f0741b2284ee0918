# SPDX-License-Identifier: Apache-2.0
"""Objects in memory as the API server keeps them: one counter of versions, a
UID each, preconditions, and everything that happened, for watches. It knows no
HTTP. Only the server's loop touches it."""

import copy
import datetime
import uuid

from .status import Refused, conflict, full_name, not_found, of_object

KINDS = {"configmaps": ("v1", "ConfigMap"), "pods": ("v1", "Pod"), "leases": ("coordination.k8s.io/v1", "Lease")}
_MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"
# What the server owns: a writer's word for it does not count.
_OWNED = ("uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "managedFields", "selfLink")


class Store:
    """`version` is that of the last change; `compacted` the oldest that a watch may begin at."""

    def __init__(self):
        self.version = 1000
        self.compacted = 999
        self._namespaces = {}  # name: whether it is terminating
        self._objects = {}  # (resource, namespace): {name: object}
        self._events = {}  # (resource, namespace): [(version, type, object)]
        self._listeners = {}  # (resource, namespace): {callable(version, type, object)}

    # Namespaces

    def set_namespace(self, name, terminating=False):
        self._namespaces[name] = terminating

    def forget_namespace(self, name):
        """It is gone, with all that was in it; nobody is told."""
        self._namespaces.pop(name, None)
        for table in (self._objects, self._events, self._listeners):
            for key in [key for key in table if key[1] == name]:
                del table[key]

    # Reading

    def find(self, resource, namespace, name):
        return self._objects.get((resource, namespace), {}).get(name)

    def get(self, resource, namespace, name):
        found = self.find(resource, namespace, name)
        if found is None:
            raise not_found(resource, name)
        return found

    def list(self, resource, namespace, name=None):
        """All, or the one of that name."""
        table = self._objects.get((resource, namespace), {})
        return [table[key] for key in sorted(table) if name in (None, key)]

    # Writing

    def _next_version(self):
        self.version += 1
        return str(self.version)

    def _tell(self, kind, resource, namespace, thing):
        thing = copy.deepcopy(thing)
        self._events.setdefault((resource, namespace), []).append((self.version, kind, thing))
        for listener in list(self._listeners.get((resource, namespace), ())):
            listener(self.version, kind, thing)

    def create(self, resource, namespace, body):
        name = body.get("metadata", {}).get("name")
        if not name:
            raise Refused(422, "metadata.name: Required value: name or generateName is required")
        if namespace not in self._namespaces:
            raise not_found("namespaces", namespace)
        if self._namespaces[namespace]:
            raise Refused(403, f"{full_name(resource, name)} is forbidden: unable to create new content in namespace "
                               f"{namespace} because it is being terminated", **of_object(resource, name),
                          causes=[{"reason": "NamespaceTerminating", "field": "metadata.namespace",
                                   "message": f"namespace {namespace} is being terminated"}])
        if self.find(resource, namespace, name):
            raise Refused(409, full_name(resource, name) + " already exists", "AlreadyExists",
                          **of_object(resource, name))
        return self._put("ADDED", resource, namespace, name, body, {
            "uid": str(uuid.uuid4()), "creationTimestamp": _now()})

    def _put(self, kind, resource, namespace, name, body, owned):
        made = copy.deepcopy(body)
        version, kind_name = KINDS[resource]
        kept = {key: value for key, value in made.get("metadata", {}).items() if key not in _OWNED}
        made.update(apiVersion=version, kind=kind_name)
        made["metadata"] = {**kept, **owned, "name": name, "namespace": namespace,
                            "resourceVersion": self._next_version()}
        self._objects.setdefault((resource, namespace), {})[name] = made
        self._tell(kind, resource, namespace, made)
        return made

    def replace(self, resource, namespace, name, body):
        metadata = body.get("metadata", {})
        old = self.find(resource, namespace, name)
        if old is None and resource != "leases":  # those alone are created by an update
            raise not_found(resource, name)
        if old is None and metadata.get("uid"):
            raise conflict(resource, name, f"Precondition failed: UID in precondition: {metadata['uid']}, "
                                           "UID in object meta: ")
        if old is None:
            return self.create(resource, namespace, body)
        self._check(resource, name, old, metadata)
        owned = {key: old["metadata"][key] for key in _OWNED if key in old["metadata"]}
        if _is_same(old, body):
            return old
        return self._put("MODIFIED", resource, namespace, name, body, owned)

    def delete(self, resource, namespace, name, preconditions=None):
        """Returns the last state."""
        old = self.get(resource, namespace, name)
        self._check(resource, name, old, preconditions or {}, KINDS[resource][1])
        del self._objects[(resource, namespace)][name]
        last = copy.deepcopy(old)
        last["metadata"]["resourceVersion"] = self._next_version()
        self._tell("DELETED", resource, namespace, last)
        return last

    @staticmethod
    def _check(resource, name, old, wanted, kind=None):
        uid, version = old["metadata"]["uid"], old["metadata"]["resourceVersion"]
        if wanted.get("uid", uid) != uid:
            raise conflict(resource, name, f"Precondition failed: UID in precondition: {wanted['uid']}, "
                                           f"UID in object meta: {uid}", kind)
        if wanted.get("resourceVersion", version) != version:
            raise conflict(resource, name, _MODIFIED, kind)

    # Watching

    def events_since(self, resource, namespace, version):
        """Raises 410 where the versions do not reach back so far."""
        if version < self.compacted:
            raise Refused(410, f"too old resource version: {version} ({self.compacted})")
        return [event for event in self._events.get((resource, namespace), []) if event[0] > version]

    def listen(self, resource, namespace, listener):
        self._listeners.setdefault((resource, namespace), set()).add(listener)

    def unlisten(self, resource, namespace, listener):
        self._listeners.get((resource, namespace), set()).discard(listener)


def _now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _without_owned(thing):
    metadata = {key: value for key, value in thing.get("metadata", {}).items()
                if key not in (*_OWNED, "name", "namespace")}
    return {**thing, "metadata": metadata, "kind": "", "apiVersion": ""}


def _is_same(old, new):
    return _without_owned(old) == _without_owned(new)
