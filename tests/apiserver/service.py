# SPDX-License-Identifier: Apache-2.0
"""Requests and what the API server would answer: GET, LIST, WATCH, POST, PUT
and DELETE on the store. It serves what the library asks for, and refuses the
rest. It knows no connections."""

import asyncio
import collections
import json
import re
import urllib.parse
from dataclasses import dataclass, field

from .status import Refused, invalid_list_options, of_object
from .store import KINDS

_PATH = re.compile(r"/(?:api/v1|apis/coordination\.k8s\.io/v1)/namespaces/([^/]+)/"
                   r"(configmaps|pods|leases)(?:/([^/]+))?")
_PARTIAL = "as=PartialObjectMetadata"
INITIAL_END = "k8s.io/initial-events-end"


@dataclass
class Request:
    """One request, parsed as far as it can be."""
    method: str
    target: str
    headers: dict
    body: bytes = b""
    at: float = 0.0  # monotonic, when it had arrived
    resource: str = ""
    namespace: str = ""
    name: str = ""  # that of the path, or the selector's
    query: dict = field(default_factory=dict)

    def __post_init__(self):
        path, _, query = self.target.partition("?")
        self.query = dict(urllib.parse.parse_qsl(query))
        found = _PATH.fullmatch(path)
        if found:
            self.namespace, self.resource = found[1], found[2]
            selector = self.query.get("fieldSelector", "")
            self.name = urllib.parse.unquote(found[3] or selector.removeprefix("metadata.name="))
        self.single = bool(found and found[3])

    @property
    def verb(self):
        """get, list, watch, create, update, delete."""
        if self.method == "GET" and self.query.get("watch") in ("1", "true"):
            return "watch"
        return {"GET": "get" if self.single else "list", "POST": "create", "PUT": "update",
                "DELETE": "delete"}.get(self.method, self.method)

    @property
    def partial(self):
        return _PARTIAL in self.headers.get("accept", "")

    def json(self):
        try:
            value = json.loads(self.body or b"{}")
        except ValueError as error:
            raise Refused(400, f"the body is no JSON: {error}") from None
        return value if isinstance(value, dict) else {}


@dataclass
class Answer:
    """events: an asynchronous generator of watch events; then there is no body."""
    code: int
    body: dict | None = None
    events: object = None


def carry_out(store, request, settings):
    """Does it, and says what to answer. settings: see server.Settings."""
    try:
        if not request.resource:
            raise Refused(404, "the server could not find the requested resource")
        act = {"get": _get, "list": _list, "watch": _watch, "create": _create, "update": _update,
               "delete": _delete}.get(request.verb)
        if act is None:
            raise Refused(405, "the server does not allow this method on the requested resource")
        return act(store, request, settings)
    except Refused as refused:
        return Answer(refused.code, refused.status)


def shown(thing, request):
    """The object, or its metadata where the client asks for no more."""
    if not request.partial:
        return thing
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": thing["metadata"]}


def _get(store, request, _settings):
    return Answer(200, shown(store.get(request.resource, request.namespace, request.name), request))


def _list(store, request, _settings):
    found = store.list(request.resource, request.namespace, request.name or None)
    version, kind = KINDS[request.resource]
    if request.partial:
        version, kind, found = "meta.k8s.io/v1", "PartialObjectMetadata", [shown(thing, request) for thing in found]
    else:  # a list says once what its items are
        found = [{key: value for key, value in thing.items() if key not in ("kind", "apiVersion")} for thing in found]
    return Answer(200, {"kind": kind + "List", "apiVersion": version,
                        "metadata": {"resourceVersion": str(store.version)}, "items": found})


def _create(store, request, _settings):
    return Answer(201, store.create(request.resource, request.namespace, request.json()))


def _update(store, request, _settings):
    existed = store.find(request.resource, request.namespace, request.name)
    made = store.replace(request.resource, request.namespace, request.name, request.json())
    return Answer(200 if existed else 201, made)


def _delete(store, request, _settings):
    last = store.delete(request.resource, request.namespace, request.name, request.json().get("preconditions"))
    details = {**of_object(request.resource, request.name), "uid": last["metadata"]["uid"]}
    return Answer(200, {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})


# Watches

class _Happened:
    """Events that wait for their stream. (A Queue can lose one when a wait for it times out.)"""

    def __init__(self):
        self._events = collections.deque()
        self._some = asyncio.Event()

    def add(self, *event):
        self._events.append(event)
        self._some.set()

    async def next(self, seconds):
        """(version, type, object), or None when nothing happens for so long."""
        if not self._events:
            self._some.clear()
            try:
                await asyncio.wait_for(self._some.wait(), seconds)
            except asyncio.TimeoutError:
                return None
        return self._events.popleft()


def _watch(store, request, settings):
    initial = request.query.get("sendInitialEvents") == "true"
    if initial and not settings.initial_events:
        raise invalid_list_options("sendInitialEvents", "sendInitialEvents is forbidden for watch unless the WatchList "
                                                        "feature gate is enabled")
    if initial and request.query.get("resourceVersionMatch") != "NotOlderThan":
        raise invalid_list_options("resourceVersionMatch",
                                   "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
    return Answer(200, events=_events(store, request, settings, initial))


async def _events(store, request, settings, initial):
    """Listens before it looks, so that nothing falls between."""
    happened = _Happened()
    deadline = asyncio.get_running_loop().time() + float(request.query.get("timeoutSeconds", 1e9))
    store.listen(request.resource, request.namespace, happened.add)
    try:
        try:
            for event in _first(store, request, initial):
                yield event
        except Refused as refused:  # the stream has begun, as on a real server
            yield {"type": "ERROR", "object": refused.status}
            return
        while True:
            event = await _next(store, request, settings, happened, deadline)
            if event is None:
                return
            if event["type"]:
                yield event
    finally:
        store.unlisten(request.resource, request.namespace, happened.add)


def _first(store, request, initial):
    version = request.query.get("resourceVersion", "")
    if initial or version in ("", "0"):
        events = [_event("ADDED", thing, request)
                  for thing in store.list(request.resource, request.namespace, request.name or None)]
        return events + ([bookmark(store, request, initial=True)] if initial else [])
    past = store.events_since(request.resource, request.namespace, int(version))
    return [_event(kind, thing, request) for _, kind, thing in past if _selected(thing, request)]


async def _next(store, request, settings, happened, deadline):
    """The next event; of no type where it is of another object; None at the end."""
    left = deadline - asyncio.get_running_loop().time()
    wait = min(left, settings.bookmark_s)
    event = await happened.next(max(wait, 0))
    if event is None:
        return None if wait == left else bookmark(store, request)
    _, kind, thing = event
    return _event(kind if _selected(thing, request) else "", thing, request)


def _selected(thing, request):
    return request.name in ("", thing["metadata"]["name"])


def _event(kind, thing, request):
    return {"type": kind, "object": shown(thing, request)}


def bookmark(store, request, initial=False):
    version, kind = KINDS[request.resource]
    if request.partial:
        version, kind = "meta.k8s.io/v1", "PartialObjectMetadata"
    metadata = {"resourceVersion": str(store.version)}
    if initial:
        metadata["annotations"] = {INITIAL_END: "true"}
    return {"type": "BOOKMARK", "object": {"kind": kind, "apiVersion": version, "metadata": metadata}}
