# SPDX-License-Identifier: Apache-2.0
"""Both servers in pods of a real control plane: what pods and their ends mean there."""

import signal

import pytest

from controlplane.pods import Namespace, running
from controlplane.process import wait_for
from place.container import Container, must_be_possible

from .leader_poller import LeaderPoller
from .server import HANG_S, LOCK

IN_A_POD = {'backend = "local"': 'backend = "kubernetes"'}


@pytest.fixture
def namespace(cluster):
    return Namespace(cluster, lock=LOCK)


@pytest.fixture
def pod(namespace):
    """pod(name): one that runs, and the environment of a process in it."""
    def make(name):
        made = namespace.pod(name)
        made.set_status(phase="Running", containerStatuses=[running()])
        return made, made.candidate().environment()
    return make


@pytest.fixture
def nginx_in(nginx, pod):
    def start(name, changes=None):
        made, environment = pod(name)
        return made, nginx(name, {**IN_A_POD, **(changes or {})}, lock=LOCK, environment=environment)
    return start


@pytest.fixture
def haproxy_in(haproxy, pod):
    def start(name, changes=None):
        made, environment = pod(name)
        return made, haproxy(name, changes, lock=LOCK, environment=environment)
    return start


def test_the_next_leads_when_the_pod_is_gone(nginx_in, haproxy_in):
    pod_a, first = nginx_in("pod-a")
    token = first.wait_token()
    pod_b, second = haproxy_in("pod-b")
    second.wait_standby()
    assert second.get("/leader")[0] == 503 and "leader: pod-a" in second.get("/leader")[1]
    with LeaderPoller(first, second):
        first.stop()  # as a kubelet kills, with the container's last process
        assert second.token() is None, "the pod is still there"
        pod_a.delete(grace=0)
        token = second.wait_token(above=token)
    _, third = nginx_in("pod-c")
    third.wait_standby()
    assert third.who()["holder"] == "pod-b"
    with LeaderPoller(second, third):
        second.stop()
        pod_b.delete(grace=0)
        third.wait_token(above=token)


ENVIRONMENT = """env KUBERNETES_SERVICE_HOST;
env KUBERNETES_SERVICE_PORT;
env KUBECONFIG;
env POD_NAMESPACE;
env POD_NAME;
env POD_UID;
"""


def test_workers_without_an_environment_elect_in_the_cluster(cluster, namespace, nginx):
    """nginx takes it from them, and its configuration does not say otherwise."""
    must_be_possible()
    files = namespace.pod("pod-a").candidate()
    with Container(files, cluster) as container:
        def launch(server):
            server.command = container.words(*server.command)
            server.launch()

        server = nginx("pod-a", {ENVIRONMENT: "", 'backend = "local"': 'pod_network = "any"'}, lock=LOCK,
                       environment=files.environment(), launch=launch)
        server.hear(f"'{LOCK}': leader")
        assert namespace.record_object()["spec"]["holderIdentity"] == "pod-a"


def reload(leader):
    """And wait for its next term."""
    token, before = leader.token(), leader.reload()
    wait_for("new workers alone", lambda: leader.workers() and not before & leader.workers(), HANG_S)
    leader.wait_token(above=token)


@pytest.mark.parametrize("kind", ["nginx", "haproxy"])
def test_a_reload_stays_within_the_pod(nginx_in, haproxy_in, kind):
    """What the old process had, the next one of the pod takes up, and no other pod comes between."""
    first, second = (nginx_in, haproxy_in) if kind == "nginx" else (haproxy_in, nginx_in)
    _, leader = first("pod-a")
    leader.wait_token()
    _, other = second("pod-b")
    other.wait_standby()
    # An old HAProxy that still answers a request gives back, so nobody but reload() asks it.
    with LeaderPoller(*((leader, other) if kind == "nginx" else (other,))) as watch:
        for _ in range(3):
            reload(leader)
    assert {name for name, _ in watch.read} <= {leader.name}


SLOW_START = {"init_worker_by_lua_block {": """init_worker_by_lua_block {
        if ngx.worker.id() == 0 then
            os.execute("sleep 1")
        end
"""}


def test_workers_that_start_slowly_take_up_what_the_old_ones_had(nginx_in, haproxy_in):
    """nginx ends the old ones after a tenth of a second, whether the new ones have begun or not."""
    _, leader = nginx_in("pod-a", SLOW_START)
    leader.wait_token()
    _, other = haproxy_in("pod-b")
    other.wait_standby()
    with LeaderPoller(leader, other) as watch:
        reload(leader)
    assert {name for name, _ in watch.read} == {leader.name}
    assert "left to the next process" in leader.log()


def test_a_reload_that_takes_the_election_away_gives_back(nginx_in, haproxy_in):
    _, leader = nginx_in("pod-a")
    token = leader.wait_token()
    _, other = haproxy_in("pod-b")
    other.wait_standby()
    config = leader.folder / "nginx.conf"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace('require("leaderlife.nginx").start(', "tostring(", 1), encoding="utf-8")
    with LeaderPoller(leader, other):
        leader.reload()
        other.wait_token(above=token)
    leader.hear("': closed")


@pytest.mark.parametrize("kind, stop", [("nginx", signal.SIGQUIT), ("haproxy", signal.SIGUSR1)])
def test_a_graceful_stop_does_not_wait_for_the_pod(nginx_in, haproxy_in, kind, stop):
    if kind == "nginx":
        pod, leader = nginx_in("pod-a")
    else:
        pod, leader = haproxy_in("pod-a", {"global\n": "global\n    grace 2s\n"})
    token = leader.wait_token()
    _, standby = (haproxy_in if kind == "nginx" else nginx_in)("pod-b")
    standby.wait_standby()
    with LeaderPoller(leader, standby):
        leader.signal(stop)
        standby.wait_token(above=token)
        leader.ended()
    assert pod.object() is not None


def test_a_leader_whose_pod_is_deleted_by_force_says_so_no_longer(nginx_in):
    pod, server = nginx_in("pod-a")
    server.wait_token()
    pod.delete(grace=0)
    wait_for("the end of its term", lambda: server.token() is None, HANG_S)
    server.hear("lock 'my-operator': lost: ")
    server.hear("takes no part for 1 s, and then tries again: ")
    assert server.get("/readyz")[0] == 503
