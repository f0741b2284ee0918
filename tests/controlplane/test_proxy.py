# SPDX-License-Identifier: Apache-2.0
"""Tests of the fault proxy: what it breaks is broken in the way that the rule
says, and all else passes."""

import ssl
import time

import pytest

from .background import Background
from .client import ApiError, Client
from .curl import curl
from .keys import Authority
from .process import wait_for
from .proxy import Proxy, status


@pytest.mark.parametrize("connection", [False, True])
def test_dropped_answer_has_committed(proxy, namespace, connection):
    pod = namespace.pod("a")
    rule = proxy.drop_answer(method="POST", path="/configmaps$", connection=connection)
    with pytest.raises((OSError, ssl.SSLError)):
        proxy.client(pod).create(namespace.path("configmaps"), namespace.lock_body(pod))
    assert namespace.lock_object() is not None
    assert proxy.rule(rule)["hits"] == 1
    assert [(seen["state"], seen["code"]) for seen in proxy.requests()] == [("dropped", 201)]


def test_refused_request_has_not_committed(proxy, namespace):
    pod = namespace.pod("a")
    client = proxy.client(pod)
    proxy.refuse(method="POST")
    with pytest.raises((OSError, ssl.SSLError)):
        client.create(namespace.path("configmaps"), namespace.lock_body(pod))
    assert namespace.lock_object() is None
    client.create(namespace.path("configmaps"), namespace.lock_body(pod))


def test_held_request_waits_for_its_release(proxy, namespace):
    pod = namespace.pod("a")
    client = proxy.client(pod)
    rule = proxy.hold(method="POST", pod="^a$")
    call = Background(lambda: client.create(namespace.path("configmaps"), namespace.lock_body(pod)))
    proxy.wait_held(rule)
    assert namespace.lock_object() is None
    assert proxy.release(rule) == 1
    assert call.result()["metadata"]["name"] == namespace.lock


def test_hold_for_a_time(proxy, namespace):
    pod = namespace.pod("a")
    client = proxy.client(pod)
    proxy.hold(ms=500, user=namespace.user)
    begun = time.monotonic()
    client.get(pod.path)
    assert time.monotonic() - begun >= 0.5


@pytest.mark.parametrize("detach", [False, True])
def test_held_write_after_its_client_has_gone(proxy, namespace, detach):
    pod = namespace.pod("a")
    client = proxy.client(pod)
    client.timeout = 0.3
    rule = proxy.hold(method="POST", detach=detach)
    with pytest.raises(TimeoutError):
        client.create(namespace.path("configmaps"), namespace.lock_body(pod))
    proxy.wait_held(rule, 1 if detach else 0)
    assert namespace.lock_object() is None
    proxy.release(rule)
    if detach:
        wait_for("the late commit", namespace.lock_object, 5)
    else:
        time.sleep(0.5)
        assert namespace.lock_object() is None


def test_answers_by_itself(proxy, namespace):
    client = proxy.client(namespace.pod("a"))
    proxy.answer(429, status(429, "TooManyRequests", "later"), {"Retry-After": "1"}, skip=1)
    assert client.raw("GET", namespace.lock_path)[0] == 404
    with pytest.raises(ApiError) as error:
        client.get(namespace.lock_path)
    assert (error.value.code, error.value.reason) == (429, "TooManyRequests")
    assert client.raw("GET", namespace.lock_path)[0] == 404


def test_bad_rule_is_refused(proxy):
    for rule in ({"action": "unknown"}, {"action": "hold", "path": "("}, {"action": "hold", "odd": 1}):
        with pytest.raises(ValueError):
            proxy.add(**rule)
    assert proxy.rules() == []


def test_watch_streams_through_the_proxy(proxy, namespace):
    pod = namespace.pod("a")
    events = proxy.client(pod).watch(
        namespace.path("configmaps"),
        {"fieldSelector": "metadata.name=" + namespace.lock, "resourceVersion": "0"})
    first = Background(lambda: next(events))
    wait_for("the watch", lambda: any(seen.get("code") == 200 for seen in proxy.requests()), 30)
    pod.client().create(namespace.path("configmaps"), namespace.lock_body(pod))
    assert first.result(30)["type"] == "ADDED"
    events.close()


@pytest.mark.parametrize("http1, version", [(False, "2"), (True, "1.1")])
def test_protocol_versions(cluster, namespace, http1, version):
    with Proxy(cluster, http1=http1) as proxy:
        candidate = namespace.pod("a").candidate(proxy)
        assert curl(proxy, candidate, candidate.pod.path).printed == version + " 200 "
        seen = proxy.requests()[0]
        assert seen["proto"] == ("HTTP/1.1" if http1 else "HTTP/2.0")
        assert (seen["user"], seen["pod"]) == (namespace.user, "a")


def test_http2_stream_breaks_alone(proxy, namespace):
    """curl with two transfers on one connection: the second one's answer comes."""
    candidate = namespace.pod("a").candidate(proxy)
    proxy.refuse(path="/broken$")
    assert curl(proxy, candidate, "/broken", candidate.pod.path).codes == ["000", "200"]
    assert len({seen["connection"] for seen in proxy.requests()}) == 1


@pytest.mark.parametrize("fault, text", [
    ("expired", "expired"), ("wrong name", "mismatch"), ("unknown CA", "self-signed|issuer")])
def test_bad_serving_certificates(cluster, tmp_path, fault, text):
    if fault == "expired":
        pair = cluster.authority.serving("expired", expired=True)
    elif fault == "wrong name":
        pair = cluster.authority.serving("elsewhere", ["DNS:elsewhere.example"])
    else:
        pair = Authority(str(tmp_path / "other"), "other CA").serving()
    with Proxy(cluster, serving=pair) as proxy:
        client = Client(proxy.url, cluster.ca_file, token=cluster.admin_token)
        with pytest.raises(ssl.SSLCertVerificationError, match=text):
            client.get("/version")
        assert proxy.requests() == []
