# SPDX-License-Identifier: Apache-2.0
"""Servers that are not the one: they may be repaired at any moment, so the
election waits, is not ready, tells what is wrong, and goes on by itself."""

import contextlib
import http.server
import json
import ssl
import threading

import pytest

from controlplane.process import free_port
from controlplane.proxy import Proxy, status

from .candidates import read, write


def waits(candidates, process, status_name, *parts):
    text = candidates.notices(process, status_name, *parts)
    candidates.stays(process, "starting", 0.5)
    assert not process.is_ready()
    return text


def at(server_url, files):
    """Options for a server somewhere else, with the pod's files."""
    return {"server": server_url, "token-file": files.token_file, "ca-file": files.ca_file}


# Not Kubernetes

class _WebSite(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = b"<html>Welcome!</html>"
        self.send_response(self.server.code)
        self.send_header("Content-Type", "text/html")
        self.send_header("Location", "https://127.0.0.1/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def web_site(code=200, pair=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _WebSite)
    server.code = code
    if pair:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(pair.cert, pair.key)
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("code", [200, 302, 400, 403, 404])
def test_a_web_site(candidates, code):
    files = candidates.files()
    with web_site(code, candidates.cluster.authority.serving("site")) as url:
        process = candidates.start(files, at(url, files))
        waits(candidates, process, "LEADERLIFE_EPROTOCOL", url, "does not answer like a Kubernetes API server",
              f"HTTP {code}, text/html", "check its address")


def test_a_web_site_in_plain_text(candidates):
    files = candidates.files()
    with web_site() as url:
        waits(candidates, candidates.start(files, at(url, files)), "LEADERLIFE_ETLS", url, "HTTPS port")


def test_another_kind_of_answer(candidates, proxy):
    """JSON, but not what was asked for."""
    proxy.answer(200, {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "else"}}, count=0, path="/pods/")
    files = candidates.files(proxy=proxy)
    waits(candidates, candidates.start(files), "LEADERLIFE_EPROTOCOL", "something else than pods/a",
          "check its address")


# TLS

def _mismatch(candidates):
    return candidates.cluster.authority.serving("elsewhere", hosts=("DNS:elsewhere.example",))


def test_name_mismatch(candidates):
    with Proxy(candidates.cluster, serving=_mismatch(candidates)) as proxy:
        process = candidates.start(candidates.files(proxy=proxy))
        waits(candidates, process, "LEADERLIFE_ETLS", proxy.url, "elsewhere.example", "tls-server-name",
              "option server")


def test_name_mismatch_cured(candidates):
    with Proxy(candidates.cluster, serving=_mismatch(candidates)) as proxy:
        files = candidates.files(proxy=proxy)
        config = json.loads(read(files.kubeconfig))
        config["clusters"][0]["cluster"]["tls-server-name"] = "elsewhere.example"
        write(files.kubeconfig, json.dumps(config))
        candidates.leads(candidates.start(files, access="kubeconfig"))


def test_unknown_authority(candidates, stranger):
    files = candidates.files()
    write(files.ca_file, read(stranger.cert))
    waits(candidates, candidates.start(files), "LEADERLIFE_ETLS", candidates.cluster.url, "certificate",
          "option ca-file")


def test_no_authority(candidates):
    """A kubeconfig without a CA: the system's do not know this one."""
    files = candidates.files()
    path = candidates.kubeconfig(files, ca_file=None)
    process = candidates.start(files, access="kubeconfig", environment={"KUBECONFIG": path})
    waits(candidates, process, "LEADERLIFE_ETLS", candidates.cluster.url, "no CA was given", "certificate-authority")


def test_expired_certificate(candidates):
    serving = candidates.cluster.authority.serving("expired", expired=True)
    with Proxy(candidates.cluster, serving=serving) as proxy:
        waits(candidates, candidates.start(candidates.files(proxy=proxy)), "LEADERLIFE_ETLS", "expired", "renew")


def test_stranger_client_certificate(candidates, stranger):
    files = candidates.files()
    path = candidates.kubeconfig(files, token_file=None, pair=stranger.client("somebody"))
    process = candidates.start(files, access="kubeconfig", environment={"KUBECONFIG": path})
    waits(candidates, process, "LEADERLIFE_EAUTH", "401", "client certificate")


# Nobody there, and back again

def test_connection_refused(candidates):
    files = candidates.files()
    url = f"https://127.0.0.1:{free_port()}"
    waits(candidates, candidates.start(files, at(url, files)), "LEADERLIFE_ENETWORK", url, "check that the server runs")


def test_unknown_host(candidates):
    files = candidates.files()
    process = candidates.start(files, at("https://no-such-host.invalid:6443", files))
    waits(candidates, process, "LEADERLIFE_ENETWORK", "no-such-host.invalid", "DNS")


def test_refused_token_then_a_good_one(candidates):
    files = candidates.files()
    files.renew_token(candidates.keep_secret("not-a-token-of-anybody"))
    process = candidates.start(files, {"pod-name": files.pod.name})
    waits(candidates, process, "LEADERLIFE_EAUTH", candidates.cluster.url, "401", "not expired")
    files.renew_token()
    candidates.keep_secret(read(files.token_file))
    candidates.leads(process)


BAD_DAYS = {
    "plain-502": (502, "bad gateway", "LEADERLIFE_ESERVER", "HTTP 502"),
    "html-200": (200, "<html>", "LEADERLIFE_EPROTOCOL", "HTTP 200"),
    "500": (500, status(500, "InternalError", "etcd is on fire"), "LEADERLIFE_ESERVER", "etcd is on fire"),
    "503": (503, status(503, "ServiceUnavailable", "starting"), "LEADERLIFE_ESERVER", "HTTP 503"),
    "429": (429, "too many requests", "LEADERLIFE_ESERVER", "is overloaded"),
}


@pytest.mark.parametrize("verb", ["GET", "POST"])
@pytest.mark.parametrize("code, body, status_name, says", BAD_DAYS.values(), ids=BAD_DAYS)
def test_passes_by_itself(candidates, proxy, code, body, status_name, says, verb):
    """Three times nonsense, then all is well, for reads and for the create."""
    rule = proxy.answer(code, body, count=3, method=verb, path="/pods/" if verb == "GET" else "/configmaps")
    process = candidates.start(candidates.files(proxy=proxy))
    candidates.leads(process)
    candidates.notices(process, status_name, says)
    assert proxy.rule(rule)["hits"] == 3
