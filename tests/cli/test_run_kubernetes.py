# SPDX-License-Identifier: Apache-2.0
"""leaderlife run on a real control plane, each wrapper in a pod."""

import os
import random
import signal
import time

import pytest
from controlplane.fixtures import proxy  # noqa: F401
from controlplane.node import SilentNode
from controlplane.pods import SERVICE_ACCOUNT, Namespace, Pod, running, terminated
from controlplane.process import free_port, wait_for

from .command import children_of, is_alive, python
from .contenders import Contenders
from .test_health import get, metrics

GIVING_BACK_S = 15  # the longest that it takes where the server is silent
MODES = [pytest.param([], id="beside"), pytest.param(["--exec"], id="in place")]


class LostNode:
    """Of no kubelet: its pods end when the test says so."""
    name = "run-lost-node"


class Space(Namespace):
    """A namespace whose pods are places for the command."""

    def spot(self, name, **options):
        """(pod, environment) of a running pod."""
        pod = self.pod(name, **options)
        pod.set_status(phase="Running",
                       containerStatuses=[running(name) for name in ("main", *options.get("beside", ()))])
        return pod, pod.candidate().environment()

    def leader(self):
        """The name of the pod that the lock names, or None."""
        lock = self.lock_object()
        return lock and lock["metadata"]["ownerReferences"][0]["name"]


@pytest.fixture
def space(cluster):
    return Space(cluster)


@pytest.mark.parametrize("mode", MODES)
def test_it_runs_the_program_as_the_leader(command, space, mode):
    _, environment = space.spot("a")
    ended = command.run("run", *mode, "lock", "--", "sh", "-c", "env | grep ^LEADERLIFE_ | sort; exit 4",
                        environment=environment)
    assert ended.returncode == 4, ended
    holder, lock, token = ended.stdout.splitlines()
    assert (holder, lock) == ("LEADERLIFE_HOLDER=a", "LEADERLIFE_LOCK=lock")
    # In place nobody is left to give the lock back: it stays the pod's.
    assert space.leader() == ("a" if mode else None)
    record = space.record_object()
    assert record["spec"]["holderIdentity"] == ("a" if mode else "")
    assert int(token.partition("=")[2]) > 0


@pytest.mark.parametrize(("mode", "seats"), [([], 1), (["--exec"], 1), (["--close"], 0)],
                         ids=["beside", "in place", "closed"])
def test_the_seats_descriptor_alone_is_inherited(command, space, mode, seats):
    """P12. No library's socket is left open by mistake: stdin, stdout, stderr, and the one by which ls reads the
    list."""
    _, environment = space.spot("a")
    ended = command.run("run", "-q", *mode, "lock", "--", "ls", "-l", "/proc/self/fd", environment=environment)
    listed = [line.split(" -> ")[-1] for line in ended.stdout.splitlines() if " -> " in line]
    assert len(listed) == 4 + seats and len([target for target in listed
                                             if target.startswith("socket:")]) == seats, listed


CLOSES = python("""
    import os, time
    os.closerange(3, 1 << 16)
    print("works", os.getpid(), flush=True)
    time.sleep(1000)
    """)


@pytest.mark.parametrize("mode", [pytest.param([], id="inherited"), pytest.param(["--close"], id="closed")])
def test_the_seat_is_kept_until_the_program_is_dead(command, space, mode):
    """P12: what the program does with descriptors gives no sibling the seat, while the wrapper lives and after. A
    sibling would resume: two programs of one pod."""
    _, environment = space.spot("a")
    first = command.start_words(["setpriv", "--bounding-set=-kill", *command.program, "run", *mode, "lock", "--",
                                 "setpriv", "--reuid", "65534", "--clear-groups", *CLOSES], environment)
    first.wait_said("works ")
    work = int(first.stdout().split()[1])
    second = command.start("run", "lock", "--", "sh", "-c", "echo second; exec sleep 1000", environment=environment)
    second.wait_said("another process of this pod")
    try:
        first.send(signal.SIGKILL)  # nobody may kill the program: another user's, and a root without that capability
        first.wait()
        third = command.start("run", "lock", "--", "echo", "third", environment=environment)
        third.wait_said("another process of this pod")
        assert is_alive(work) and second.stdout() + third.stdout() == ""
    finally:
        os.kill(work, signal.SIGKILL)
    wait_for("the next program", lambda: second.stdout() + third.stdout())


@pytest.mark.parametrize("mode", MODES)
def test_a_restarted_container_leads_again_and_its_token_has_grown(command, space, mode):
    _, environment = space.spot("a")
    script = 'echo "mine $LEADERLIFE_TOKEN"; exec sleep 1000'
    tokens = []
    for _ in range(3):
        started = command.start("run", *mode, "lock", "--", "sh", "-c", script, environment=environment)
        started.wait_said("mine ")
        tokens.append(int(started.stdout().split()[1]))
        started.send(signal.SIGKILL)
        started.wait()
        assert space.leader() == "a"
    assert tokens == sorted(set(tokens))


def test_the_end_of_the_program_lets_the_next_pod_lead(command, space):
    _, a = space.spot("a")
    _, b = space.spot("b")
    first = command.start("run", "lock", "--", "sh", "-c", 'trap "exit 0" TERM; while :; do sleep 0.02; done',
                          environment=a)
    first.wait_said("leading")
    second = command.start("run", "--on-standby", "echo stands by; exec sleep 1000", "lock", "--", "sh", "-c",
                           "echo leads; sleep 1000", environment=b)
    second.wait_said("waiting for 'lock': a leads")
    second.wait_said("stands by")
    first.send(signal.SIGTERM)
    assert first.wait() == 0
    second.wait_said("leads\n")
    assert space.leader() == "b"


# ---- A pod with several containers: another one may be what works ----

ENDS = 'trap "exit 5" TERM; echo "works $LEADERLIFE_TOKEN"; while :; do sleep 0.02; done'


def held_by_a(space):
    held = (space.leader() == "a", space.record_object()["spec"]["holderIdentity"] == "a")
    assert held[0] == held[1]
    return all(held)


@pytest.mark.parametrize("way", ["told to end", "ended"])
def test_beside_other_containers_the_pod_keeps_the_lock_to_its_end(command, space, way):
    """The sidecar trap: all containers get SIGTERM at once, and the main one has its grace. P4, P7: the next pod leads
    when this one is dead. P1: until then a restarted container leads again."""
    pod, a = space.spot("a", beside=["main-work"], node=LostNode)
    _, b = space.spot("b")
    tokens = []
    for _ in range(2):
        first = command.start("run", "lock", "--", "sh", "-c",
                              ENDS if way == "told to end" else 'echo "works $LEADERLIFE_TOKEN"; exit 5', environment=a)
        first.wait_said("works ")
        tokens.append(int(first.stdout().split()[1]))
        if way == "told to end":
            first.send(signal.SIGTERM)
        assert first.wait() == 5 and "the lock stays with this pod until it ends" in first.stderr(), first.stderr()
        assert held_by_a(space)
    assert tokens == sorted(set(tokens))
    second = command.start("run", "lock", "--", "echo", "second leads", environment=b)
    second.wait_said("waiting for 'lock': a leads")
    pod.delete()  # and its other container has its grace
    assert held_by_a(space) and second.stdout() == ""
    pod.delete(grace=0)
    assert second.wait() == 0 and second.stdout() == "second leads\n"


@pytest.mark.parametrize(("words", "options"),
                         [(["--release"], {"beside": ["helper"]}), (["--release"], {}), ([], {"before": ["first"]})],
                         ids=["release", "release alone", "an init container"])
def test_the_lock_is_given_back_where_the_program_is_what_works(command, space, words, options):
    _, a = space.spot("a", **options)
    first = command.start("run", *words, "lock", "--", "sh", "-c", ENDS, environment=a)
    first.wait_said("works ")
    first.send(signal.SIGTERM)
    assert first.wait() == 5 and "stays" not in first.stderr()
    assert space.leader() is None and space.record_object()["spec"]["holderIdentity"] == ""


@pytest.mark.parametrize("words", [[], ["--release"]], ids=["kept", "release"])
def test_who_has_not_led_gives_nothing_back_of_an_earlier_life(command, space, proxy, words):  # noqa: F811
    """Another container may work under what that has left. It is told to end while its claim is refused (503);
    --release shows that it would have been given back."""
    pod, a = space.spot("a", beside=["main-work"])
    first = command.start("run", "lock", "--", "true", environment=a)
    assert first.wait() == 0 and held_by_a(space)
    refusal = proxy.unavailable(method="PUT", path="leases/lock", count=0)
    second = command.start("run", *words, "lock", "--", "echo", "never", environment=pod.candidate(proxy).environment())
    proxy.wait_hits(refusal, timeout=60)
    second.send(signal.SIGTERM)
    proxy.remove(refusal)
    assert second.wait() == 128 + signal.SIGTERM and "stays" not in second.stderr() and second.stdout() == ""
    assert held_by_a(space) is not bool(words)


def test_refused_credentials_do_not_hold_up_the_end(command, space, proxy):  # noqa: F811
    """As those of a pod that has been terminating for too long: what is refused then will not be accepted later."""
    pod, _ = space.spot("a")
    process = command.start("run", "lock", "--", "sleep", "1000", environment=pod.candidate(proxy).environment())
    process.wait_said("leading")
    proxy.answer(401, count=0)
    began = time.monotonic()
    process.send(signal.SIGTERM)
    assert process.wait() == 128 + signal.SIGTERM
    process.wait_said("could not be given back")
    assert time.monotonic() - began < GIVING_BACK_S
    assert space.lock_object() is not None


def test_a_loss_beside_other_containers_is_told_as_everywhere(command, space):
    pod, a = space.spot("a", beside=["main-work"])
    started = command.start("run", "lock", "--", "sh", "-c", ENDS, environment=a)
    started.wait_said("works ")
    pod.delete(grace=0)
    assert started.wait() == 70 and "stays" not in started.stderr()


# ---- A Job ----

@pytest.mark.parametrize("mode", MODES)
def test_a_job_whose_pods_are_never_restarted(command, space, mode):
    """Each of two pods works once. Beside it the end of the program lets the other one lead; in place the end of the
    pod does."""
    spec = {"serviceAccountName": SERVICE_ACCOUNT, "automountServiceAccountToken": False, "restartPolicy": "Never",
            "containers": [{"name": "main", "image": "none"}]}
    job = "/apis/batch/v1/namespaces/" + space.name + "/jobs"
    space.admin.create(job,
                       {"metadata": {"name": "job"},
                        "spec": {"completions": 2, "parallelism": 2, "template": {"spec": spec}}})
    found = wait_for("its pods", lambda: [item for item in space.admin.get(space.path("pods"))["items"]] if
                     len(space.admin.get(space.path("pods"))["items"]) == 2 else None)
    members = []
    for pod in (Pod(space, item) for item in found):
        pod.set_status(phase="Running", containerStatuses=[running()])
        members.append((pod,
                        command.start("run", *mode, "lock", "--", "sh", "-c",
                                      'echo "works $LEADERLIFE_TOKEN"; read line',
                                      environment=pod.candidate().environment(), stdin=os.pipe()[0])))
    wait_for("a leader", lambda: any("works" in process.stdout() for _, process in members))
    members.sort(key=lambda member: "works" not in member[1].stdout())
    (pod, first), (other, second) = members
    second.wait_said(f"waiting for 'lock': {pod.name} leads")
    os.kill(children_of(first.pid)[0] if not mode else first.pid, signal.SIGTERM)
    assert first.wait() == 128 + signal.SIGTERM
    if mode:
        assert space.leader() == pod.name and second.stdout() == ""
        pod.set_status(phase="Succeeded", containerStatuses=[terminated()])
    second.wait_said("works ")
    assert int(second.stdout().split()[1]) > int(first.stdout().split()[1])
    second.send(signal.SIGTERM)
    second.wait()
    for member in (pod, other):
        member.set_status(phase="Succeeded", containerStatuses=[terminated()])
    wait_for("the Job's end", lambda: space.admin.get(job + "/job")["status"].get("succeeded") == 2)
    third = command.run("run", "lock", "--", "echo", "works", environment=space.spot("later")[1])
    assert third.stdout == "works\n"


def test_behind_a_sibling_of_the_same_pod_the_standby_program_runs_too(command, space):
    """The lock names the pod, and does not tell which of its processes leads."""
    _, environment = space.spot("a")
    first = command.start("run", "lock", "--", "sleep", "1000", environment=environment)
    first.wait_said("leading")
    second = command.start("run", "--on-standby", "echo stands by; exec sleep 1000", "lock", "--", "echo", "leads",
                           environment=environment)
    second.wait_said("stands by")
    first.send(signal.SIGTERM)
    assert second.wait() == 0 and second.stdout() == "stands by\nleads\n"


def test_the_end_of_the_pod_lets_the_next_pod_lead(command, space):
    pod, a = space.spot("a")
    _, b = space.spot("b")
    first = command.start("run", "lock", "--", "sleep", "1000", environment=a)
    first.wait_said("leading")
    second = command.start("run", "lock", "--", "echo", "second leads", environment=b)
    second.wait_said("waiting for 'lock': a leads")
    first.send(signal.SIGKILL)
    pod.delete(grace=0)
    assert second.wait() == 0 and second.stdout() == "second leads\n"


@pytest.mark.parametrize("mode", MODES)
def test_orphan_deletion_of_the_leaders_pod(command, space, mode):
    """P14: the lock loses its owner while the leader has its grace. Others wait, late ones too, and then one leads."""
    pod, a = space.spot("a", node=SilentNode(space.cluster), grace=60)
    spots = {name: space.spot(name)[1] for name in "bc"}
    first = command.start("run", *mode, "lock", "--", "sleep", "1000", environment=a)
    first.wait_said("leading")

    def waits(name):
        started = command.start("run", *mode, "lock", "--", "sh", "-c", "echo leads; exec sleep 1000",
                                environment=spots[name])
        started.wait_said("waiting for 'lock': a leads")
        return started

    others = [waits("b")]
    pod.delete(policy="Orphan")
    wait_for("the collector has stripped the owner", lambda: not space.lock_object()["metadata"].get("ownerReferences"))
    others.append(waits("c"))
    assert first.running() and not any(other.stdout() for other in others)
    first.send(signal.SIGKILL)
    first.wait()
    pod.delete(grace=0)
    wait_for("the next one leads", lambda: any(other.stdout() for other in others))
    assert space.leader() in spots
    assert not any("EBLOCKED" in started.stderr() or "delete" in started.stderr() for started in others), \
        [started.stderr() for started in others]


@pytest.mark.parametrize("stubborn", [False, True])
def test_the_loss_of_leadership_stops_the_program(command, space, stubborn):
    """The pod is deleted by force while its processes run."""
    pod, a = space.spot("a")
    script = 'trap "" TERM; echo works; while :; do sleep 0.02; done' if stubborn else \
             'trap "echo asked; exit 5" TERM; echo works; while :; do sleep 0.02; done'
    started = command.start("run", "--kill-after", "300ms", "lock", "--", "sh", "-c", script, environment=a)
    started.wait_said("works")
    pod.delete(grace=0)
    assert started.wait() == 70
    assert "leadership is lost" in started.stderr()
    assert ("SIGKILL" in started.stderr()) == stubborn
    assert started.stdout() == ("works\n" if stubborn else "works\nasked\n")


def test_probes_and_metrics(command, space):
    _, a = space.spot("a")
    _, b = space.spot("b")
    ports = free_port(), free_port()
    script = 'trap "exit 0" TERM; while :; do sleep 0.02; done'
    for port, place in zip(ports, (a, b), strict=True):
        words = ["run", "--health", f"127.0.0.1:{port}", "lock", "--", "sh", "-c", script]
        command.start(*words, environment=place).wait_said(" a lead" if place is b else "leading")
    assert [get(port, "/readyz")[1] for port in ports] == ["leader\n", "standby\n"]
    led, stood = map(metrics, ports)
    assert led['leaderlife_leader{lock="lock"}'] == 1 and stood['leaderlife_leader{lock="lock"}'] == 0
    assert led['leaderlife_term{lock="lock"}'] == 1
    assert led['leaderlife_requests_total{lock="lock",kind="write"}'] >= 2
    assert stood['leaderlife_requests_total{lock="lock",kind="watch"}'] >= 2
    holders = [name for name in stood if name.startswith("leaderlife_holder_info")]
    assert holders == [name for name in led if name.startswith("leaderlife_holder_info")] and len(holders) == 1


def test_a_standby_that_cannot_take_over_says_so(command, space):
    """Somebody else's object has the lock's name: alive, not ready, and in the answer the reason why not."""
    target = f"/api/v1/namespaces/{space.name}/configmaps"
    space.cluster.admin.create(target, {"metadata": {"name": "lock"}, "data": {"somebody": "else"}})
    _, a = space.spot("a")
    port = free_port()
    started = command.start("run", "--health", f"127.0.0.1:{port}", "lock", "--", "sleep", "1000", environment=a)
    started.wait_said("lock")
    wait_for("its word", lambda: get(port, "/readyz")[:2] == (503, "standby, not able to take over\n"))
    assert get(port, "/livez")[:2] == (200, "standby\n")
    space.cluster.admin.delete(f"{target}/lock")
    wait_for("the lead", lambda: get(port, "/readyz")[:2] == (200, "leader\n"))


def test_deaths_in_a_pod(command, space, tmp_path):
    """Three wrappers in one pod queue for its seat (P12): 24 deaths of wrapper, program or both, and never two
    programs. Who has lost only the program gives the lock back, so others may lead in between: they are in this pod
    too."""
    random.seed("pod")
    _, a = space.spot("a")
    contenders = Contenders(command, "lock", tmp_path, [], "sleep", a)
    for _ in range(24):
        contenders.fill()
        contenders.kill_one(random.choice(["wrapper", "program", "both"]))
    contenders.fill()
    contenders.present()
    assert contenders.seen_faults() == []


def test_a_wrapper_that_is_killed_keeps_the_lock_for_its_pod(command, space, tmp_path):
    """24 deaths of the wrapper or of both at once: the other pod never leads, and no two programs run."""
    random.seed("wrapper")
    _, a = space.spot("a")
    _, b = space.spot("b")
    contenders = Contenders(command, "lock", tmp_path, [], "sleep", a)
    contenders.fill(1)
    contenders.present()
    other = command.start("run", "lock", "--", "echo", "other leads", environment=b)
    other.wait_said("waiting for 'lock': a leads")
    for _ in range(24):
        contenders.fill()
        contenders.kill_one(random.choice(["wrapper", "both at once"]))
        assert space.leader() == "a"
    assert other.running() and other.stdout() == ""
    assert contenders.seen_faults() == []
