# SPDX-License-Identifier: Apache-2.0
"""Tests of what the fault proxy does to answers on their way, to watches most
of all, and to the connections below them."""

import http.client
import json
import threading
import time

import pytest

from .background import Background
from .client import ApiError
from .curl import curl
from .process import wait_for
from .proxy import GONE, Proxy

HTTP2_STREAM = 92  # curl: a stream was not closed cleanly


def watch_path(namespace):
    return f"{namespace.path('configmaps')}?watch=1&fieldSelector=metadata.name={namespace.lock}"


class Watch:
    """A watch on the lock, over a proxy. `events` is what has come, `end` how it
    ended: "" as long as it is open, "clean", or the error."""

    def __init__(self, proxy, namespace, pod):
        self.events, self.end = [], ""
        since = len(proxy.requests())
        self._source = proxy.client(pod).watch(
            namespace.path("configmaps"), {"fieldSelector": "metadata.name=" + namespace.lock, "resourceVersion": "0"})
        threading.Thread(target=self._read, daemon=True).start()
        wait_for("the watch", lambda: any(seen.get("code") == 200 for seen in proxy.requests(since)), 30)

    def _read(self):
        try:
            for event in self._source:
                self.events.append(event)
            self.end = "clean"
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.end = f"{type(error).__name__}: {error}"

    def types(self):
        return [event["type"] for event in self.events]

    def wait_types(self, *types):
        wait_for(f"events {types}", lambda: self.types() == list(types), 30)

    def wait_end(self):
        return wait_for("the watch's end", lambda: self.end, 30)


@pytest.fixture
def pod(namespace):
    return namespace.pod("a")


@pytest.fixture
def watch(proxy, namespace, pod):
    return Watch(proxy, namespace, pod)


def make_lock(namespace, pod):
    return pod.client().create(namespace.path("configmaps"), namespace.lock_body(pod))


def test_held_answer_to_a_write_that_has_committed(proxy, namespace, pod):
    rule = proxy.hold_answer(method="POST")
    client = proxy.client(pod)
    call = Background(lambda: client.create(namespace.path("configmaps"), namespace.lock_body(pod)))
    proxy.wait_held(rule)
    assert namespace.lock_object() is not None
    assert call.is_alive()
    assert proxy.release(rule) == 1
    assert call.result()["metadata"]["name"] == namespace.lock


def test_answer_held_for_a_time(proxy, pod):
    rule = proxy.hold_answer(ms=500)
    begun = time.monotonic()
    proxy.client(pod).get(pod.path)
    assert time.monotonic() - begun >= 0.5
    assert proxy.rule(rule)["held"] == 0


@pytest.mark.parametrize("connection", [False, True])
def test_answer_cut_after_some_bytes(proxy, pod, connection):
    proxy.cut(after=20, connection=connection)
    with pytest.raises((http.client.IncompleteRead, OSError)) as error:
        proxy.client(pod).get(pod.path)
    if error.type is http.client.IncompleteRead:
        assert len(error.value.partial) == 20
    assert proxy.requests()[0]["state"] == "cut"
    assert proxy.client(pod).get(pod.path)["metadata"]["name"] == "a"


def test_watch_cut_at_a_chosen_moment(proxy, namespace, pod, watch):
    make_lock(namespace, pod)
    watch.wait_types("ADDED")
    assert watch.end == ""
    rule = proxy.cut(now=True, query="watch")
    watch.wait_end()
    wait_for("the log", lambda: proxy.requests()[0]["state"] == "cut")
    assert proxy.rule(rule)["hits"] == 1
    later = Watch(proxy, namespace, pod)  # not taken: the rule was for then
    later.wait_types("ADDED")
    assert proxy.rule(rule)["hits"] == 1


def test_cut_is_no_clean_end(proxy, namespace, pod):
    connection, answer = proxy.client(pod).open(watch_path(namespace))
    rest = Background(answer.read)
    proxy.cut(now=True)
    with pytest.raises(http.client.IncompleteRead):
        rest.result()
    connection.close()


@pytest.mark.parametrize("code, says, status", [
    (0, "INTERNAL_ERROR", HTTP2_STREAM), (7, "Failure when receiving", 56), (8, "CANCEL", HTTP2_STREAM),
    (11, "ENHANCE_YOUR_CALM", HTTP2_STREAM)])
def test_reset_with_a_code(proxy, pod, code, says, status):
    candidate = pod.candidate(proxy)
    proxy.cut(after=5, code=code)
    done = curl(proxy, candidate, pod.path, pod.path)
    assert says in done.said
    assert done.codes == ["200", "200"]  # the header was there, and the next one is whole
    proxy.cut(code=code)
    assert curl(proxy, candidate, pod.path).status == status
    assert [seen["state"] for seen in proxy.requests()] == ["cut", "done", "cut"]


def test_refused_stream_is_tried_again_by_curl(proxy, pod):
    """What RFC 9113 allows to a client: so the server must have meant it."""
    proxy.refuse(code=7)
    assert curl(proxy, pod.candidate(proxy), pod.path).codes == ["200"]
    assert [seen["state"] for seen in proxy.requests()] == ["refused", "done"]


@pytest.mark.parametrize("code, retry_after", [(429, None), (429, 7), (500, None), (503, 7), (504, None)])
def test_unavailable(proxy, pod, code, retry_after):
    proxy.unavailable(code, retry_after)
    done = curl(proxy, pod.candidate(proxy), pod.path, options=["-v"])
    assert done.codes == [str(code)]
    assert ("retry-after: 7" in done.said.lower()) == (retry_after == 7)
    assert curl(proxy, pod.candidate(proxy), pod.path).codes == ["200"]


def test_gone_as_a_status(proxy, namespace, pod):
    proxy.gone(query="watch")
    with pytest.raises(ApiError) as error:
        next(proxy.client(pod).watch(namespace.path("configmaps"), {"resourceVersion": "1"}))
    assert (error.value.code, error.value.reason) == (410, "Expired")


def test_gone_as_an_event(proxy, namespace, pod, watch):
    make_lock(namespace, pod)
    watch.wait_types("ADDED")
    proxy.gone_event(now=True)
    assert watch.wait_end() == "clean"
    assert watch.events[1:] == [{"type": "ERROR", "object": GONE}]
    assert proxy.requests()[0]["state"] == "done"


def test_event_in_a_watch_that_goes_on(proxy, namespace, pod, watch):
    proxy.event("BOOKMARK", {"metadata": {}}, now=True)
    watch.wait_types("BOOKMARK")
    make_lock(namespace, pod)
    watch.wait_types("BOOKMARK", "ADDED")


def test_event_waits_for_the_end_of_the_line(proxy, namespace, pod):
    make_lock(namespace, pod)
    proxy.event("BOOKMARK", {"metadata": {}}, after=10)
    Watch(proxy, namespace, pod).wait_types("ADDED", "BOOKMARK")


def test_lines_split_into_bytes(proxy, namespace, pod):
    make_lock(namespace, pod)
    proxy.slow()
    connection, answer = proxy.client(pod).open(watch_path(namespace) + "&resourceVersion=0")
    pieces = [answer.read1()]
    while pieces[-1] != b"\n":
        pieces.append(answer.read1())  # no more than one chunk of HTTP/1.1, and each write is one
    connection.close()
    assert {len(piece) for piece in pieces} == {1}
    assert json.loads(b"".join(pieces))["object"]["metadata"]["name"] == namespace.lock


def test_slow_bytes(proxy, pod):
    proxy.slow(piece=50, ms=20)
    begun = time.monotonic()
    size = len(proxy.client(pod).raw("GET", pod.path)[1])
    assert time.monotonic() - begun >= size / 50 * 0.02


def test_silent_watch_until_released(proxy, namespace, pod, watch):
    rule = proxy.silence(now=True, query="watch")
    proxy.wait_held(rule)
    make_lock(namespace, pod)
    other = Watch(proxy, namespace, pod)
    other.wait_types("ADDED")
    assert (watch.events, watch.end) == ([], "")
    proxy.release(rule)
    watch.wait_types("ADDED")


def test_silent_answer_after_some_bytes(proxy, pod):
    rule = proxy.silence(after=20)
    connection, answer = proxy.client(pod).open(pod.path)
    proxy.wait_held(rule)
    assert len(answer.read(20)) == 20
    rest = Background(answer.read)
    time.sleep(0.3)
    assert rest.is_alive()
    proxy.remove(rule)
    assert rest.result().endswith(b"}\n")
    connection.close()


def test_silent_connection_swallows_a_request(proxy, pod):
    proxy.silence(connection=True, method="GET")
    client = proxy.client(pod)
    client.timeout = 1
    with pytest.raises(TimeoutError):  # and not closed
        client.get(pod.path)
    assert "code" not in proxy.requests()[0]
    assert client.get(pod.path)["metadata"]["name"] == "a"  # on a new connection


def test_silent_connection_of_a_watch(proxy, namespace, pod, watch):
    proxy.silence(connection=True, now=True)
    make_lock(namespace, pod)
    other = Watch(proxy, namespace, pod)
    other.wait_types("ADDED")
    pod.client().delete(namespace.lock_path)
    other.wait_types("ADDED", "DELETED")
    assert (watch.events, watch.end) == ([], "")


def test_connection_that_is_to_be_left(proxy, pod):
    """GOAWAY as kube-apiserver has it: the answer is whole, the next goes elsewhere."""
    candidate = pod.candidate(proxy)
    proxy.goaway(count=1)
    assert curl(proxy, candidate, *[pod.path] * 3).codes == ["200"] * 3
    connections = [seen["connection"] for seen in proxy.requests()]
    assert connections[0] != connections[1] == connections[2]


def test_goaway_frame_under_a_watch(proxy, namespace, pod):
    """The stream that is open ends as it would have; what comes next goes elsewhere."""
    candidate = pod.candidate(proxy)
    watched = watch_path(namespace) + "&timeoutSeconds=2"
    call = Background(lambda: curl(proxy, candidate, watched, pod.path))
    wait_for("the watch", lambda: any(seen.get("code") == 200 for seen in proxy.requests()), 30)
    proxy.goaway(now=True, code=11, query="watch")
    assert call.result(30).codes == ["200", "200"]
    first, second = proxy.requests()
    assert first["state"] == "done"
    assert first["connection"] != second["connection"]


def test_http1_has_neither_frame(cluster, pod):
    with Proxy(cluster, http1=True) as proxy:
        proxy.goaway(count=1)
        candidate = pod.candidate(proxy)
        assert curl(proxy, candidate, pod.path, pod.path).codes == ["200", "200"]
        proxy.cut(after=5, code=7)
        assert curl(proxy, candidate, pod.path).status != 0
        first, second, third = [seen["connection"] for seen in proxy.requests()]
        assert first != second != third


def test_bad_rules_are_refused(proxy):
    for rule in ({"action": "hold", "now": True}, {"action": "slow"}, {"action": "cut", "bytes": -1},
                 {"action": "cut", "break": "wire"}):
        with pytest.raises(ValueError):
            proxy.add(**rule)
    assert proxy.rules() == []
