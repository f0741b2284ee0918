# SPDX-License-Identifier: Apache-2.0
"""Elections through real proxies, from networks where nothing else reaches the
API server: as client-go goes through them."""

import json
import os

import pytest

from controlplane.process import free_port, wait_for
from place.container import NAME, Container, mounts, with_capabilities, without_environment
from scenarios import programs

from .proxy_servers import IN_URL, PASSWORD, Dante, Squid, Tinyproxy

FULL = bool(os.environ.get("LEADERLIFE_FULL"))
ELSEWHERE = "api.elsewhere.example"  # a name that is in no certificate
ENCODED = IN_URL.partition(":")[2]


@pytest.fixture(autouse=True)
def secrets(candidates):
    """Neither the password nor how a URL has it is ever told."""
    for secret in (PASSWORD, ENCODED, "wr0ng-one"):
        candidates.keep_secret(secret)


def start(candidates, files, network, url, language="c", **environment):
    """A candidate of a pod whose API server has the usual name, which its network does not know."""
    given = {"KUBERNETES_SERVICE_HOST": NAME, "HTTPS_PROXY": url, **environment}
    if language != "c":
        given["PYTHONPATH"] = os.environ.get("PYTHONPATH", "")
    return candidates.start(files, environment=given, command=network.words(*programs.required(language, "proxies")))


def with_kubeconfig(candidates, cluster, files, network, proxy_url, name=NAME, **fields):
    """A candidate that is told of the proxy by its kubeconfig, and by no variable that counts."""
    path = candidates.kubeconfig(files, server=f"https://{name}:{cluster.port}")
    with open(path, encoding="utf-8") as file:
        config = json.load(file)
    config["clusters"][0]["cluster"].update({"proxy-url": proxy_url, **fields})
    with open(path, "w", encoding="utf-8") as file:
        json.dump(config, file)
    return candidates.start(files, access="kubeconfig", command=network.words(*programs.required("c", "proxies")),
                            environment={"KUBECONFIG": path, "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "*"})


def hands_over(candidates, proxy, begin):
    """One leads, one stands by; the proxy goes and comes back; the leader's end makes the other leader, who is
    returned."""
    a, b = (candidates.files(name) for name in "ab")
    first = begin(a)
    candidates.leads(first)
    assert first.ask("state")["backend"] == "kubernetes"
    second = begin(b)
    candidates.stands_by(second, holder="a")
    if FULL:
        candidates.stays(second, "standby", seconds=150)
        assert first.state == "leader"
    proxy.restart()
    first.kill()
    a.pod.delete(grace=0)
    candidates.leads(second)
    return second


@pytest.mark.parametrize("language", ["c", "python", "lua5.4"])
def test_tinyproxy(candidates, cluster, running, behind, language):
    proxy = running(Tinyproxy(NAME, allowed=cluster.port))
    network = behind(proxy)
    hands_over(candidates, proxy, lambda files: start(candidates, files, network, proxy.url(), language))
    assert f"{NAME}:{cluster.port}" in proxy.told()


def test_the_log_names_the_proxy(candidates, cluster, running, behind):
    """Not its login; the small name of the variable counts too, and no scheme means http."""
    proxy = running(Tinyproxy(NAME, allowed=cluster.port))
    process = start(candidates, candidates.files(), behind(proxy), None, https_proxy=f"{IN_URL}@127.0.0.1:{proxy.port}")
    candidates.leads(process)
    told = [line["text"] for line in candidates.lines(process, "log") if "Kubernetes at" in line["text"]]
    assert f"through the proxy http://127.0.0.1:{proxy.port} (https_proxy)" in told[0], told


def test_squid_with_a_login(candidates, cluster, running, behind):
    proxy = running(Squid(NAME))
    network = behind(proxy)
    hands_over(candidates, proxy, lambda files: start(candidates, files, network, proxy.url(IN_URL))).kill()
    wait_for("the log of a connection that has ended", lambda: f"CONNECT {NAME}:{cluster.port}" in proxy.told())


@pytest.mark.parametrize("trusted", ["the cluster's CA", "another CA"])
def test_squid_by_tls(candidates, cluster, stranger, running, behind, trusted):
    authority = cluster.authority if trusted == "the cluster's CA" else stranger
    proxy = running(Squid(NAME, serving=authority.serving("proxy")))
    network = behind(proxy)
    if authority is cluster.authority:
        hands_over(candidates, proxy, lambda files: start(candidates, files, network, proxy.url(IN_URL)))
        return
    process = start(candidates, candidates.files(), network, proxy.url(IN_URL))
    candidates.notices(process, "LEADERLIFE_ETLS", f"the proxy https://127.0.0.1:{proxy.port} (HTTPS_PROXY)",
                       "the proxy's certificate")


@pytest.mark.parametrize("login", [False, True])
def test_dante(candidates, cluster, running, behind, login):
    proxy = running(Dante(NAME, login=login))
    network = behind(proxy)
    hands_over(candidates, proxy, lambda files: start(candidates, files, network, proxy.url(IN_URL if login else "")))
    assert f"127.0.0.1.{cluster.port}" in proxy.told()  # the proxy has resolved the name


@pytest.mark.parametrize("kind", [Tinyproxy, Dante])
def test_a_kubeconfig_names_the_proxy(candidates, cluster, running, behind, kind):
    """It wins over HTTPS_PROXY, and NO_PROXY does not count for it. The server's name is asked for, which the proxy
    alone knows, and the certificate has another one, which the proxy does not know."""
    proxy = running(kind(ELSEWHERE, **({"allowed": cluster.port} if kind is Tinyproxy else {})))
    network = behind(proxy)
    hands_over(candidates, proxy, lambda files: with_kubeconfig(
        candidates, cluster, files, network, proxy.url(), name=ELSEWHERE, **{"tls-server-name": "kubernetes"}))
    assert "kubernetes" not in proxy.told()


def test_a_program_with_more_rights_than_its_caller(candidates, cluster, running, behind):
    """It reads the same variables as its siblings without such rights."""
    alone = os.environ.get("LEADERLIFE_CANDIDATE_ALONE", "")
    assert os.access(alone, os.X_OK), "LEADERLIFE_CANDIDATE_ALONE names no program: build the target candidate_alone"
    proxy = running(Tinyproxy(NAME, allowed=cluster.port))
    files = candidates.files()
    words = behind(proxy).words(*mounts(files.directory, "", *with_capabilities(alone)))
    process = candidates.start(files, command=words, without={"x-service-account-dir"},
                               environment={"KUBERNETES_SERVICE_HOST": NAME, "HTTPS_PROXY": proxy.url()})
    candidates.leads(process)


# ---- What fails says what stands between ----

def test_no_login(candidates, running, behind):
    proxy = running(Squid(NAME))
    process = start(candidates, candidates.files(), behind(proxy), proxy.url())
    candidates.notices(process, "LEADERLIFE_ENETWORK", f"the proxy http://127.0.0.1:{proxy.port} (HTTPS_PROXY)",
                       "wants a login", "USER:PASSWORD@", NAME, "NO_PROXY")


@pytest.mark.parametrize("kind", [Squid, Dante])
def test_a_wrong_password(candidates, cluster, running, behind, kind):
    proxy = running(kind(NAME, login=True))
    process = with_kubeconfig(candidates, cluster, candidates.files(), behind(proxy), proxy.url("somebody:wr0ng-one"))
    candidates.notices(process, "LEADERLIFE_ENETWORK", f"127.0.0.1:{proxy.port} (proxy-url of the kubeconfig)",
                       "refuses the login", "correct proxy-url in the kubeconfig")


@pytest.mark.parametrize("kind", [Tinyproxy, Dante])
def test_a_proxy_that_refuses(candidates, running, behind, kind):
    proxy = running(kind(NAME, **({"allowed": 1} if kind is Tinyproxy else {"rule": "block"})))
    process = start(candidates, candidates.files(), behind(proxy), proxy.url())
    text = candidates.notices(process, "LEADERLIFE_ENETWORK", f"127.0.0.1:{proxy.port} (HTTPS_PROXY)",
                              "refuses to connect",
                              f"name {NAME} in NO_PROXY")
    assert text.index("NO_PROXY") < text.index("refuses to connect")  # the likeliest cure in a pod


def test_a_proxy_that_does_not_run(candidates, running, behind):
    proxy = running(Tinyproxy(NAME, allowed=1))
    port = free_port()
    process = start(candidates, candidates.files(), behind(proxy), f"http://{IN_URL}@127.0.0.1:{port}")
    candidates.notices(process, "LEADERLIFE_ENETWORK", f"the proxy http://127.0.0.1:{port} (HTTPS_PROXY)",
                       f"name {NAME} in NO_PROXY", "check that the proxy runs")


@pytest.mark.parametrize("kind", [Tinyproxy, Dante])
def test_a_server_that_the_proxy_does_not_reach(candidates, cluster, running, behind, kind):
    proxy = running(kind(**({"allowed": cluster.port} if kind is Tinyproxy else {})))
    process = with_kubeconfig(candidates, cluster, candidates.files(), behind(proxy), proxy.url())
    candidates.notices(process, "LEADERLIFE_ENETWORK", f"127.0.0.1:{proxy.port} (proxy-url of the kubeconfig)",
                       "does not reach the server")


def test_a_url_that_is_none(candidates, running, behind):
    proxy = running(Tinyproxy(NAME, allowed=1))
    process = start(candidates, candidates.files(), behind(proxy), f"ftp://{IN_URL}@127.0.0.1:9")
    candidates.fails(process, "LEADERLIFE_ECONFIG", "HTTPS_PROXY", "http://", "socks5://", "NO_PROXY")


# ---- What NO_PROXY names ----

def test_what_no_proxy_names_goes_directly(candidates, cluster, running):
    """In a network without the proxy, as a pod is one of a cluster whose proxy is for the world outside."""
    a = candidates.files()
    words = running(Container(a, cluster)).words(*programs.required("c", "proxies"))
    inside = {"KUBERNETES_SERVICE_HOST": NAME, "KUBERNETES_SERVICE_PORT": "443",
              "HTTPS_PROXY": f"http://127.0.0.1:{free_port()}"}
    process = candidates.start(a, environment={**inside, "NO_PROXY": "10.0.0.0/8,.svc,.cluster.local"}, command=words)
    candidates.leads(process)
    stuck = candidates.start(candidates.files("b"), environment=inside, command=words)
    candidates.notices(stuck, "LEADERLIFE_ENETWORK", f"name {NAME} in NO_PROXY")


def test_a_server_that_is_not_reached_directly(candidates, cluster, running, behind):
    proxy = running(Tinyproxy(NAME, allowed=cluster.port))
    network = behind(proxy)
    process = start(candidates, candidates.files(), network, proxy.url(), NO_PROXY="svc")
    candidates.notices(process, "LEADERLIFE_ENETWORK", NAME, "HTTPS_PROXY is not used for it, as NO_PROXY names it")
    other = candidates.files("b")
    path = candidates.kubeconfig(other, server=f"https://{NAME}:{cluster.port}")
    process = candidates.start(other, access="kubeconfig", command=network.words(*programs.required("c", "proxies")),
                               environment={"KUBECONFIG": path, "ALL_PROXY": proxy.url()})
    candidates.notices(process, "LEADERLIFE_ENETWORK", NAME, "ALL_PROXY is not used for it", "HTTPS_PROXY")
    assert NAME not in proxy.told()


# ---- The command ----

def test_doctor_tells_the_proxy(candidates, cluster, running, behind, command):
    proxy = running(Squid(NAME))
    network = behind(proxy)
    files = candidates.files()
    given = {**files.in_cluster_environment(), "KUBERNETES_SERVICE_HOST": NAME, "HTTPS_PROXY": proxy.url(IN_URL)}

    def doctor(**more):
        words = network.words(*without_environment(
            *command.program, "doctor", "--pod-network", "any", "--x-service-account-dir", files.directory, "-o",
            "json", "lock", **{**given, **more}))
        process = command.start_words(words)
        status = process.wait()
        assert ENCODED not in process.stdout() + process.stderr()
        assert PASSWORD not in process.stdout() + process.stderr()
        return status, [finding["text"] for finding in json.loads(process.stdout())["findings"]]

    status, found = doctor()
    assert status == 0, found
    assert f"proxy: http://127.0.0.1:{proxy.port} (HTTPS_PROXY)" in found, found
    proxy.stop()
    status, found = doctor()
    assert status == 1 and any("NO_PROXY" in text for text in found), found
    assert wait_for("the proxy's end", lambda: not proxy.process.running())
