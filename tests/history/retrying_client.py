# SPDX-License-Identifier: Apache-2.0
"""A client that repeats requests until they succeed, for a test during which the
API server comes and goes."""

import http.client
import time

from controlplane.client import ApiError, Client
from scenarios.observer import HANG


class RetryingClient(Client):
    """As the cluster's admin. A create that turns out to have happened gives
    the object; a delete of what is gone, or has another UID by now, is done."""

    def __init__(self, cluster):
        super().__init__(cluster.url, cluster.ca_file, token=cluster.admin_token, timeout=10.0)

    def request(self, method, target, body=None, query=None, content_type="application/json", timeout=None):
        deadline = time.monotonic() + HANG
        for attempt in range(1000):
            try:
                return super().request(method, target, body, query, content_type, timeout)
            except ApiError as error:
                if method == "DELETE" and error.code in (404, 409):
                    return {}
                if attempt and method == "POST" and error.reason == "AlreadyExists":
                    return self.get(f"{target}/{body['metadata']['name']}")
                if not _passes(error) or time.monotonic() > deadline:
                    raise
            except (OSError, http.client.HTTPException):
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.1)
        raise AssertionError("unreachable: the deadline comes first")


def _passes(error):
    """An API server that has just started refuses everybody for a moment."""
    return error.code >= 500 or error.code in (401, 403, 429)
