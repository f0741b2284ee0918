# SPDX-License-Identifier: Apache-2.0
"""The columns of the matrix: every fault, and what it leads to whatever the request is.
expectation.py has what it leads to for one request."""

import email.utils
import time
from dataclasses import dataclass, field

from apiserver import faults, intermediaries

NETWORK, TLS, SERVER, PROTOCOL = ("LEADERLIFE_ENETWORK", "LEADERLIFE_ETLS", "LEADERLIFE_ESERVER",
                                  "LEADERLIFE_EPROTOCOL")
AUTH, FORBIDDEN, REJECTED = "LEADERLIFE_EAUTH", "LEADERLIFE_EFORBIDDEN", "LEADERLIFE_EREJECTED"
NAMESPACE, QUOTA = "LEADERLIFE_ENAMESPACE", "LEADERLIFE_EQUOTA"


@dataclass(frozen=True)
class Column:
    """One fault.

    kind       the class that figures are told for
    act        see apiserver/faults.py
    says       the status by which a failed request is told; None: nobody need be told
    times      it hits the first so many such requests
    only       the rows that it makes sense for
    permanent  the text of the end that it means for a request of the machine's, if it means one (P15)
    not_before seconds after a hit before which that request must not come again (Retry-After)
    lasts      seconds after a hit until which something may still come of it
    options    of the candidate; makes silence short
    http2      there is no such thing in HTTP/1.1"""
    name: str
    kind: str
    act: object
    says: str | None = None
    times: int = 1
    only: object = None
    permanent: tuple = ()
    not_before: float = 0.0
    lasts: float = 0.0
    options: dict = field(default_factory=dict)
    http2: bool = False

    def fits(self, row):
        return self.only is None or self.only(row)


def _watch(row):
    return row.is_watch


def _write(row):
    return row.is_write


def _not_watch(row):
    return not row.is_watch


def _create(row):
    return row.verb == "create"


def _named(row):
    """Its answer is about one object that is there."""
    return row.verb == "update" or (row.situation != "start" and row.verb in ("get", "watch", "list"))


def _done(row):
    """Its answer shows what was written; of a DELETE it is of no interest."""
    return row.verb in ("create", "update") or _named(row)


PATIENT = {"x-request-timeout-ms": "1500"}
LENIENT = {"x-request-timeout-ms": "60000"}  # a busy machine takes its time for 9 MiB
WATCHFUL = {"x-request-timeout-ms": "4000", "x-idle-timeout-ms": "2000"}  # what a busy machine keeps to, too


# Statuses

STATUSES = (400, 401, 403, 404, 405, 406, 408, 409, 410, 413, 415, 422, 429, 500, 501, 502, 503, 504, 507)
_INVALID = (400, 405, 406, 413, 415, 422)
_SAYS = {401: None, 403: FORBIDDEN, 404: PROTOCOL, 409: None, **dict.fromkeys(_INVALID, REJECTED)}
_BARE_SAYS = {401: None, **dict.fromkeys((408, 429, 500, 501, 502, 503, 504, 507), SERVER)}


def _statuses():
    for code in STATUSES:
        permanent = (REJECTED, f"calls the request invalid (HTTP {code})", f"the test's own {code}")
        yield Column(f"{code}", "status", faults.status(code), _SAYS.get(code, SERVER),
                     permanent=permanent if code in _INVALID else ())
        yield Column(f"{code} bare", "status", faults.status(code, b"no\n"), _BARE_SAYS.get(code, PROTOCOL))
    for code in (401, 403, 429, 500, 503):
        yield Column(f"{code} x4", "status in a row", faults.status(code),
                     {401: AUTH, 403: FORBIDDEN}.get(code, SERVER), times=4)
    for code in (500, 504):
        yield Column(f"{code} after", "status", faults.status(code, after=True), SERVER, only=_write)


def _special_statuses():
    yield Column("409 exists", "status", faults.status(409, reason="AlreadyExists"), only=_create)
    yield Column("404 of it", "status", faults.absent(), only=lambda row: row.verb in ("update", "delete"))
    yield Column("404 namespace", "namespace", faults.status(404, name="gone", kind="namespaces"), NAMESPACE,
                 only=_create, permanent=(NAMESPACE, "there is no such namespace", "create it"))
    yield Column("403 terminating", "namespace", faults.status(403, causes=[{"reason": "NamespaceTerminating"}]),
                 NAMESPACE, only=_write, permanent=(NAMESPACE, "the namespace is being deleted", "create it anew"))
    yield Column("403 quota", "status", faults.status(403, {
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403,
        "message": "exceeded quota: few, requested: count/configmaps=1"}), QUOTA, only=_create)


# Retry-After

def _date(seconds):
    return lambda: [("retry-after", email.utils.formatdate(time.time() + seconds, usegmt=True))]


def _retry_after():
    forms = {"1": ([("retry-after", "1")], 1), "date": (_date(3), 1), "past date": (_date(-9), 0),
             "0": ([("retry-after", "0")], 0), "negative": ([("retry-after", "-5")], 0),
             "garbage": ([("retry-after", "soon; maybe=1")], 0), "empty": ([("retry-after", "")], 0),
             "fraction": ([("retry-after", "1.5")], 1),
             "twice": ([("retry-after", "1"), ("retry-after", "1")], 1),
             "more than a number holds": ([("retry-after", "9" * 40)], 0)}
    for name, (headers, least) in forms.items():
        yield Column(f"Retry-After {name}", "Retry-After", faults.status(429, headers=headers), SERVER,
                     not_before=least)
    yield Column("503 Retry-After 1", "Retry-After", faults.status(503, b"", [("retry-after", "1")]), SERVER,
                 not_before=1)
    yield Column("retryAfterSeconds 1", "Retry-After", faults.status(429, retryAfterSeconds=1), SERVER, not_before=1)
    yield Column("retryAfterSeconds x", "Retry-After", faults.status(429, retryAfterSeconds="1e99"), SERVER)


# Not Kubernetes' answers

def _pages():
    yield Column("page", "not Kubernetes", faults.page(), PROTOCOL)
    yield Column("page x4", "not Kubernetes", faults.page(), PROTOCOL, times=4)
    yield Column("page after", "not Kubernetes", faults.page(201, after=True), PROTOCOL, only=_write)
    yield Column("redirect", "not Kubernetes", faults.page(302), PROTOCOL)
    yield Column("nothing", "not Kubernetes", faults.status(200, b""), PROTOCOL)
    yield Column("204", "not Kubernetes", faults.status(204, b""), PROTOCOL)
    yield Column("wrong content type", "not Kubernetes", faults.served(kind="text/html; charset=x"))
    yield Column("Status in a 200", "not Kubernetes", faults.status(200), PROTOCOL,
                 only=lambda row: row.verb != "delete")
    yield Column("array", "not Kubernetes", faults.spoiled(lambda text: b"[" + text.strip() + b"]\n"), PROTOCOL)


# Bodies that cannot be read

def _twice(text):
    return text.replace(b"{", b'{"kind":"Twice","kind":"Twice",', 1)


def _nested(text):
    return text.replace(b"{", b'{"deep":' + b'{"a":' * 100000 + b"1" + b"}" * 100000 + b",", 1)


def _no_utf8(text):
    return text.replace(b"{", b'{"x":"\xff\xfe\xc0\xaf",', 1)


def _huge(text):
    return text.replace(b"{", b'{"x":"' + b"x" * (9 << 20) + b'",', 1)


def _with_nul(text):
    return text.replace(b'"resourceVersion":"', b'"resourceVersion":"\\u0000')


def _bodies():
    for name, change, only in (("duplicate keys", _twice, None), ("nested deeply", _nested, None),
                               ("invalid UTF-8", _no_utf8, None), ("oversized", _huge, None),
                               ("NUL in the version", _with_nul, _done)):
        yield Column(name, "unreadable body", faults.spoiled(change), PROTOCOL, only=only,
                     options=LENIENT if name == "oversized" else {})
    yield Column("half a body", "cut", faults.truncated(), NETWORK, only=_not_watch)
    yield Column("half a body, unannounced", "cut", faults.truncated(announced=False), PROTOCOL, only=_not_watch)
    yield Column("half a body, reset", "cut", faults.truncated("reset"), NETWORK, only=_not_watch)
    yield Column("half a body, silence", "cut", faults.truncated("silence"), NETWORK, only=_not_watch, options=PATIENT)
    yield Column("in single bytes", "slow", faults.in_pieces(1))
    yield Column("slow", "slow", faults.in_pieces(50, 0.01))


# Objects that are not what was asked for

def _without(*keys):
    def change(thing):
        for key in keys[:-1]:
            thing = thing.get(key, {})
        thing.pop(keys[-1], None)
    return change


def _with(value, *keys):
    def change(thing):
        for key in keys[:-1]:
            thing = thing.setdefault(key, {})
        thing[keys[-1]] = value
    return change


def _objects():
    changes = {"wrong kind": _with("Secret", "kind"), "kind a number": _with(7, "kind"),
               "no metadata": _without("metadata"), "metadata a list": _with([1], "metadata"),
               "no uid": _without("metadata", "uid"), "no version": _without("metadata", "resourceVersion"),
               "version a number": _with(12, "metadata", "resourceVersion"),
               "another name": _with("another", "metadata", "name"), "no name": _without("metadata", "name")}
    odd_for_watches = ("no uid", "wrong kind", "kind a number")  # then the object is in doubt, the stream goes on
    for name, change in changes.items():
        only = _single if name not in odd_for_watches else lambda row: _single(row) and not row.is_watch
        yield Column(name, "wrong object", faults.mangled(change), PROTOCOL, only=only)


    yield Column("strange version", "wrong object", faults.mangled(_with("1&watch=1", "metadata", "resourceVersion")),
                 only=_single)


def _single(row):
    """A LIST has such things in its items, and its own metadata is its business alone."""
    return _done(row) and row.verb != "list"


_POD = {"apiVersion": "v1", "kind": "Pod", "name": "h", "uid": "u"}
_ODD_OWNERS = {"no owners": [], "two owners": [_POD, {**_POD, "name": "i"}],
               "owner no pod": [{**_POD, "kind": "Node"}], "owner without uid": [{**_POD, "uid": ""}],
               "owner a text": ["me"], "owners an object": {"a": 1}}


def _owners():
    """Only of the lock: that is what it is a lock by."""
    for name, owners in _ODD_OWNERS.items():
        yield Column(name, "odd owners", faults.mangled(_with(owners, "metadata", "ownerReferences"), "silence"),
                     only=lambda row: row.resource == "configmaps" and row.situation == "follow" and row.is_watch)


# Streams

def _streams():
    for code, reason in ((410, "Expired"), (410, "Gone"), (500, "InternalError"), (429, "TooManyRequests"),
                         (403, "Forbidden"), (401, "Unauthorized"), (504, "Timeout")):
        event = faults.error_event(code, reason)
        for midway in (False, True):
            yield Column(f"ERROR {code} {reason}{', midway' if midway else ''}", "event in a stream",
                         faults.lines(event, midway=midway), only=_watch)
    for name, line in (("blank lines", b"\n\n\n"), ("no JSON", b"hello\n"),
                       ("unknown type", {"type": "X", "object": {}}),
                       ("no object", {"type": "ADDED"}), ("ERROR no Status", {"type": "ERROR", "object": {"a": 1}}),
                       ("BOOKMARK without version", {"type": "BOOKMARK", "object": {"metadata": {}}})):
        for midway in (False, True):
            yield Column(f"{name}{', midway' if midway else ''}", "event in a stream",
                         faults.lines(line, midway=midway), only=_watch)
    yield Column("410 x4", "status in a row", faults.status(410), SERVER, times=4)
    yield Column("ERROR 410 x4", "event in a stream", faults.lines(faults.error_event(410)), times=4, only=_watch)
    yield Column("ends at once", "short stream", faults.lines(), only=_watch)
    yield Column("ends at once x4", "short stream", faults.lines(), times=4, only=_watch)
    yield Column("ends after the initial events", "short stream", faults.lines(midway=True), only=_watch)
    yield Column("reset after the initial events", "short stream", faults.lines(then="reset", midway=True), only=_watch)
    yield Column("half a line, end", "short stream", faults.truncated(), only=_watch)
    yield Column("half a line, reset", "short stream", faults.truncated("reset"), only=_watch)
    yield Column("half a line, silence", "silence", faults.truncated("silence"), only=_watch, options=WATCHFUL)
    yield Column("silence after the head", "silence", faults.silent_head(), only=_watch, options=WATCHFUL)
    yield Column("silence after the initial events", "silence", faults.lines(then="silence", midway=True), only=_watch,
                 options=WATCHFUL)


# No answer

def _network():
    yield Column("stall", "silence", faults.stalled(), NETWORK, options=WATCHFUL)
    yield Column("stall x3", "silence", faults.stalled(), NETWORK, times=3, options=WATCHFUL)
    yield Column("stall after", "silence", faults.stalled(after=True), NETWORK, only=_write, options=PATIENT)
    yield Column("commits late", "silence", faults.stalled(late=2.5), NETWORK, only=_write, lasts=3,
                 options=PATIENT)
    for name, act in (("reset", faults.broken), ("end", faults.hung_up)):
        yield Column(f"{name} before", "broken", act(), NETWORK)
        yield Column(f"{name} after", "broken", act(after=True), NETWORK, only=_write)
        yield Column(f"{name} before x4", "broken in a row", act(), NETWORK, times=4)
    yield Column("TLS ends, TCP stays", "broken", faults.tls_ended(), NETWORK, options=WATCHFUL)
    yield Column("refused for 0.3 s", "refused", faults.refused(0.3), NETWORK)
    yield Column("refused for 0.3 s after", "refused", faults.refused(0.3, after=True), NETWORK, only=_write)
    yield Column("ends before TLS x2", "refused", faults.without_tls(2, hold=False), NETWORK)
    yield Column("silent before TLS", "refused", faults.without_tls(1, hold=True), NETWORK, options=WATCHFUL)


# HTTP/2

_CODES = {"NO_ERROR": 0, "PROTOCOL_ERROR": 1, "INTERNAL_ERROR": 2, "REFUSED_STREAM": 7, "CANCEL": 8,
          "ENHANCE_YOUR_CALM": 11, "HTTP_1_1_REQUIRED": 13}


def _http2():
    for name, code in _CODES.items():
        yield Column(f"RST_STREAM {name}", "HTTP/2", faults.stream_reset(code), NETWORK, http2=True)
    yield Column("RST_STREAM CANCEL after", "HTTP/2", faults.stream_reset(8, after=True), NETWORK, only=_write,
                 http2=True)
    yield Column("GOAWAY, answered", "HTTP/2", faults.going_away(), only=_not_watch, http2=True)
    yield Column("GOAWAY, unanswered", "HTTP/2", faults.going_away(answered=False), NETWORK, http2=True)
    yield Column("GOAWAY, unprocessed", "HTTP/2", faults.going_away(answered=False, processed=False), NETWORK,
                 http2=True)
    yield Column("GOAWAY ENHANCE_YOUR_CALM", "HTTP/2", faults.going_away(11, answered=False, processed=False),
                 NETWORK, http2=True)
    yield Column("GOAWAY INTERNAL_ERROR after", "HTTP/2", faults.going_away(2, answered=False, after=True), NETWORK,
                 only=_write, http2=True)


# What stands between

def _intermediaries():
    yield Column("102, 103, 103", "slow", intermediaries.interim(102, 103, 103))
    yield Column("103 and no more", "cut", intermediaries.interim_only(103), NETWORK)
    yield Column("103 and no more after", "cut", intermediaries.interim_only(103, after=True), NETWORK, only=_write)
    yield Column("trailers", "slow", intermediaries.trailers(("x-sum", "1"), ("content-encoding", "br")),
                 only=_not_watch)
    yield Column("chunks of one byte", "slow", intermediaries.chunks())
    yield Column("longer than it is", "cut", intermediaries.misjudged_length(5), NETWORK, only=_not_watch)
    yield Column("shorter than it is", "cut", intermediaries.misjudged_length(-5), NETWORK, only=_not_watch, http2=True)
    for name, pack in (("X-GZip", "gzip"), ("identity", "")):
        yield Column("packed " + name, "slow", intermediaries.packed([name], pack))
    for name, pack in (("br", "gzip"), ("gzip, gzip", "gzip"), ("gzip", "")):  # the last is none
        yield Column(f"packed {name}, unreadable", "not Kubernetes", intermediaries.packed([name], pack), PROTOCOL)
    for kind in ('APPLICATION/JSON ; Charset="UTF-8"', "application/json;stream=watch"):
        yield Column("content type " + kind, "not Kubernetes", intermediaries.kind(kind))


# P6: a refusal that was received holds; test_refusals.py has more of them

_CUT_SAYS = {401: None, 409: None, 429: SERVER}


def _refusals():
    for code in (401, 403, 404, 409, 410, 429, 503):
        yield Column(f"{code} cut", "cut", intermediaries.refusal(code), _CUT_SAYS.get(code, NETWORK))
    for name, then in (("connection ends", "close"), ("GOAWAY", "goaway"), ("RST_STREAM NO_ERROR", 0)):
        yield Column(f"401 cut, {name}", "cut", intermediaries.refusal(401, then), only=_write)


COLUMNS = [column
           for group in (_statuses, _special_statuses, _retry_after, _pages, _bodies, _objects, _owners, _streams,
                         _network, _http2, _intermediaries, _refusals) for column in group()]
