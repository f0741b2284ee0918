# SPDX-License-Identifier: Apache-2.0
"""Status objects in the API server's words, and the exception that carries one
from where a request is refused to where it is answered."""

REASONS = {
    400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 405: "MethodNotAllowed",
    406: "NotAcceptable", 408: "Timeout", 409: "Conflict", 410: "Expired", 413: "RequestEntityTooLarge",
    415: "UnsupportedMediaType", 422: "Invalid", 429: "TooManyRequests", 500: "InternalError",
    503: "ServiceUnavailable", 504: "Timeout",
}
GROUPS = {"leases": "coordination.k8s.io"}


def failure(code, message="", reason=None, **details):
    """A Status of a failure. reason: the usual one of the code if left out."""
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
              "reason": REASONS.get(code, "") if reason is None else reason, "code": code}
    return {**status, "details": details} if details else status


class Refused(Exception):
    """A request that is answered with a Status."""

    def __init__(self, code, message, reason=None, **details):
        super().__init__(message)
        self.code = code
        self.status = failure(code, message, reason, **details)


def of_object(resource, name):
    """The details by which a Status names an object."""
    group = {"group": GROUPS[resource]} if resource in GROUPS else {}
    return {"name": name, **group, "kind": resource}


def full_name(resource, name):
    """As messages name it: leases.coordination.k8s.io "a"."""
    group = "." + GROUPS[resource] if resource in GROUPS else ""
    return f'{resource}{group} "{name}"'


def not_found(resource, name):
    return Refused(404, full_name(resource, name) + " not found", **of_object(resource, name))


def conflict(resource, name, why, kind=None):
    """kind: what the details call it, where that is not the resource."""
    return Refused(409, f"Operation cannot be fulfilled on {full_name(resource, name)}: {why}",
                   **{**of_object(resource, name), **({"kind": kind} if kind else {})})


def invalid_list_options(field, why):
    return Refused(422, f'ListOptions.meta.k8s.io "" is invalid: {field}: Forbidden: {why}', name="",
                   group="meta.k8s.io", kind="ListOptions",
                   causes=[{"reason": "FieldValueForbidden", "message": f"Forbidden: {why}", "field": field}])
