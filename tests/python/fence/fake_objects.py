# SPDX-License-Identifier: Apache-2.0
"""Objects that are replaced as an API server replaces them: with the version that was read, or in any case where none
is said. (The frozen leader is tried on a real one.)"""

import copy
import threading

from controlplane.client import ApiError


class FakeObjects:
    """What stores.Kubernetes uses of a controlplane.client.Client. Any thread may call it."""

    def __init__(self):
        self._objects = {}
        self._version = 0
        self._mutex = threading.Lock()

    def create(self, folder, body):
        with self._mutex:
            self._put(f"{folder}/{body['metadata']['name']}", body)

    def get(self, path):
        with self._mutex:
            return copy.deepcopy(self._objects[path])

    def replace(self, path, body):
        with self._mutex:
            wanted = body["metadata"].get("resourceVersion")
            if wanted not in (None, self._objects[path]["metadata"]["resourceVersion"]):
                raise ApiError(409, b"")
            self._put(path, body)

    def _put(self, path, body):
        self._version += 1
        self._objects[path] = copy.deepcopy(body)
        self._objects[path]["metadata"]["resourceVersion"] = str(self._version)
